"""The timeline of a task: what its agents did, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chorus.db.event_log import PAGE
from chorus.model import Event
from chorus.model.activities import KIND, Activity, timeline
from chorus.services import validation
from chorus.services.event_log import EventLog

#: Activities on one page at most, and events that are read for one.
PAGE_ACTIVITIES = 200
READ = 10 * PAGE


class ActivityReader:
    """Timelines are made of the event log and reach back as far as it is kept."""

    def __init__(self, events: EventLog) -> None:
        self._events = events

    async def page(self, task_id: str, *, first: int = 50, before: int | None = None) -> Sequence[Activity]:
        """Return the newest activities of a task, before the one with the `seq` `before`, newest first."""
        validation.number(first, "page size (first)", 1, PAGE_ACTIVITIES)
        start = before if before is not None else (await self._events.bounds())[1] + 1
        ended_at = await self._ended(task_id, before)
        read: list[Event] = []
        at, more = start, True
        while more and len(read) < READ:
            page = await self._events.page_back(at, task_id=task_id, kinds=[KIND], limit=PAGE)
            read += page[::-1]
            found = timeline(read, ended_at)
            # Only what the next one has been seen of is known to be whole.
            more = len(page) == PAGE and len(found) <= first
            at = page[0].seq if page else at
        return timeline(read, ended_at)[:first]

    async def _ended(self, task_id: str, before: int | None) -> datetime | None:
        """Return when the last activity of this page was over: when the one at `before` began."""
        if before is None:
            return None
        following = await self._events.page_back(before + 1, task_id=task_id, kinds=[KIND], limit=1)
        found = timeline(following, None)
        return found[0].at if found and found[0].seq == before else None
