"""Reports of agents that were counted: a report that is sent again is known by its name."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from chorus.db import tables
from chorus.db.dialects import Insert

_TABLE = tables.reports
_ADD = Insert(
    _TABLE,
    lambda insert: insert.on_conflict_do_nothing().returning(_TABLE.c.run_id, _TABLE.c.source_id),
)


def add(connection: Connection, names: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Add reports by run and name, and return those that were not there yet."""
    values = [{"run_id": run_id, "source_id": source_id} for run_id, source_id in names]
    if not values:
        return set()
    added = connection.execute(_ADD.on(connection), values).all()
    return {(row.run_id, row.source_id) for row in added}
