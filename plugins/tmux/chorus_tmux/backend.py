"""The session backend `tmux`."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Sequence
from dataclasses import fields
from weakref import WeakValueDictionary

from chorus import PluginConfig
from chorus.backends import SessionBackend, SessionSpec, SessionState
from chorus.errors import BadInput, ChorusError
from chorus_tmux import configuration
from chorus_tmux.options import COLS, ROWS, Options, clamped
from chorus_tmux.panes import Pane
from chorus_tmux.place import Places, key_of
from chorus_tmux.program import Tmux
from chorus_tmux.server import Size, TaskServer

log = logging.getLogger(__name__)

#: Bytes of one input: tmux holds what a program does not read, however much it is.
INPUT_BYTES = 4 * 1024 * 1024

#: What a specification says when nobody chose a size.
_USUAL = tuple(field.default for field in fields(SessionSpec) if field.name in ("cols", "rows"))

_MARK = re.compile(r"[A-Za-z0-9._-]{1,128}")


class TmuxBackend(SessionBackend):
    """One tmux server per task. Raises Unavailable when tmux does not answer: then nothing is known."""

    name = "tmux"

    def __init__(self, config: PluginConfig[Options]) -> None:
        self._options = config.options
        self._tmux = Tmux(self._options.command)
        self._places = Places(config.runtime_dir.absolute(), config.state_dir.absolute() / "tmux")
        # A server object lives as long as it is used or connected.
        self._servers: WeakValueDictionary[str, TaskServer] = WeakValueDictionary()

    def check(self) -> str | None:
        return self._tmux.problem() or self._places.problem()

    async def start(self, spec: SessionSpec) -> SessionState:
        for mark in (spec.task_id, spec.run_id):
            if not _MARK.fullmatch(mark):
                raise BadInput(f"{mark[:200]!r} cannot mark a session: use 1 to 128 of A-Z a-z 0-9 . _ -")
        self._places.prepare()
        configuration.write(self._places.configuration, self._options.history)
        return _state(spec.task_id, await self._server(spec.task_id).start(spec, self._size(spec)))

    def _size(self, spec: SessionSpec) -> Size:
        """A size that nobody chose is the one of the configuration."""
        size = (spec.cols, spec.rows)
        cols, rows = size if size != _USUAL else (self._options.cols, self._options.rows)
        return clamped(cols, COLS), clamped(rows, ROWS)

    async def observe(self, task_id: str) -> SessionState | None:
        pane = await self._server(task_id).look()
        return _state(task_id, pane) if pane else None

    async def sessions(self) -> Sequence[SessionState]:
        """A server that does not answer is left out: nothing is known of it."""
        found = await asyncio.gather(*(self._marked(key) for key in self._places.known()))
        return [state for state in found if state is not None]

    async def _marked(self, key: str) -> SessionState | None:
        server = self._server_at(key)
        try:
            pane = await server.look()
        except ChorusError as error:
            log.warning("the tmux server at %s is left out: %s", self._places.of(key).socket, error)
            return None
        if pane is None:
            await server.tidy()
        return _state(pane.task_id, pane) if pane and key_of(pane.task_id) == key else None

    async def input(self, task_id: str, data: bytes) -> None:
        if b"\0" in data:
            raise BadInput("A NUL byte cannot be typed: tmux has no way to pass it on.")
        if len(data) > INPUT_BYTES:
            raise BadInput(f"At most {INPUT_BYTES} bytes can be typed at once, and these are {len(data)}.")
        if data:
            await self._server(task_id).type(data)

    async def resize(self, task_id: str, cols: int, rows: int) -> None:
        await self._server(task_id).resize(clamped(cols, COLS), clamped(rows, ROWS))

    async def screen(self, task_id: str) -> str:
        return await self._server(task_id).screen()

    async def stop(self, task_id: str) -> None:
        await self._server(task_id).stop()

    def attach_command(self, task_id: str) -> Sequence[str]:
        socket = self._places.of(key_of(task_id)).socket
        return [self._options.command, "-S", str(socket), "attach", "-t", "=main"]

    async def close(self) -> None:
        await asyncio.gather(*(server.release() for server in list(self._servers.values())))

    def _server(self, task_id: str) -> TaskServer:
        return self._server_at(key_of(task_id))

    def _server_at(self, key: str) -> TaskServer:
        server = self._servers.get(key)
        if server is None:
            server = TaskServer(self._tmux, self._places.of(key), self._places.configuration)
            self._servers[key] = server
        return server


def _state(task_id: str, pane: Pane) -> SessionState:
    agents = bool(pane.run_id)
    return SessionState(
        task_id=task_id,
        run_id=pane.run_id or None,
        alive=agents and pane.alive,
        pid=pane.pid if agents else None,
        title=pane.title if agents else "",
        cols=pane.cols,
        rows=pane.rows,
    )
