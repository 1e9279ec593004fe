"""GitButler: every task its own branch in one shared working tree.

The plugin always registers. Without a `but` program its backend says so, and only tasks that name
`gitbutler` are unavailable.
"""

from __future__ import annotations

from collections.abc import Iterable

from chorus import PluginConfig, hookimpl
from chorus.backends import VcsBackend
from chorus_gitbutler.backend import GitButlerBackend

__all__ = ["GitButlerBackend", "chorus_vcs_backends"]


@hookimpl
def chorus_vcs_backends(config: PluginConfig) -> Iterable[VcsBackend]:
    return [GitButlerBackend(config)]
