"""Transactions: plain functions on threads whose connections stay open.

A service hands over a function and gets its result after the commit. Within the function nothing can be
awaited, so that no transaction ever waits for a plugin, a program or a person. One thread writes and a few
read: SQLite has one writer at a time anyway, and writers of one process queue better here than there.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection as Connection  # what services call what their functions get
from sqlalchemy import Engine

from chorus.bus.memory import MemoryBus
from chorus.crash import point
from chorus.db.engine import READERS, reading, translated, writing
from chorus.db.unit import Unit
from chorus.errors import Unavailable
from chorus.model import Event

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

#: Units that share a commit at most.
SHARED = 100


class Database:
    """Where services run transactions."""

    def __init__(self, engine: Engine, bus: MemoryBus) -> None:
        self.engine = engine
        self.bus = bus
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="chorus-reader")
        self._writer = _Writer(engine, bus)
        self._closed = False

    async def read(
        self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Return what the function finds in one state of the database."""
        work = partial(_read, self.engine, lambda connection: function(connection, *args, **kwargs))
        return await asyncio.get_running_loop().run_in_executor(self._readers, work)

    async def write(
        self, function: Callable[Concatenate[Unit, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run the function in a transaction and return its result once that is committed.

        What it raises rolls back everything it did. A caller that is cancelled meanwhile does not stop it.
        """
        if self._closed:
            raise Unavailable("The database is closed: the server stops.")
        loop = asyncio.get_running_loop()
        write = _Write(lambda unit: function(unit, *args, **kwargs), loop)
        self._writer.put(write)
        result: T = await write.future
        return result

    async def close(self) -> None:
        """Finish what was handed over, then close all connections."""
        self._closed = True
        await asyncio.to_thread(self._writer.close)
        await asyncio.to_thread(self._readers.shutdown)
        self.engine.dispose()


def _read(engine: Engine, function: Callable[[Connection], T]) -> T:
    with reading(engine) as connection:
        return function(connection)


class _Write:
    """A function that waits for the writer, and the future its caller waits for."""

    def __init__(self, function: Callable[[Unit], Any], loop: asyncio.AbstractEventLoop) -> None:
        self.function = function
        self.loop = loop
        self.future: asyncio.Future[Any] = loop.create_future()
        self.unit: Unit | None = None
        self.events: list[Event] = []
        self.result: Any = None
        self.error: Exception | None = None

    def run(self, connection: Connection) -> None:
        """Do the work and append its events."""
        self.unit = Unit(connection)
        with translated():
            self.result = self.function(self.unit)
            self.events = self.unit.finish()

    def fail(self, error: Exception) -> None:
        """Take back what the function left in memory. Only the first error counts."""
        if self.error is None:
            self.error = error
            if self.unit is not None:
                self.unit.rolled_back()


class _Writer:
    """The thread that writes. Functions that wait for it together share a commit."""

    def __init__(self, engine: Engine, bus: MemoryBus) -> None:
        self._engine = engine
        self._bus = bus
        self._waiting: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="chorus-writer", daemon=True)
        self._thread.start()

    def put(self, write: _Write) -> None:
        self._waiting.put(write)

    def close(self) -> None:
        """Return when all that was put is done."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while writes := self._next():
            wanted = [write for write in writes if not write.future.cancelled()]
            if wanted:
                self._commit(wanted)
            for write in wanted:
                with suppress(RuntimeError):  # the loop is closed: nobody is left to be told
                    write.loop.call_soon_threadsafe(self._tell, write)

    def _next(self) -> Sequence[_Write]:
        """Wait for work and return all that is there; nothing when the writer is closed."""
        writes: list[_Write] = []
        with suppress(queue.Empty):
            write = self._waiting.get()
            while write is not None:
                writes.append(write)
                if len(writes) == SHARED:
                    return writes
                write = self._waiting.get_nowait()
            if writes:
                self._waiting.put(None)  # closed: after these
        return writes

    def _commit(self, writes: Sequence[_Write]) -> None:
        try:
            with writing(self._engine) as connection:
                if len(writes) == 1:
                    writes[0].run(connection)
                else:
                    self._run_together(connection, writes)
                point("unit.written")
            point("unit.committed")
        except Exception as error:
            for write in reversed(writes):
                write.fail(error)

    def _run_together(self, connection: Connection, writes: Sequence[_Write]) -> None:
        """Run each behind a savepoint of its own: one that fails takes no other with it."""
        for write in writes:
            try:
                with connection.begin_nested():
                    write.run(connection)
            except Exception as error:
                if not _in_transaction(connection):
                    raise  # SQLite has rolled everything back: disk full, input or output error
                write.fail(error)

    def _tell(self, write: _Write) -> None:
        """Publish a committed unit, on the event loop and in the order of the commits."""
        if write.error is None and write.unit is not None:
            self._publish(write.unit, write.events)
        if write.future.cancelled():
            return
        if write.error is not None:
            write.future.set_exception(write.error)
        else:
            write.future.set_result(write.result)

    def _publish(self, unit: Unit, events: Sequence[Event]) -> None:
        if events:
            self._bus.publish(events)
        if unit.wakes_host:
            self._bus.wake_host()
        for callback in unit.committed():
            try:
                callback()
            except Exception:
                log.exception("a callback after a commit failed")


def _in_transaction(connection: Connection) -> bool:
    raw = connection.connection.driver_connection
    return bool(getattr(raw, "in_transaction", True))
