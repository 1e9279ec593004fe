"""Transactions that go wrong for real, and transactions that share a commit."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from chorus.db.database import Database
from chorus.db.unit import Unit

_TABLES = (
    "CREATE TABLE doomed_parents (id INTEGER PRIMARY KEY)",
    "CREATE TABLE doomed (parent INTEGER REFERENCES doomed_parents (id) DEFERRABLE INITIALLY DEFERRED)",
)


def _run(unit: Unit, *statements: str) -> None:
    for statement in statements:
        unit.connection.exec_driver_sql(statement)


@asynccontextmanager
async def failing_commits(database: Database, on: str) -> AsyncIterator[None]:
    """Have the commit of each transaction fail that does this, as in `INSERT ON permission_rules`.

    All its statements work; a foreign key that SQLite looks at only in the end is broken.
    """
    trigger = f"CREATE TRIGGER doom AFTER {on} BEGIN INSERT INTO doomed VALUES (1); END"
    await database.write(_run, *_TABLES, trigger)
    yield
    await database.write(_run, "DROP TRIGGER doom", "DROP TABLE doomed", "DROP TABLE doomed_parents")


async def share_commit(database: Database, *writes: Coroutine[Any, Any, Any]) -> list[Any]:
    """Run calls of `database.write` so that they share a commit; return their results and errors."""
    loop, held, go_on = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def hold(unit: Unit) -> None:
        loop.call_soon_threadsafe(held.set)
        assert go_on.wait(60)

    holding = asyncio.ensure_future(database.write(hold))
    await held.wait()
    waiting = [asyncio.ensure_future(write) for write in writes]
    await asyncio.sleep(0)  # each is handed to the writer, who is busy
    go_on.set()
    await holding
    return await asyncio.gather(*waiting, return_exceptions=True)
