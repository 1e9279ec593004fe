"""A session backend for tests: a fake."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from chorus.backends import SessionBackend, SessionSpec, SessionState
from chorus.errors import Conflict
from chorus.testing.terminal import Terminal


@dataclass
class _Session:
    spec: SessionSpec
    terminal: Terminal
    log: asyncio.subprocess.Process
    cols: int
    rows: int


class MemorySessionBackend(SessionBackend):
    """A FAKE, for tests: real programs in real terminals, that end with this process and nobody can join."""

    name = "memory"

    def __init__(self) -> None:
        self._sessions: dict[str, _Session] = {}
        self._lock = asyncio.Lock()

    def check(self) -> str | None:
        return None

    async def start(self, spec: SessionSpec) -> SessionState:
        async with self._lock:
            session = self._sessions.get(spec.task_id)
            if session is None or session.spec.run_id != spec.run_id:
                await self._end(spec.task_id)
                session = self._sessions[spec.task_id] = await self._open(spec)
        return _state(session)

    async def _open(self, spec: SessionSpec) -> _Session:
        log = await asyncio.create_subprocess_exec(
            *spec.log_argv, stdin=asyncio.subprocess.PIPE, start_new_session=True
        )
        kept = log.stdin
        assert kept is not None
        environment = {"TERM": "xterm-256color", **spec.environment}
        terminal = await Terminal.start(
            spec.argv,
            environment,
            size=(spec.cols, spec.rows),
            heard=lambda data: kept.write(data) if data else kept.close(),
        )
        return _Session(spec, terminal, log, spec.cols, spec.rows)

    async def observe(self, task_id: str) -> SessionState | None:
        session = self._sessions.get(task_id)
        return _state(session) if session else None

    async def sessions(self) -> Sequence[SessionState]:
        return [_state(session) for session in self._sessions.values()]

    async def input(self, task_id: str, data: bytes) -> None:
        session = self._of(task_id)
        if not _state(session).alive:
            raise Conflict("The program in this terminal has ended.")
        await session.terminal.write(data)

    async def resize(self, task_id: str, cols: int, rows: int) -> None:
        session = self._of(task_id)
        session.cols, session.rows = cols, rows
        session.terminal.resize(cols, rows)

    async def screen(self, task_id: str) -> str:
        """The last lines that were printed: this fake knows nothing of cursors and colours."""
        session = self._of(task_id)
        lines = session.terminal.output.decode(errors="replace").replace("\r", "").splitlines()
        return "\n".join(lines[-session.rows :])

    async def stop(self, task_id: str) -> None:
        async with self._lock:
            await self._end(task_id)

    async def _end(self, task_id: str) -> None:
        session = self._sessions.pop(task_id, None)
        if session is not None:
            await session.terminal.end()
            await session.log.wait()

    def attach_command(self, task_id: str) -> Sequence[str]:
        return ["echo", "This is a session of a fake for tests. It cannot be joined."]

    async def close(self) -> None:
        """Sessions stay, as the Protocol has it: stop them one by one."""

    def _of(self, task_id: str) -> _Session:
        if task_id not in self._sessions:
            raise Conflict("This task has no session.")
        return self._sessions[task_id]


def _state(session: _Session) -> SessionState:
    process = session.terminal.process
    return SessionState(
        task_id=session.spec.task_id,
        run_id=session.spec.run_id,
        alive=process.returncode is None,
        pid=process.pid,
        cols=session.cols,
        rows=session.rows,
    )
