"""The record: migrations, and writes that are put off."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Table, insert, select, update
from sqlalchemy.exc import IntegrityError

from chorus.bus.memory import MemoryBus
from chorus.db import migrate, tables
from chorus.db.database import Database
from chorus.db.engine import create_engine
from chorus.db.event_log import bounds
from chorus.db.unit import PUT_OFF, Unit
from chorus.errors import BadInput, Conflict, Unavailable


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chorus.db"


@pytest.fixture
async def database(path: Path) -> AsyncIterator[Database]:
    database = Database(create_engine(f"sqlite:///{path}"), MemoryBus())
    migrate.upgrade(database.engine)
    yield database
    await database.close()


# --- migrations -------------------------------------------------------------------------------------


async def test_migrations_and_tables_agree(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, tables.metadata))

    with database.engine.connect() as connection:
        assert differences(connection) == []


def test_there_is_one_line_of_migrations() -> None:
    assert len(ScriptDirectory.from_config(migrate._config()).get_heads()) == 1


async def test_upgrading_again_does_nothing(database: Database, path: Path) -> None:
    assert migrate.upgrade(database.engine) is None
    assert list(path.parent.glob("*.bak")) == []


async def test_a_newer_database_is_left_alone(database: Database, path: Path) -> None:
    await database.close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(Conflict, match="made by a newer version"):
        migrate.upgrade(database.engine)
    await database.close()
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before


async def test_a_file_that_is_no_database_is_left_alone(path: Path) -> None:
    path.write_text("precious notes of somebody, not a database\n")
    engine = create_engine(f"sqlite:///{path}")
    with pytest.raises(Unavailable, match="is not an SQLite database"):
        migrate.upgrade(engine)
    engine.dispose()
    assert path.read_text().startswith("precious")


# --- what is on record -----------------------------------------------------------------------------


async def test_a_foreign_key_is_kept(database: Database) -> None:
    row = {"id": "1", "host_id": "nobody", "name": "x", "path": "/x", "default_branch": "main"}

    async def orphan() -> None:
        def work(unit: Unit) -> None:
            values = {**row, "trusted": True, "created_at": unit.at}
            unit.connection.execute(insert(tables.projects).values(values))

        await database.write(work)

    with pytest.raises(IntegrityError, match="FOREIGN KEY"):
        await orphan()


# --- writes that are put off --------------------------------------------------------------------------


class Counting:
    """A counter of the event log that is written when somebody looks."""

    def __init__(self) -> None:
        self.pruned = 0
        self.flushed = 0
        self.written_by_others: list[str] = []

    def flush(self, connection: Connection) -> None:
        if self.pruned != self.flushed:
            pruned = update(tables.event_counter).values(pruned=self.pruned)
            connection.execute(pruned.execution_options(**PUT_OFF))
            self.flushed = self.pruned

    def written(self, table: Table) -> None:
        self.written_by_others.append(table.name)


async def test_what_is_put_off_is_written_before_anybody_looks(database: Database) -> None:
    counter = tables.event_counter
    counting = Counting()

    def work(unit: Unit) -> None:
        unit.defer(counting)
        counting.pruned = 3
        quick = select(counter.c.pruned).execution_options(**PUT_OFF)
        assert (unit.connection.execute(quick)).scalar_one() == 0
        assert (unit.connection.execute(select(counter.c.pruned))).scalar_one() == 3
        unit.connection.execute(update(counter).values(seq=7))
        counting.pruned = 5

    await database.write(work)
    assert counting.written_by_others == ["event_counter"]
    assert await database.read(bounds) == (5, 7)


async def test_what_is_put_off_is_undone_with_its_transaction(database: Database) -> None:
    async def failing() -> None:
        counting = Counting()

        def work(unit: Unit) -> None:
            unit.defer(counting)
            counting.pruned = 3
            raise BadInput

        await database.write(work)

    with pytest.raises(BadInput):
        await failing()
    assert await database.read(bounds) == (0, 0)
