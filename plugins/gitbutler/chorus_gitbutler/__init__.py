"""GitButler: every task its own branch in one shared working tree.

The plugin always registers. Without a `but` program its backend says so, and only tasks that name
`gitbutler` are unavailable.
"""

from __future__ import annotations

from collections.abc import Iterable

from chorus import PluginConfig, hookimpl
from chorus.backends import VcsBackend
from chorus_gitbutler.backend import GitButlerBackend
from chorus_gitbutler.options import Options

__all__ = ["GitButlerBackend", "Options", "chorus_settings", "chorus_vcs_backends"]


@hookimpl
def chorus_settings(config: PluginConfig) -> type:
    return Options


@hookimpl
def chorus_vcs_backends(config: PluginConfig[Options]) -> Iterable[VcsBackend]:
    return [GitButlerBackend(config)]
