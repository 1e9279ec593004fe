"""Ending a run because somebody wants it."""

from __future__ import annotations

from chorus.db import commands, runs
from chorus.db.unit import Unit
from chorus.model import Run, Task
from chorus.services.permissions.broker import PermissionService


def order_stop(
    unit: Unit, permissions: PermissionService, task: Task, run: Run, actor: str, *, settle: bool = False
) -> None:
    """Have the run's agent ended; nobody has to answer what it asked.

    With `settle` the host waits until the agent has written down what it is doing.
    """
    runs.update(unit.connection, run.id, stop_wanted=actor)
    permissions.withdrawals.of_run(unit, run.id, f"agent stopped by {actor}")
    payload = {"settle": settle}
    commands.order(unit, task, "stop", key=f"stop:{run.id}", actor=actor, run_id=run.id, payload=payload)
