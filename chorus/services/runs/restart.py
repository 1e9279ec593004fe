"""Restarts that somebody wants: the agent's process ends and another one begins, in one transaction."""

from __future__ import annotations

from chorus.db import runs, tasks
from chorus.db.unit import Unit
from chorus.model import Run, Task, Wait
from chorus.plugins import Plugins
from chorus.services.permissions.broker import PermissionService
from chorus.services.runs.admission import Admission
from chorus.services.runs.launcher import Launcher
from chorus.services.runs.scheduler import Scheduler
from chorus.services.runs.stop import order_stop
from chorus.services.tasks.transitions import impossible, is_open


def check_may_restart(task: Task) -> None:
    """Raise Conflict if the task has no agent that could be started again."""
    if not is_open(task) or task.waits is Wait.START:
        raise impossible(task, "have its agent restarted")


def is_starting(run: Run | None) -> bool:
    """Return whether the run's agent has been ordered and does not live yet."""
    return run is not None and run.ended_at is None and run.pid is None


class Restarter:
    """Starts agents again."""

    def __init__(
        self,
        *,
        plugins: Plugins,
        permissions: PermissionService,
        launcher: Launcher,
        admission: Admission,
        scheduler: Scheduler,
    ) -> None:
        self._plugins = plugins
        self._permissions = permissions
        self._launcher = launcher
        self._admission = admission
        self._scheduler = scheduler

    def restart(
        self,
        unit: Unit,
        task: Task,
        *,
        actor: str,
        prompt: str | None = None,
        fresh: bool = False,
        settle: bool = False,
    ) -> Task:
        """End the agent's process, if it lives, and begin another run; return the task as it is then.

        The conversation goes on unless it is to be `fresh`. With `settle` what the agent is doing is written
        down first.
        """
        task = self._scheduler.resumed(unit, task, actor)
        resume = not fresh and self._plugins.agents[task.agent].resumes
        run = runs.find_current(unit.connection, task)
        if run is not None and run.ended_at is None:
            order_stop(unit, self._permissions, task, run, actor, settle=settle)
            self._launcher.begin(unit, task, actor=actor, prompt=prompt, resume=resume)
        else:
            self._admission.begin(unit, task, actor=actor, prompt=prompt, resume=resume)
        return tasks.get(unit.connection, task.id)
