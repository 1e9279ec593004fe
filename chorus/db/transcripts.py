"""How far the transcripts of a task's conversations have been read."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, bindparam, select

from chorus.db import tables
from chorus.db.dialects import Insert

_TABLE = tables.transcripts
_OFFSETS = select(_TABLE.c.path, _TABLE.c.offset).where(_TABLE.c.task_id == bindparam("of_task"))
_SET = Insert(
    _TABLE,
    lambda insert: insert.on_conflict_do_update(
        index_elements=[_TABLE.c.task_id, _TABLE.c.path], set_={"offset": insert.excluded.offset}
    ),
)


def offsets(connection: Connection, task_id: str) -> Mapping[str, int]:
    """Return up to where each transcript has been read, by its path."""
    found = connection.execute(_OFFSETS, {"of_task": task_id})
    return {row.path: row.offset for row in found.all()}


def set_offsets(connection: Connection, task_id: str, offsets: Mapping[str, int]) -> None:
    """Record up to where these transcripts have been read; others keep their place."""
    values = [{"task_id": task_id, "path": path, "offset": offset} for path, offset in offsets.items()]
    if values:
        connection.execute(_SET.on(connection), values)
