"""The event log as it is read: replay from a cursor, then follow, without a gap or a double."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from datetime import timedelta

from chorus.db import event_log
from chorus.db.database import Database
from chorus.db.event_log import PAGE
from chorus.db.unit import now
from chorus.model import Event


class EventLog:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def bounds(self) -> tuple[int, int]:
        """Return the last position that was pruned, and the last position of all."""
        return await self._database.read(event_log.bounds)

    async def page(
        self,
        after: int,
        *,
        task_id: str | None = None,
        kinds: Sequence[str] | None = None,
        limit: int = PAGE,
    ) -> list[Event]:
        """Return up to `limit` events after a position. Raises CursorExpired when some are gone."""
        return await self._database.read(event_log.page, after, task_id=task_id, kinds=kinds, limit=limit)

    async def page_back(
        self,
        before: int,
        *,
        task_id: str | None = None,
        kinds: Sequence[str] | None = None,
        limit: int = PAGE,
    ) -> list[Event]:
        """Return the newest `limit` events before a position, oldest first."""
        return await self._database.read(
            event_log.page_back, before, task_id=task_id, kinds=kinds, limit=limit
        )

    async def follow(
        self, after: int | None = None, *, task_id: str | None = None
    ) -> AsyncGenerator[Event, None]:
        """Yield everything after a position, for ever; without a position from now on."""
        # Subscribed before the log is read: what is committed meanwhile is in one of them, and told once.
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
        """Forget the oldest events beyond a number or an age; return how many."""
        since = now() - timedelta(days=keep_days)
        count, until = await self._database.read(event_log.prunable, keep, since)
        if count:
            await self._database.write(event_log.prune, until)
        return count
