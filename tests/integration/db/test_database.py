"""The record: migrations, and writes that are put off."""

from __future__ import annotations

import hashlib
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert
from sqlalchemy.exc import IntegrityError

from chorus.bus.memory import MemoryBus
from chorus.db import migrate, tables
from chorus.db.database import Database
from chorus.db.engine import create_engine
from chorus.db.unit import Unit
from chorus.errors import Conflict, Unavailable


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
    assert ScriptDirectory.from_config(migrate._config()).get_heads() == [migrate.REVISION]


def test_a_server_whose_schema_is_right_starts_without_alembic(database: Database, path: Path) -> None:
    program = (
        "import sys; from chorus.db import migrate; from chorus.db.engine import create_engine; "
        f"migrate.prepare(create_engine('sqlite:///{path}')); assert 'alembic' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


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
