"""Reading one row or saying plainly that there is none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, ScalarSelect, Table, func, select

from chorus.db import rows, tables
from chorus.db.rows import AnyRow
from chorus.errors import NotFound
from chorus.model import Project, Run, Task


def row(connection: Connection, table: Table, what: str, id: str) -> AnyRow:
    found = (connection.execute(select(table).where(table.c.id == id))).first()
    if found is None:
        raise missing(what, id)
    return found


def missing(what: str, id: str) -> NotFound:
    return NotFound(f"There is no {what} with the id {id[:60]!r}.")


def next_position(table: Table) -> ScalarSelect[int]:
    """Return the next place in the order of creation, for an insert; one transaction writes at a time."""
    return select(func.coalesce(func.max(table.c.position), 0) + 1).scalar_subquery()


def task(connection: Connection, id: str) -> Task:
    return rows.task(row(connection, tables.tasks, "task", id))


def project(connection: Connection, id: str) -> Project:
    return rows.project(row(connection, tables.projects, "project", id))


def run(connection: Connection, id: str | None) -> Run | None:
    """Return the run with this id; None when there is none."""
    if id is None:
        return None
    found = connection.execute(select(tables.runs).where(tables.runs.c.id == id)).first()
    return rows.run(found) if found else None


def current_run(connection: Connection, of: Task) -> Run | None:
    """Return the run a task shows; None before it has one."""
    return run(connection, of.current_run_id)


def children(connection: Connection, table: Table, task_id: str) -> Sequence[Any]:
    """The rows that belong to a task, oldest first."""
    query = select(table).where(table.c.task_id == task_id).order_by(table.c.position)
    return (connection.execute(query)).all()
