"""git: a worktree and a branch for every task. The default, because it needs nothing but git."""

from __future__ import annotations

from collections.abc import Iterable

from chorus import PluginConfig, hookimpl
from chorus.backends import VcsBackend
from chorus_git.backend import GitBackend
from chorus_git.options import Options

__all__ = ["GitBackend", "Options", "chorus_settings", "chorus_vcs_backends"]


@hookimpl
def chorus_settings(config: PluginConfig) -> type:
    return Options


@hookimpl
def chorus_vcs_backends(config: PluginConfig[Options]) -> Iterable[VcsBackend]:
    return [GitBackend(config.options, config.options.folder(config.state_dir))]
