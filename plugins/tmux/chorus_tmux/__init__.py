"""Sessions in tmux: one tmux server per task, with a socket, a configuration and an environment of its own.

[plugins.tmux]
command = "tmux"   # the program, by name or path
history = 2000     # lines a person can scroll back
cols = 120         # size of a new terminal
rows = 40
"""

from __future__ import annotations

from collections.abc import Iterable

from chorus import PluginConfig, hookimpl
from chorus.backends import SessionBackend
from chorus_tmux.backend import TmuxBackend

__all__ = ["TmuxBackend", "chorus_session_backends"]


@hookimpl
def chorus_session_backends(config: PluginConfig) -> Iterable[SessionBackend]:
    return [TmuxBackend(config)]
