"""Permission requests in the database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, bindparam, insert, select, update

from chorus.db import rows, tables
from chorus.db.lookup import missing, next_position
from chorus.model import PermissionRequest, PermissionState

_REQUESTS, _TASKS = tables.permission_requests, tables.tasks

_PENDING = select(_REQUESTS).where(_REQUESTS.c.state == PermissionState.PENDING)
_BY_ID = select(_REQUESTS).where(_REQUESTS.c.id == bindparam("request_id"))
_BY_SOURCE = select(_REQUESTS).where(
    _REQUESTS.c.run_id == bindparam("of_run"), _REQUESTS.c.source_id == bindparam("of_source")
)
_OF_TASK = select(_REQUESTS).where(_REQUESTS.c.task_id == bindparam("of_task")).order_by(_REQUESTS.c.position)
_PENDING_OF_RUN = _PENDING.where(_REQUESTS.c.run_id == bindparam("of_run")).order_by(_REQUESTS.c.position)
_PENDING_OF_PROJECT = (
    _PENDING.join(_TASKS, _TASKS.c.id == _REQUESTS.c.task_id)
    .where(_TASKS.c.project_id == bindparam("of_project"))
    .order_by(_REQUESTS.c.position)
)
_PENDING_WITH_PROFILES = (
    _PENDING.add_columns(_TASKS.c.permission_profile)
    .join(_TASKS, _TASKS.c.id == _REQUESTS.c.task_id)
    .order_by(_REQUESTS.c.position)
)

_INSERT = insert(_REQUESTS).values(position=next_position(_REQUESTS))

#: The columns that a decision fills in.
_DECISION = ("state", "scope", "decided_at", "decided_by", "message", "interrupt", "answers", "after_plan")
_DECIDE = (
    update(_REQUESTS)
    .where(_REQUESTS.c.id == bindparam("request_id"))
    .values({name: bindparam(f"new_{name}") for name in _DECISION})
)


def get(connection: Connection, id: str) -> PermissionRequest:
    """Return the request with this id. Raises NotFound."""
    found = connection.execute(_BY_ID, {"request_id": id}).first()
    if found is None:
        raise missing("permission request", id)
    return rows.permission(found)


def find_by_source(connection: Connection, run_id: str, source_id: str) -> PermissionRequest | None:
    """Return the request that a run made with the report of this id; None when there is none."""
    found = connection.execute(_BY_SOURCE, {"of_run": run_id, "of_source": source_id}).first()
    return rows.permission(found) if found else None


def oldest(
    connection: Connection, state: PermissionState | None, task_id: str | None, limit: int
) -> list[PermissionRequest]:
    """Return the oldest requests in a state and of a task; None stands for all states or tasks."""
    query = select(_REQUESTS).order_by(_REQUESTS.c.created_at, _REQUESTS.c.position).limit(limit)
    if state is not None:
        query = query.where(_REQUESTS.c.state == state)
    if task_id is not None:
        query = query.where(_REQUESTS.c.task_id == task_id)
    return _all(connection, query)


def of_task(connection: Connection, task_id: str) -> list[PermissionRequest]:
    """Return all permission requests of a task, oldest first."""
    return _all(connection, _OF_TASK, of_task=task_id)


def pending_of_run(connection: Connection, run_id: str) -> list[PermissionRequest]:
    """Return the open requests of a run, oldest first."""
    return _all(connection, _PENDING_OF_RUN, of_run=run_id)


def pending_of_project(connection: Connection, project_id: str) -> list[PermissionRequest]:
    """Return the open requests of all tasks of a project, oldest first."""
    return _all(connection, _PENDING_OF_PROJECT, of_project=project_id)


def pending_with_profiles(connection: Connection) -> list[tuple[PermissionRequest, str]]:
    """Return all open requests with the names of their tasks' profiles, oldest first."""
    found = connection.execute(_PENDING_WITH_PROFILES).all()
    return [(rows.permission(row), row.permission_profile) for row in found]


def add(
    connection: Connection, request: PermissionRequest, *, use_id: str | None, source_id: str | None
) -> None:
    """Add a request of a tool use, made by the report with the id `source_id`."""
    columns = rows.permission_columns(request)
    connection.execute(_INSERT, {**columns, "use_id": use_id, "source_id": source_id})


def save_decision(connection: Connection, request: PermissionRequest) -> None:
    """Save what was decided about a request, or that it was withdrawn."""
    values = {f"new_{name}": getattr(request, name) for name in _DECISION}
    connection.execute(_DECIDE, {"request_id": request.id, **values})


def _all(connection: Connection, query: Select[Any], **parameters: str) -> list[PermissionRequest]:
    return [rows.permission(row) for row in connection.execute(query, parameters).all()]
