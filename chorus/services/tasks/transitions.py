"""What tasks have in common: what can be done to one as it stands, and orders for its host."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from chorus.db import tables
from chorus.db.unit import Unit
from chorus.errors import Conflict
from chorus.model import Run, Task, TaskStatus
from chorus.services.permissions.broker import PermissionService

_POSSIBLE = {
    TaskStatus.PENDING: "start, update, fail or delete it",
    TaskStatus.RUNNING: "send a message, interrupt or restart its agent, complete or fail it",
    TaskStatus.WAITING: "send a message, move it or take it out of the start queue, have it go on before a "
    "usage limit resets by starting it, complete or fail it",
    TaskStatus.COMPLETED: "read it; its branch is kept",
    TaskStatus.FAILED: "start it again or delete it",
}


def impossible(task: Task, what: str) -> Conflict:
    return Conflict(
        f"A task that is {task.status.value} cannot {what}; you can {_POSSIBLE[task.status]}.",
        status=task.status.value,
    )


def not_closing(unit: Unit, task: Task) -> None:
    """Raises Conflict while the task is being put away."""
    commands = tables.commands
    query = select(commands.c.seq).where(
        commands.c.task_id == task.id, commands.c.state == "PENDING", commands.c.kind == "close"
    )
    if (unit.connection.execute(query.limit(1))).first():
        raise Conflict("The task's session is still being put away; try again in a moment.")


def order(unit: Unit, task: Task, run: Run | None, kind: str, key: str, actor: str, **payload: Any) -> None:
    """Have the task's host do something, once for each key."""
    unit.command(
        kind,
        host_id=task.host_id,
        task_id=task.id,
        run_id=run.id if run else None,
        key=key,
        actor=actor,
        payload=payload,
    )


def order_stop(
    unit: Unit, permissions: PermissionService, task: Task, run: Run, actor: str, **how: Any
) -> None:
    """Have the run's agent ended; nobody has to answer what it asked."""
    runs = tables.runs
    unit.connection.execute(update(runs).where(runs.c.id == run.id).values(stop_wanted=actor))
    permissions.withdrawals.of_run(unit, run.id, f"agent stopped by {actor}")
    order(unit, task, run, "stop", f"stop:{run.id}", actor, **how)
