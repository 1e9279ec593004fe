"""Terminals of tasks: the bytes of the current run from an offset, then of the runs that follow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass

from chorus.db import runs, tasks
from chorus.db.database import Database
from chorus.errors import BadInput, Conflict
from chorus.host.port import HostPort, Output
from chorus.model import Run, Task


@dataclass(frozen=True, slots=True)
class Terminal:
    """A piece of a terminal: `kind` is start, data, truncated or end; `offset` counts bytes of the run.

    `truncated` says that the bytes from `offset` to `until` are no longer kept.
    """

    kind: str
    run_id: str
    offset: int
    data: bytes = b""
    until: int = 0
    cols: int = 0
    rows: int = 0


class TerminalService:
    def __init__(self, database: Database, host: HostPort) -> None:
        self._database = database
        self._host = host

    async def follow(self, task_id: str, after: int = 0) -> AsyncGenerator[Terminal, None]:
        """Yield the current run from `after`, then every later run from its beginning, for ever."""
        if after < 0:
            raise BadInput("An offset counts bytes from 0.", field="after")
        seen: str | None = None
        while True:
            run, ended = await self._next_run(task_id, seen)
            task = await self._database.read(tasks.get, task_id)
            cols, rows = await self._host.size(task)
            yield Terminal("start", run.id, after, cols=cols, rows=rows)
            async with aclosing(self._run(run, after, ended)) as pieces:
                async for piece in pieces:
                    yield piece
            seen, after = run.id, 0

    async def _run(self, run: Run, after: int, ended: asyncio.Event) -> AsyncGenerator[Terminal, None]:
        watching = asyncio.create_task(self._set_when_over(run, ended))
        at = after
        try:
            async for output in self._host.output(run.id, after, ended):
                for piece in _pieces(run.id, output):
                    yield piece
                at = output.offset + len(output.data)
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
        yield Terminal("end", run.id, at)

    async def _next_run(self, task_id: str, seen: str | None) -> tuple[Run, asyncio.Event]:
        """Wait for a current run other than the one seen; return it, and an event that is set at its end."""
        with self._database.bus.subscription() as subscriber:
            while True:
                _, run = await self._database.read(runs.current, task_id)
                if run is not None and run.id != seen:
                    ended = asyncio.Event()
                    if run.ended_at is not None:
                        ended.set()
                    return run, ended
                await subscriber.take()

    async def _set_when_over(self, run: Run, ended: asyncio.Event) -> None:
        with self._database.bus.subscription() as subscriber:
            while not ended.is_set():
                now = await self._database.read(runs.find, run.id)
                if now is None or now.ended_at is not None:
                    ended.set()
                    return
                await subscriber.take()

    async def input(self, task_id: str, data: bytes) -> None:
        await self._host.input(await self._live(task_id), data)

    async def resize(self, task_id: str, cols: int, rows: int) -> None:
        await self._host.resize(await self._live(task_id), cols, rows)

    async def _live(self, task_id: str) -> Task:
        task, run = await self._database.read(runs.current, task_id)
        if run is None or run.ended_at is not None:
            raise Conflict("The task has no running agent to type to.")
        return task


def _pieces(run_id: str, output: Output) -> list[Terminal]:
    pieces = []
    if output.truncated_from is not None:
        pieces.append(Terminal("truncated", run_id, output.truncated_from, until=output.offset))
    if output.data:
        pieces.append(Terminal("data", run_id, output.offset, output.data))
    return pieces
