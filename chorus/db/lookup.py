"""Reading one row or saying plainly that there is none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chorus.db import rows, tables
from chorus.db.rows import AnyRow
from chorus.errors import NotFound
from chorus.model import Project, Run, Task


async def row(connection: AsyncConnection, table: Table, what: str, id: str) -> AnyRow:
    found = (await connection.execute(select(table).where(table.c.id == id))).first()
    if found is None:
        raise missing(what, id)
    return found


def missing(what: str, id: str) -> NotFound:
    return NotFound(f"There is no {what} with the id {id[:60]!r}.")


async def task(connection: AsyncConnection, id: str) -> Task:
    return rows.task(await row(connection, tables.tasks, "task", id))


async def project(connection: AsyncConnection, id: str) -> Project:
    return rows.project(await row(connection, tables.projects, "project", id))


async def run_row(connection: AsyncConnection, id: str | None) -> AnyRow | None:
    if id is None:
        return None
    return (await connection.execute(select(tables.runs).where(tables.runs.c.id == id))).first()


async def current_run(connection: AsyncConnection, of: Task) -> Run | None:
    found = await run_row(connection, of.current_run_id)
    return rows.run(found) if found else None


async def children(connection: AsyncConnection, table: Table, task_id: str) -> Sequence[Any]:
    """The rows that belong to a task, oldest first."""
    query = select(table).where(table.c.task_id == task_id).order_by(table.c.position)
    return (await connection.execute(query)).all()
