"""Usage limits of an agent's account: its tasks are parked until they reset."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from chorus.db import tasks
from chorus.db.unit import Unit
from chorus.model import Run, TaskStatus, TurnFailed, Wait
from chorus.model.waiting import moment
from chorus.services.runs.scheduler import Scheduler

#: What a turn that failed because of a usage limit says.
ERROR = "rate_limit"

#: A reset further away is not believed: no plan has a longer window than a week.
FURTHEST = timedelta(days=8)

#: A moment of grace: the clock of whoever counts may be behind ours.
GRACE = timedelta(seconds=2)


class UsageLimits:
    """`retry_minutes`: when a limit whose end was not told is tried again; 0: never by itself."""

    def __init__(self, scheduler: Scheduler, retry_minutes: int) -> None:
        self._scheduler = scheduler
        self._retry_minutes = retry_minutes

    def reached(self, unit: Unit, run: Run, signal: TurnFailed, source: str) -> None:
        """Park the task of a turn that failed because of a limit."""
        until = self._until(unit.at, signal)
        task = tasks.get(unit.connection, run.task_id)
        if until is None or task.status is not TaskStatus.RUNNING or task.current_run_id != run.id:
            return
        why = f"Usage limit until {moment(until, unit.at)}"
        self._scheduler.park(unit, task, Wait.LIMIT, until, why, source)

    def _until(self, at: datetime, signal: TurnFailed) -> datetime | None:
        if signal.error != ERROR:
            return None
        told = datetime.fromtimestamp(signal.resets_at, UTC) if signal.resets_at is not None else None
        if told is not None and at <= told <= at + FURTHEST:
            return told + GRACE
        return at + timedelta(minutes=self._retry_minutes) if self._retry_minutes else None
