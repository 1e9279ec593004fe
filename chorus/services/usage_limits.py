"""Usage limits of an agent's account: its tasks are parked, and go on by themselves when it resets."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from chorus.db import rows, tables
from chorus.db.rows import AnyRow
from chorus.db.unit import Database, Unit
from chorus.errors import ChorusError
from chorus.model import Task, TaskStatus, TurnFailed, Wait
from chorus.model.waiting import moment
from chorus.services import events, finding
from chorus.services.admission import NOTHING
from chorus.services.launching import add_message
from chorus.services.messages import queued
from chorus.services.queue import Queue
from chorus.settings import LimitSettings

log = logging.getLogger(__name__)

#: What a turn that failed because of a usage limit says.
ERROR = "rate_limit"

#: A reset further away is not believed: no plan has a longer window than a week.
FURTHEST = timedelta(days=8)

#: Seconds between looks at what is due, whatever was missed.
LOOK_SECONDS = 60.0

#: A moment of grace: the clock of whoever counts may be behind ours.
GRACE = timedelta(seconds=2)

#: The author of the message with which a task goes on.
AUTHOR = "chorus"


class UsageLimits:
    def __init__(self, database: Database, queue: Queue, settings: LimitSettings) -> None:
        self._database = database
        self._queue = queue
        self._settings = settings
        self._news = asyncio.Event()

    # --- parking -----------------------------------------------------------------------------------

    async def reached(self, unit: Unit, run: AnyRow, signal: TurnFailed, source: str) -> None:
        """Park the task of a turn that failed because of a limit. Without a time it is tried again later."""
        until = self._until(unit.at, signal)
        task = await finding.task(unit.connection, run.task_id)
        if until is None or task.status is not TaskStatus.RUNNING or task.current_run_id != run.id:
            return
        parked = {**NOTHING, "waits": Wait.LIMIT, "wait_until": until}
        await _set(unit, task.id, status=TaskStatus.WAITING, **parked)
        why = f"Usage limit until {moment(until, unit.at)}"
        events.task_status(unit, task.id, TaskStatus.WAITING, source, why)
        self._news.set()

    def _until(self, at: datetime, signal: TurnFailed) -> datetime | None:
        if signal.error != ERROR:
            return None
        told = datetime.fromtimestamp(signal.resets_at, UTC) if signal.resets_at is not None else None
        if told is not None and at <= told <= at + FURTHEST:
            return told + GRACE
        minutes = self._settings.usage_retry_minutes
        return at + timedelta(minutes=minutes) if minutes else None

    # --- going on ----------------------------------------------------------------------------------

    async def lifted(self, unit: Unit, task: Task, actor: str) -> bool:
        """The task goes on, for whatever reason; whether it was parked."""
        if task.status is not TaskStatus.WAITING or task.waits is not Wait.LIMIT:
            return False
        await _set(unit, task.id, status=TaskStatus.RUNNING, **NOTHING)
        events.task_status(unit, task.id, TaskStatus.RUNNING, actor)
        return True

    async def resume(self, unit: Unit, task: Task, actor: str, prompt: str | None = None) -> None:
        """Go on in the same conversation: with what is queued, or else with a word to continue."""
        if not await self.lifted(unit, task, actor):
            return
        if prompt is not None or not await queued(unit, task.id):
            await add_message(unit, task, prompt or self._settings.continue_prompt, actor)
        await self._queue.advance(unit, task.id)

    async def run(self) -> None:
        """Have parked tasks go on when their time has come, until cancelled."""
        while True:
            self._news.clear()
            try:
                pause = min(await self._resume_due(), LOOK_SECONDS)
            except ChorusError as error:
                log.warning("tasks could not go on after a usage limit: %s", error)
                pause = LOOK_SECONDS
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._news.wait()

    async def _resume_due(self) -> float:
        """Resume what is due, the most important first; seconds until the next one is."""
        tasks = tables.tasks
        parked = select(tasks).where(tasks.c.status == TaskStatus.WAITING, tasks.c.waits == Wait.LIMIT)
        # A transaction that writes: it comes after the one that has just parked something.
        async with self._database.write() as unit:
            found = (await unit.connection.execute(parked.order_by(tasks.c.priority.desc()))).all()
            for row in found:
                if row.wait_until <= unit.at:
                    await self.resume(unit, rows.task(row), AUTHOR)
        left = [(row.wait_until - unit.at).total_seconds() for row in found if row.wait_until > unit.at]
        return max(min(left, default=LOOK_SECONDS), 0.0)


async def _set(unit: Unit, id: str, **values: Any) -> None:
    await unit.connection.execute(update(tables.tasks).where(tables.tasks.c.id == id).values(**values))
