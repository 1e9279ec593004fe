"""Sessions in tmux: one tmux server per task, with its own socket, configuration and environment."""

from __future__ import annotations

from collections.abc import Iterable

from chorus import PluginConfig, hookimpl
from chorus.backends import SessionBackend
from chorus_tmux.backend import TmuxBackend
from chorus_tmux.options import Options

__all__ = ["Options", "TmuxBackend", "chorus_session_backends", "chorus_settings"]


@hookimpl
def chorus_settings(config: PluginConfig) -> type:
    return Options


@hookimpl
def chorus_session_backends(config: PluginConfig[Options]) -> Iterable[SessionBackend]:
    return [TmuxBackend(config)]
