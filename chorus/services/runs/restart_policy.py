"""Restart policy: agents that have crashed are started again, later each time and only so often."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from chorus.db import runs, tasks
from chorus.db.unit import Unit
from chorus.model import Run, RunEnd, Task, TaskStatus, Wait
from chorus.plugins import Plugins
from chorus.services.runs.scheduler import AUTHOR, Scheduler

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
        """Return what a person is told."""
        minutes = int(WINDOW.total_seconds() // 60)
        if self.at is not None:
            return f"It is started again ({self.number} of {self.budget} within {minutes} minutes)"
        return f"It has crashed {self.number} times within {minutes} minutes, and is not started again"


class RestartPolicy:
    """`budget`: restarts of a task's agent within the window; 0: only a person starts it again."""

    def __init__(self, scheduler: Scheduler, plugins: Plugins, budget: int) -> None:
        self._scheduler = scheduler
        self._plugins = plugins
        self._budget = budget

    def plan(self, unit: Unit, run: Run, end: RunEnd) -> Restart | None:
        """Return what follows from this end, before it is on record; None if nothing does."""
        if not self._budget or end not in CRASHES or run.pid is None:
            return None
        task = tasks.get(unit.connection, run.task_id)
        if not self._is_wanted(task, run.id):
            return None
        number = 1 + runs.count_ended(unit.connection, task.id, CRASHES, unit.at - WINDOW)
        pause = PAUSES[min(number, len(PAUSES)) - 1]
        at = unit.at + timedelta(seconds=pause) if number <= self._budget else None
        return Restart(number, self._budget, at)

    def order(self, unit: Unit, task_id: str, restart: Restart) -> None:
        """Have the agent started again when it is time."""
        if restart.at is not None:
            task = tasks.get(unit.connection, task_id)
            self._scheduler.park(unit, task, Wait.RESTART, restart.at, restart.words, AUTHOR)

    def _is_wanted(self, task: Task, run_id: str) -> bool:
        """Return False for an agent that cannot continue: it would do again what it has done."""
        if task.status is not TaskStatus.RUNNING or task.current_run_id != run_id:
            return False
        agent = self._plugins.agents.get(task.agent)
        return agent is not None and agent.resumes
