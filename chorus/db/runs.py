"""Runs in the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Select, bindparam, func, insert, select

from chorus.db import rows, tables, tasks
from chorus.db.lookup import next_position
from chorus.model import Evidence, Run, RunEnd, Task

_RUNS, _TASKS = tables.runs, tables.tasks
_BY_ID = select(_RUNS).where(_RUNS.c.id == bindparam("run_id"))
_OF_TASK = select(_RUNS).where(_RUNS.c.task_id == bindparam("of_task")).order_by(_RUNS.c.position)
_INSERT = insert(_RUNS).values(position=next_position(_RUNS))
_UPDATE = sa.update(_RUNS).where(_RUNS.c.id == bindparam("run_id"))
_LIVE_BY_PROJECT = (
    select(_TASKS.c.project_id, func.count())
    .join(_RUNS, _RUNS.c.task_id == _TASKS.c.id)
    .where(_RUNS.c.ended_at.is_(None))
    .group_by(_TASKS.c.project_id)
)
_ENDED_SO_SINCE = select(func.count()).where(
    _RUNS.c.task_id == bindparam("of_task"),
    _RUNS.c.end.in_(bindparam("ends", expanding=True)),
    _RUNS.c.pid.is_not(None),  # what never ran has not ended
    _RUNS.c.ended_at > bindparam("since"),
)


@dataclass(frozen=True, slots=True)
class ReportingRun:
    """A run whose agent reports, with what its task says of the agent and its branch."""

    run: Run
    agent: str
    vcs_backend: str


def find(connection: Connection, id: str | None) -> Run | None:
    """Return the run with this id; None when there is none."""
    if id is None:
        return None
    row = connection.execute(_BY_ID, {"run_id": id}).first()
    return rows.run(row) if row else None


def find_current(connection: Connection, task: Task) -> Run | None:
    """Return the run that a task shows; None before it has one."""
    return find(connection, task.current_run_id)


def of_task(connection: Connection, task_id: str) -> list[Run]:
    """Return all runs of a task, oldest first."""
    return [rows.run(row) for row in connection.execute(_OF_TASK, {"of_task": task_id}).all()]


def add(
    connection: Connection, run: Run, *, token_hash: str, evidence: Evidence, profile: Mapping[str, Any]
) -> None:
    """Put a new run on record, as the newest one, with the permissions it is started with."""
    columns = {name: getattr(run, name) for name in Run.__slots__}
    more = {"token_hash": token_hash, "evidence": evidence.to_json(), "profile": dict(profile)}
    connection.execute(_INSERT, {**columns, **more})


def update(connection: Connection, id: str, **values: Any) -> None:
    """Change fields of a run."""
    connection.execute(_UPDATE.values(**values), {"run_id": id})


def live_by_project(connection: Connection) -> Counter[str]:
    """Return how many runs live, by the id of their project."""
    found = connection.execute(_LIVE_BY_PROJECT).all()
    return Counter({project_id: int(count) for project_id, count in found})


def count_ended(connection: Connection, task_id: str, ends: Collection[RunEnd], since: datetime) -> int:
    """Return how many runs of a task that had a process have ended in one of these ways since then."""
    values = {"of_task": task_id, "ends": list(ends), "since": since}
    return int(connection.execute(_ENDED_SO_SINCE, values).scalar_one())


# --- runs whose agents report -----------------------------------------------------------------------

_REPORTING = select(tables.runs, tables.tasks.c.agent, tables.tasks.c.vcs_backend).join(
    tables.tasks, tables.tasks.c.id == tables.runs.c.task_id
)


def reporting_by_token(connection: Connection, token_hash: str) -> ReportingRun | None:
    """Return the run whose hook token has this hash; None when there is none."""
    return _reporting(connection, _REPORTING.where(tables.runs.c.token_hash == token_hash))


def reporting(connection: Connection, run_id: str) -> ReportingRun | None:
    """Return the run with this id; None when there is none."""
    return _reporting(connection, _REPORTING.where(tables.runs.c.id == run_id))


def _reporting(connection: Connection, query: Select[tuple[object, ...]]) -> ReportingRun | None:
    found = connection.execute(query).first()
    return ReportingRun(rows.run(found), found.agent, found.vcs_backend) if found else None


def current(connection: Connection, task_id: str) -> tuple[Task, Run | None]:
    """Return a task and the run it shows; None before it has one. Raises NotFound."""
    task = tasks.get(connection, task_id)
    return task, find_current(connection, task)


# --- runs of a host ---------------------------------------------------------------------------------

_LIVE_ON_HOST = (
    select(_RUNS)
    .where(_RUNS.c.host_id == bindparam("of_host"), _RUNS.c.ended_at.is_(None))
    .order_by(_RUNS.c.position)
)


def live_on_host(connection: Connection, host_id: str) -> list[Run]:
    """Return the runs of a host that have not ended, oldest first."""
    return [rows.run(row) for row in connection.execute(_LIVE_ON_HOST, {"of_host": host_id}).all()]
