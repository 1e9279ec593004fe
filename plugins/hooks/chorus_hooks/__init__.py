"""Claude Code for Chorus: the agent `claude`, and the status source `claude-hooks` it reports through.

The agent runs as its makers ship it, with the person's own configuration and login. All Chorus adds is one
settings file per run, outside the repository and outside `~/.claude`, whose hooks report to Chorus.
"""

from __future__ import annotations

from collections.abc import Iterable

from chorus import PluginConfig, hookimpl
from chorus.backends import Agent, StatusSource
from chorus_hooks.agent import ClaudeAgent
from chorus_hooks.options import Options
from chorus_hooks.source import ClaudeHooks
from chorus_hooks.stream import ClaudeStream

__all__ = [
    "ClaudeAgent",
    "ClaudeHooks",
    "ClaudeStream",
    "Options",
    "chorus_agents",
    "chorus_settings",
    "chorus_status_sources",
]


@hookimpl
def chorus_settings(config: PluginConfig) -> type:
    return Options


@hookimpl
def chorus_agents(config: PluginConfig[Options]) -> Iterable[Agent]:
    return [ClaudeAgent(config.options)]


@hookimpl
def chorus_status_sources(config: PluginConfig[Options]) -> Iterable[StatusSource]:
    return [ClaudeHooks(config.options), ClaudeStream()]
