"""Statements that differ between databases, built once for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, Executable, Table
from sqlalchemy.dialects import postgresql, sqlite

_INSERTS: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class Insert:
    """An insert into a table that says what happens where the row exists already.

    `build` makes the statement of the `insert()` of either database; both understand the same methods.
    """

    def __init__(self, table: Table, build: Callable[[Any], Executable]) -> None:
        self._statements = {name: build(insert(table)) for name, insert in _INSERTS.items()}

    def on(self, connection: Connection) -> Any:
        """Return the statement for the database of this connection."""
        return self._statements[connection.dialect.name]
