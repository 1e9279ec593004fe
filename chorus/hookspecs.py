"""The hooks of Chorus: synchronous, and they only hand over objects.

A plugin is a module (or object) registered under the entry-point group `chorus`. Each plugin is
asked alone and once, when Chorus starts, with its own configuration; the order of plugins never
means anything. A plugin that raises, is mistyped or cannot be imported is switched off and listed
with the reason; the others go on. Behaviour lives in the async methods of the objects, see
`chorus.backends`.
"""

from __future__ import annotations

from collections.abc import Iterable

import pluggy

from chorus.backends import Agent, DocumentProvider, PluginConfig, SessionBackend, StatusSource, VcsBackend

hookspec = pluggy.HookspecMarker("chorus")
hookimpl = pluggy.HookimplMarker("chorus")


@hookspec
def chorus_settings(config: PluginConfig) -> type:  # type: ignore[empty-body]
    """Declare the options of the plugin: a frozen dataclass, with `chorus.settings.Meta` for bounds.

    It is asked before all other hooks, and with the plain table. The others then find an instance of it as
    `config.options`; a table that does not fit switches the plugin off, and never reaches it.
    """


@hookspec
def chorus_session_backends(config: PluginConfig) -> Iterable[SessionBackend]:  # type: ignore[empty-body]
    """Offer places where agents run (tmux is the default)."""


@hookspec
def chorus_vcs_backends(config: PluginConfig) -> Iterable[VcsBackend]:  # type: ignore[empty-body]
    """Offer ways to give each task a branch and to commit its changes (git is the default)."""


@hookspec
def chorus_status_sources(config: PluginConfig) -> Iterable[StatusSource]:  # type: ignore[empty-body]
    """Offer ways to learn what an agent is doing (claude-hooks is the default)."""


@hookspec
def chorus_document_providers(config: PluginConfig) -> Iterable[DocumentProvider]:  # type: ignore[empty-body]
    """Offer documents that tasks can refer to (markdown is the default)."""


@hookspec
def chorus_agents(config: PluginConfig) -> Iterable[Agent]:  # type: ignore[empty-body]
    """Offer kinds of coding agents (claude is the default)."""
