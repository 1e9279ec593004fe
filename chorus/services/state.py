"""Keeping a task's visible agent status in step with the evidence about its current run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import func, select, update

from chorus.db import tables
from chorus.db.rows import AnyRow
from chorus.db.unit import Unit
from chorus.model import AgentStatus, Evidence, PermissionState, Seen, derive
from chorus.services import events


async def weigh(unit: Unit, run: AnyRow, change: Callable[[Evidence], Evidence]) -> Seen:
    """Change what is known about a run, and with it the task's status if the run is the current one."""
    # Several reports may share a transaction: the evidence is read again, never taken from `run`.
    query = select(tables.runs.c.evidence).where(tables.runs.c.id == run.id)
    known = Evidence.from_json((await unit.connection.execute(query)).scalar_one())
    evidence = replace(change(known), asked=await _asked(unit, run.id))
    await unit.connection.execute(
        update(tables.runs).where(tables.runs.c.id == run.id).values(evidence=evidence.to_json())
    )
    seen = derive(evidence)
    await show(unit, run.task_id, run.id, seen)
    return seen


async def show(unit: Unit, task_id: str, run_id: str, seen: Seen) -> None:
    """Write the status on the task, and tell, when it differs; an earlier run changes nothing."""
    tasks = tables.tasks
    row = (await unit.connection.execute(select(tasks).where(tasks.c.id == task_id))).one()
    if row.current_run_id != run_id:
        return
    if (row.agent_status, row.activity, row.status_source) == (seen.status, seen.activity, seen.source):
        return
    since = row.status_since if row.agent_status == seen.status else datetime.fromtimestamp(seen.at, UTC)
    await unit.connection.execute(
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


async def _asked(unit: Unit, run_id: str) -> Seen | None:
    """The oldest open permission request of the run, as a status."""
    table = tables.permission_requests
    open_ones = (table.c.run_id == run_id, table.c.state == PermissionState.PENDING)
    query = select(table).where(*open_ones).order_by(table.c.position)
    row = (await unit.connection.execute(query.limit(1))).first()
    if row is None:
        return None
    count = select(func.count()).select_from(table).where(*open_ones)
    more = int((await unit.connection.execute(count)).scalar_one()) - 1
    summary = f"Needs approval: {row.summary}" + (f" (and {more} more)" if more else "")
    return Seen(AgentStatus.WAITING, summary, "permission", row.created_at.timestamp())
