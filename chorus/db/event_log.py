"""Reading the event log: replay from a cursor, then follow, without a gap or a double."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, select, update

from chorus.db import tables
from chorus.db.database import Database
from chorus.db.unit import Unit, now
from chorus.errors import BadInput, CursorExpired
from chorus.model import Event

#: Events read in one query while catching up.
PAGE = 500


def encode_cursor(seq: int) -> str:
    return f"e{seq}"


def decode_cursor(cursor: str) -> int:
    """The position behind an opaque cursor. Raises BadInput for anything else."""
    digits = cursor[1:]
    if not cursor.startswith("e") or not digits.isascii() or not digits.isdigit() or len(digits) > 18:
        raise BadInput(f"{cursor[:40]!r} is not a cursor of this event log.")
    return int(digits)


class EventLog:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def bounds(self) -> tuple[int, int]:
        """(last position that was pruned, last position of all)."""

        def work(connection: Connection) -> Any:
            query = select(tables.event_counter.c.pruned, tables.event_counter.c.seq)
            row = (connection.execute(query)).one()
            return row

        row = await self._database.read(work)
        return int(row.pruned), int(row.seq)

    async def page(
        self,
        after: int,
        *,
        task_id: str | None = None,
        kinds: Sequence[str] | None = None,
        limit: int = PAGE,
    ) -> list[Event]:
        """Up to `limit` events after a position, oldest first. Raises CursorExpired when some are gone."""
        pruned, last = await self.bounds()
        if after < pruned:
            raise CursorExpired(oldest=encode_cursor(pruned), newest=encode_cursor(last))
        if after > last:
            raise BadInput(f"The cursor {encode_cursor(after)} is ahead of this event log.")
        seq = tables.events.c.seq
        return await self._read(_chosen(task_id, kinds).where(seq > after).order_by(seq).limit(limit))

    async def page_back(
        self,
        before: int,
        *,
        task_id: str | None = None,
        kinds: Sequence[str] | None = None,
        limit: int = PAGE,
    ) -> list[Event]:
        """The newest `limit` events before a position, oldest first; what was pruned is where the way
        back ends.
        """
        seq = tables.events.c.seq
        query = _chosen(task_id, kinds).where(seq < before).order_by(seq.desc()).limit(limit)
        return (await self._read(query))[::-1]

    async def _read(self, query: Select[Any]) -> list[Event]:
        def work(connection: Connection) -> Any:
            rows = (connection.execute(query)).all()
            return rows

        rows = await self._database.read(work)
        return [_event(row) for row in rows]

    async def follow(
        self, after: int | None = None, *, task_id: str | None = None
    ) -> AsyncGenerator[Event, None]:
        """Everything after a position, for ever; without a position: from now on."""
        with self._database.bus.subscription() as subscriber:
            at = (await self.bounds())[1] if after is None else after
            async for event in self._catch_up(at, task_id):
                at = event.seq
                yield event
            while True:
                pushed = await subscriber.take()
                if subscriber.lost:
                    subscriber.lost = False
                    pushed = [event async for event in self._catch_up(at, task_id)]
                for event in pushed:
                    if event.seq > at and task_id in (None, event.task_id):
                        yield event
                    at = max(at, event.seq)

    async def _catch_up(self, at: int, task_id: str | None) -> AsyncGenerator[Event, None]:
        while page := await self.page(at, task_id=task_id):
            for event in page:
                yield event
            at = page[-1].seq

    async def prune(self, *, keep: int, keep_days: int) -> int:
        """Forget the oldest events beyond a number or an age; how many went."""
        pruned, last = await self.bounds()

        def work(connection: Connection) -> Any:
            oldest = now() - timedelta(days=keep_days)
            young = select(tables.events.c.seq).where(tables.events.c.at >= oldest)
            first = (connection.execute(young.order_by(tables.events.c.seq).limit(1))).scalar()
            return first

        first = await self._database.read(work)
        upto = max(last - keep, (first if first is not None else last + 1) - 1)
        if upto <= pruned:
            return 0

        def write(unit: Unit) -> None:
            unit.connection.execute(delete(tables.events).where(tables.events.c.seq <= upto))
            unit.connection.execute(update(tables.event_counter).values(pruned=upto))

        await self._database.write(write)
        return upto - pruned


def _chosen(task_id: str | None, kinds: Sequence[str] | None) -> Select[Any]:
    query = select(tables.events)
    if task_id is not None:
        query = query.where(tables.events.c.task_id == task_id)
    if kinds is not None:
        query = query.where(tables.events.c.kind.in_(kinds))
    return query


def _event(row: Row[tuple[object, ...]]) -> Event:
    return Event(row.seq, row.at, row.kind, row.task_id, row.source, row.data)


def newest(events: Sequence[Event], otherwise: int) -> int:
    return events[-1].seq if events else otherwise
