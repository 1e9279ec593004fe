"""Keeping a task's visible agent status in step with the evidence about its current run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import select, update

from chorus.db import tables
from chorus.db.unit import Unit
from chorus.model import Evidence, Run, Seen
from chorus.services import events
from chorus.services.status.run_state import Standing, Standings


def weigh(unit: Unit, run: Run, change: Callable[[Evidence], Evidence]) -> Seen:
    """Change what is known about a run, and with it the task's status if the run is the current one."""
    # Several reports may share a transaction: the evidence is what they made of it, never that of `run`.
    shared = unit.deferred
    standings = shared if isinstance(shared, Standings) else Standings()
    known = standings.of(unit, run.id)
    seen = known.weigh(unit, change(known.evidence))
    if standings is not shared:
        standings.flush(unit.connection)
    return seen


def standing(unit: Unit, run: Run) -> Standing:
    """What is known of a run within this transaction."""
    shared = unit.deferred
    return (shared if isinstance(shared, Standings) else Standings()).of(unit, run.id)


def asks_nothing(unit: Unit, run_id: str) -> bool:
    """Whether it is known, without a look at the database, that the run has no open permission request."""
    known = unit.deferred.get(run_id) if isinstance(unit.deferred, Standings) else None
    return known is not None and known.asked is None


def show(unit: Unit, task_id: str, run_id: str, seen: Seen) -> None:
    """Write the status on the task, and tell, when it differs; an earlier run changes nothing."""
    tasks = tables.tasks
    row = (unit.connection.execute(select(tasks).where(tasks.c.id == task_id))).one()
    if row.current_run_id != run_id:
        return
    if (row.agent_status, row.activity, row.status_source) == (seen.status, seen.activity, seen.source):
        return
    since = row.status_since if row.agent_status == seen.status else datetime.fromtimestamp(seen.at, UTC)
    unit.connection.execute(
        update(tasks)
        .where(tasks.c.id == task_id)
        .values(
            agent_status=seen.status,
            activity=seen.activity,
            status_source=seen.source,
            status_since=since,
        )
    )
    events.agent_status(unit, task_id, run_id, seen)
