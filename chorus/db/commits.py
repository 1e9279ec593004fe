"""Commits that were made for tasks."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, func, insert, select

from chorus.db import rows, tables
from chorus.model import Commit

_TABLE = tables.commits
_KNOWN = select(_TABLE.c.key).where(_TABLE.c.key == bindparam("of_key"))
_OF_TASK = select(_TABLE).where(_TABLE.c.task_id == bindparam("of_task")).order_by(_TABLE.c.position)
_NEXT = select(func.coalesce(func.max(_TABLE.c.position), 0) + 1).scalar_subquery()
_ADD = insert(_TABLE).values(position=_NEXT)


def is_known(connection: Connection, key: str) -> bool:
    """Return whether a commit was made for this reason."""
    return connection.execute(_KNOWN, {"of_key": key}).first() is not None


def add(connection: Connection, task_id: str, key: str, commit: Commit) -> None:
    """Add a commit of a task, made for the reason that `key` names."""
    values = {
        "task_id": task_id,
        "key": key,
        "sha": commit.id,
        "message": commit.message,
        "author": commit.author,
        "files": list(commit.files),
        "at": commit.at,
    }
    connection.execute(_ADD, values)


def of_task(connection: Connection, task_id: str) -> list[Commit]:
    """Return the commits of a task, oldest first."""
    return [rows.commit(row) for row in connection.execute(_OF_TASK, {"of_task": task_id}).all()]
