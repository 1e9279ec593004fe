"""Six selects and six updates in one transaction, told on standard input how often: see transactions.py.

It runs with the code of any revision: before transactions were plain functions, they were blocks in which
every statement was awaited.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from importlib import import_module
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, update

from chorus.bus.memory import MemoryBus
from chorus.db import migrate, tables
from chorus.db.engine import create_engine

STATEMENTS = 6


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = await _database(Path(folder) / "chorus.db")
        transaction = _plain if iscoroutinefunction(database.write) else _awaited
        for line in sys.stdin:
            begin = time.perf_counter()
            for _ in range(int(line)):
                await transaction(database)
            print(json.dumps(time.perf_counter() - begin), flush=True)
        await database.close()


async def _database(path: Path) -> Any:
    upgrade: Any = migrate.upgrade
    if iscoroutinefunction(upgrade):
        database: Any = import_module("chorus.db.unit").Database(
            create_engine(f"sqlite+aiosqlite:///{path}"), MemoryBus()
        )
        await upgrade(database.engine)
        async with database.write() as unit:
            await unit.connection.execute(_added())
        return database
    database = import_module("chorus.db.database").Database(create_engine(f"sqlite:///{path}"), MemoryBus())
    upgrade(database.engine)
    await database.write(lambda unit: unit.connection.execute(_added()))
    return database


def _added() -> Any:
    return insert(tables.hosts).values(id="h", name="h", epoch=0)


async def _plain(database: Any) -> None:
    await database.write(_work)


def _work(unit: Any) -> None:
    for _ in range(STATEMENTS):
        epoch = unit.connection.execute(_READ).scalar_one()
        unit.connection.execute(_WRITE, {"epoch": epoch + 1})


async def _awaited(database: Any) -> None:
    async with database.write() as unit:
        for _ in range(STATEMENTS):
            epoch = (await unit.connection.execute(_READ)).scalar_one()
            await unit.connection.execute(_WRITE, {"epoch": epoch + 1})


_HOSTS = tables.hosts
_READ = select(_HOSTS.c.epoch).where(_HOSTS.c.id == "h")
_WRITE = update(_HOSTS).where(_HOSTS.c.id == "h")


if __name__ == "__main__":
    asyncio.run(main())
