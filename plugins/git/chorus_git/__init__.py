"""git: a worktree and a branch for every task. The default, because it needs nothing but git."""

from __future__ import annotations

from collections.abc import Iterable

from chorus import PluginConfig, hookimpl
from chorus.backends import VcsBackend
from chorus_git.backend import GitBackend
from chorus_git.options import read_options

__all__ = ["GitBackend", "chorus_vcs_backends"]


@hookimpl
def chorus_vcs_backends(config: PluginConfig) -> Iterable[VcsBackend]:
    return [GitBackend(read_options(config))]
