"""Tasks in the database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, bindparam, delete, func, insert, or_, select

from chorus.db import rows, tables
from chorus.db.lookup import missing, next_position
from chorus.model import Task, TaskStatus, Wait

_TASKS = tables.tasks
_BY_ID = select(_TASKS).where(_TASKS.c.id == bindparam("task_id"))
_BY_IDS = select(_TASKS).where(_TASKS.c.id.in_(bindparam("task_ids", expanding=True)))
_POSITION = select(_TASKS.c.position).where(_TASKS.c.id == bindparam("task_id"))
_UPDATE = sa.update(_TASKS).where(_TASKS.c.id == bindparam("task_id"))
_INSERT = insert(_TASKS).values(position=next_position(_TASKS))
_WAITS_TO_START = (
    select(_TASKS)
    .where(_TASKS.c.status == TaskStatus.WAITING, _TASKS.c.waits == Wait.START)
    .order_by(_TASKS.c.priority.desc(), _TASKS.c.start_order)
)
_PARKED = (
    select(_TASKS)
    .where(_TASKS.c.status == TaskStatus.WAITING, _TASKS.c.waits.in_(bindparam("reasons", expanding=True)))
    .order_by(_TASKS.c.priority.desc(), _TASKS.c.position)
)
_LAST_START_ORDER = select(func.coalesce(func.max(_TASKS.c.start_order), 0))
_OTHER_VCS = (
    select(_TASKS.c.vcs_backend)
    .where(
        _TASKS.c.project_id == bindparam("project_id"),
        _TASKS.c.worktree.is_not(None),
        _TASKS.c.vcs_backend != bindparam("vcs"),
    )
    .limit(1)
)
_START_ORDER = _UPDATE.values(start_order=bindparam("number"))
_EXPLAIN = _UPDATE.where(
    _TASKS.c.waits.in_(bindparam("reasons", expanding=True)),
    _TASKS.c.waiting_for.is_distinct_from(bindparam("why")),
).values(waiting_for=bindparam("why"))

#: What belongs to a task and goes with it, in an order in which no row points to one that is gone.
_BELONGS = (
    tables.permission_requests,
    tables.permission_rules,
    tables.document_references,
    tables.given_contexts,
    tables.messages,
    tables.commits,
    tables.commands,
    tables.usages,
    tables.transcripts,
    tables.runs,
)


@dataclass(frozen=True, slots=True)
class TaskPage:
    """Some tasks of a list, the newest first. `total` counts all, `more` says that older ones follow."""

    tasks: Sequence[Task]
    total: int
    more: bool


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """Which tasks a list shows. None stands for all; `search` is looked for in title and description."""

    project_id: str | None = None
    statuses: Collection[TaskStatus] | None = None
    search: str | None = None


def get(connection: Connection, id: str) -> Task:
    """Return the task with this id. Raises NotFound."""
    task = find(connection, id)
    if task is None:
        raise missing("task", id)
    return task


def find(connection: Connection, id: str) -> Task | None:
    """Return the task with this id; None when there is none."""
    row = connection.execute(_BY_ID, {"task_id": id}).first()
    return rows.task(row) if row else None


def find_many(connection: Connection, ids: Collection[str]) -> Mapping[str, Task]:
    """Return the tasks with these ids, by id, without those that do not exist."""
    found = connection.execute(_BY_IDS, {"task_ids": list(ids)}).all()
    return {row.id: rows.task(row) for row in found}


def page(connection: Connection, wanted: TaskFilter, first: int, after: str | None) -> TaskPage:
    """Return the `first` newest tasks of a list, of those older than the task `after`."""
    query = select(_TASKS).where(*_conditions(wanted))
    total = int(connection.execute(select(func.count()).select_from(query.subquery())).scalar_one())
    if after is not None:
        position = connection.execute(_POSITION, {"task_id": after}).scalar()
        if position is None:
            raise missing("task", after)
        query = query.where(_TASKS.c.position < position)
    found = connection.execute(query.order_by(_TASKS.c.position.desc()).limit(first + 1)).all()
    return TaskPage([rows.task(row) for row in found[:first]], total, len(found) > first)


def _conditions(wanted: TaskFilter) -> list[Any]:
    conditions: list[Any] = []
    if wanted.project_id is not None:
        conditions.append(_TASKS.c.project_id == wanted.project_id)
    if wanted.statuses is not None:
        conditions.append(_TASKS.c.status.in_(wanted.statuses))
    if wanted.search:
        like = f"%{wanted.search.replace('!', '!!').replace('%', '!%').replace('_', '!_')}%"
        columns = (_TASKS.c.title, _TASKS.c.description)
        conditions.append(or_(*(column.ilike(like, escape="!") for column in columns)))
    return conditions


def add(connection: Connection, task: Task) -> None:
    """Put a new task on record, as the newest one."""
    columns = {name: getattr(task, name) for name in Task.__slots__}
    connection.execute(_INSERT, {**columns, "allowed_tools": list(task.allowed_tools)})


def update(connection: Connection, id: str, **values: Any) -> None:
    """Change fields of a task; its status is changed by `services.tasks.transitions` alone."""
    if "status" in values:
        raise ValueError("the status of a task is written by services.tasks.transitions alone")
    connection.execute(_UPDATE.values(**values), {"task_id": id})


def set_status(connection: Connection, id: str, status: TaskStatus, **values: Any) -> None:
    """Write the status of a task and what comes with it: for `services.tasks.transitions` alone."""
    connection.execute(_UPDATE.values(status=status, **values), {"task_id": id})


def delete_with_all(connection: Connection, id: str) -> None:
    """Delete a task and all that belongs to it."""
    of_task = select(tables.runs.c.id).where(tables.runs.c.task_id == id)
    connection.execute(delete(tables.reports).where(tables.reports.c.run_id.in_(of_task)))
    for table in _BELONGS:
        connection.execute(delete(table).where(table.c.task_id == id))
    connection.execute(delete(_TASKS).where(_TASKS.c.id == id))


# --- tasks that wait --------------------------------------------------------------------------------


def waiting_to_start(connection: Connection) -> list[Task]:
    """Return the tasks that wait to be started, the next one first."""
    return [rows.task(row) for row in connection.execute(_WAITS_TO_START).all()]


def any_waiting_to_start(connection: Connection) -> bool:
    """Return whether a task waits to be started."""
    return connection.execute(_WAITS_TO_START.limit(1)).first() is not None


def next_start_order(connection: Connection) -> int:
    """Return the place behind all tasks that wait to be started."""
    return int(connection.execute(_LAST_START_ORDER).scalar_one()) + 1


def set_start_order(connection: Connection, ids: Sequence[str]) -> None:
    """Give tasks that wait to be started these places."""
    numbered = [{"task_id": id, "number": number} for number, id in enumerate(ids, start=1)]
    connection.execute(_START_ORDER, numbered)


def parked(connection: Connection, waits: Collection[Wait]) -> list[Task]:
    """Return the tasks that wait for a moment for one of these reasons, the most important first."""
    return [rows.task(row) for row in connection.execute(_PARKED, {"reasons": list(waits)}).all()]


def explain_wait(connection: Connection, id: str, waits: Collection[Wait], why: str) -> bool:
    """Say what keeps a task that still waits so from going on. Returns whether that is new."""
    values = {"task_id": id, "reasons": list(waits), "why": why}
    return connection.execute(_EXPLAIN, values).rowcount > 0


def other_vcs_in_use(connection: Connection, project_id: str, vcs: str) -> str | None:
    """Return another VCS backend with which tasks of the project have folders; None when there is none."""
    found: str | None = connection.execute(_OTHER_VCS, {"project_id": project_id, "vcs": vcs}).scalar()
    return found


# --- what hosts and agents report -------------------------------------------------------------------

_OPEN_ON_HOST = (
    select(_TASKS)
    .where(
        _TASKS.c.host_id == bindparam("of_host"),
        _TASKS.c.current_run_id.is_not(None),
        or_(
            _TASKS.c.status.not_in((TaskStatus.COMPLETED, TaskStatus.FAILED)),
            _TASKS.c.worktree.is_not(None),
        ),
    )
    .order_by(_TASKS.c.position)
)
_CONVERSATION = _UPDATE.where(_TASKS.c.current_run_id == bindparam("of_run")).values(
    agent_session_id=bindparam("conversation")
)


def open_on_host(connection: Connection, host_id: str) -> list[Task]:
    """Return the tasks of a host that were started and are not put away, oldest first."""
    return [rows.task(row) for row in connection.execute(_OPEN_ON_HOST, {"of_host": host_id}).all()]


def set_conversation(connection: Connection, id: str, run_id: str, conversation: str) -> None:
    """Remember the conversation for the next resume, if the run is the task's current one."""
    connection.execute(_CONVERSATION, {"task_id": id, "of_run": run_id, "conversation": conversation})
