"""The unit of work: state, commands and events in one transaction; events leave after the commit."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Protocol

from sqlalchemy import Connection, Table, event, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from chorus.bus.memory import MemoryBus
from chorus.crash import point
from chorus.db import engine as connections
from chorus.db import tables
from chorus.model import Event


def new_id() -> str:
    return uuid.uuid4().hex


def now() -> datetime:
    return datetime.now(UTC)


#: The execution option of statements that need not wait for what is put off: those that put it off.
PUT_OFF = {"put_off": True}


class Deferred(Protocol):
    """Writes of a transaction that are put off until somebody else looks at the database."""

    def flush(self, connection: Connection) -> None:
        """Write what was put off, with statements marked PUT_OFF."""
        ...

    def written(self, table: Table) -> None:
        """Another statement writes to this table."""
        ...


class Unit:
    """One writing transaction. What is emitted gets its place in the event log last, at the commit."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection
        self.at = now()
        self.events: list[tuple[str, str | None, str, Mapping[str, Any]]] = []
        self.wakes_host = False
        self.deferred: Deferred | None = None

    def defer(self, deferred: Deferred) -> None:
        """Put the writes of `deferred` off: any other statement has them written first."""
        self.deferred = deferred

        def before(
            connection: Connection, statement: Any, _: Any, __: Any, options: Mapping[str, Any]
        ) -> None:
            if "put_off" not in options:
                deferred.flush(connection)
                if statement.is_dml:
                    deferred.written(statement.table)

        event.listen(self.connection.sync_connection, "before_execute", before)

    async def finish(self) -> list[Event]:
        """Write what was put off and the events, which is the last thing of a transaction."""
        if self.deferred is not None:
            await self.connection.run_sync(self.deferred.flush)
        return await self.append_events()

    def emit(self, kind: str, task_id: str | None, source: str, data: Mapping[str, Any]) -> None:
        self.events.append((kind, task_id, source, data))

    async def position(self, table: Table) -> int:
        """The next place in the order of creation; safe because only one transaction writes at a time."""
        query = select(func.coalesce(func.max(table.c.position), 0))
        return int((await self.connection.execute(query)).scalar_one()) + 1

    async def command(
        self,
        kind: str,
        *,
        host_id: str,
        task_id: str,
        key: str,
        actor: str,
        run_id: str | None = None,
        payload: Mapping[str, Any] | None = None,
    ) -> None:
        """Record what the host agent is to do. A key that is known already is the same intent: nothing is
        added.
        """
        known = select(tables.commands.c.seq).where(tables.commands.c.key == key)
        if (await self.connection.execute(known)).first():
            return
        await self.connection.execute(
            insert(tables.commands).values(
                host_id=host_id,
                task_id=task_id,
                run_id=run_id,
                kind=kind,
                payload=dict(payload or {}),
                key=key,
                actor=actor,
                state="PENDING",
                created_at=self.at,
            )
        )
        self.wakes_host = True

    async def append_events(self) -> list[Event]:
        if not self.events:
            return []
        counter = tables.event_counter
        after = counter.c.seq + len(self.events)
        taken = update(counter).values(seq=after).returning(counter.c.seq).execution_options(**PUT_OFF)
        last = int((await self.connection.execute(taken)).scalar_one())
        first = last - len(self.events) + 1
        events = [
            Event(first + index, self.at, kind, task_id, source, data)
            for index, (kind, task_id, source, data) in enumerate(self.events)
        ]
        rows = [
            {
                "seq": event.seq,
                "at": event.at,
                "kind": event.kind,
                "task_id": event.task_id,
                "source": event.source,
                "data": dict(event.data),
            }
            for event in events
        ]
        await self.connection.execute(insert(tables.events).execution_options(**PUT_OFF), rows)
        return events


class Database:
    """Where services begin transactions. Writers of this process queue here rather than in the database."""

    def __init__(self, engine: AsyncEngine, bus: MemoryBus) -> None:
        self.engine = engine
        self.bus = bus
        self._writer = asyncio.Lock()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        async with connections.reading(self.engine) as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Unit]:
        async with self._writer:
            async with connections.writing(self.engine) as connection:
                unit = Unit(connection)
                yield unit
                events = await unit.finish()
                point("unit.written")
            point("unit.committed")
            # Committed: from here on it is true, and only now may anybody hear of it. Published inside
            # the lock so that subscribers get events in the order of the log.
            if events:
                self.bus.publish(events)
        if unit.wakes_host:
            self.bus.wake_host()

    async def close(self) -> None:
        await self.engine.dispose()
