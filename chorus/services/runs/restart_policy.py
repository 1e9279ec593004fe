"""Starting agents again that have crashed: later each time, and only so often."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from chorus.db import lookup, tables
from chorus.db.unit import Unit
from chorus.model import Run, RunEnd, Task, TaskStatus, Wait
from chorus.plugins import Plugins
from chorus.services.runs.scheduler import AUTHOR, Parking

#: Ends after which an agent is started again. A terminal that somebody closed stays closed, and so does an
#: agent that was ended by a person.
CRASHES = (RunEnd.CRASHED, RunEnd.ERRORED)

#: How far back crashes count against the budget.
WINDOW = timedelta(minutes=10)

#: Seconds before each restart within the window.
PAUSES = (2.0, 10.0, 30.0)


@dataclass(frozen=True, slots=True)
class Restart:
    """What follows from a crash, the `number`th within the window. `at` None: the budget is used up."""

    number: int
    budget: int
    at: datetime | None

    @property
    def words(self) -> str:
        minutes = int(WINDOW.total_seconds() // 60)
        if self.at is not None:
            return f"It is started again ({self.number} of {self.budget} within {minutes} minutes)"
        return f"It has crashed {self.number} times within {minutes} minutes, and is not started again"


class Restarts:
    """`budget`: restarts of a task's agent within the window; 0: only a person starts it again."""

    def __init__(self, parking: Parking, plugins: Plugins, budget: int) -> None:
        self._parking = parking
        self._plugins = plugins
        self._budget = budget

    def plan(self, unit: Unit, run: Run, end: RunEnd) -> Restart | None:
        """What follows from this end, before it is on record; None: nothing."""
        if not self._budget or end not in CRASHES or run.pid is None:
            return None
        task = lookup.task(unit.connection, run.task_id)
        if not self._is_wanted(task, run.id):
            return None
        number = 1 + _crashes(unit, task.id)
        pause = PAUSES[min(number, len(PAUSES)) - 1]
        at = unit.at + timedelta(seconds=pause) if number <= self._budget else None
        return Restart(number, self._budget, at)

    def order(self, unit: Unit, task_id: str, restart: Restart) -> None:
        """Have the agent started again when it is time."""
        if restart.at is not None:
            self._parking.park(unit, task_id, Wait.RESTART, restart.at, restart.words, AUTHOR)

    def _is_wanted(self, task: Task, run_id: str) -> bool:
        """One that cannot continue its conversation would do again what it has done."""
        if task.status is not TaskStatus.RUNNING or task.current_run_id != run_id:
            return False
        agent = self._plugins.agents.get(task.agent)
        return agent is not None and agent.resumes


def _crashes(unit: Unit, task_id: str) -> int:
    runs = tables.runs
    query = select(func.count()).where(
        runs.c.task_id == task_id,
        runs.c.end.in_(CRASHES),
        runs.c.pid.is_not(None),  # what never ran has not crashed
        runs.c.ended_at > unit.at - WINDOW,
    )
    return int((unit.connection.execute(query)).scalar_one())
