"""The record: migrations, transactions, the event log."""

from __future__ import annotations

import asyncio
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

from chorus.bus.memory import QUEUE_EVENTS, MemoryBus
from chorus.db import migrate, tables
from chorus.db.database import Database
from chorus.db.engine import create_engine
from chorus.db.event_log import EventLog, encode_cursor
from chorus.db.unit import PUT_OFF, Unit
from chorus.errors import BadInput, Busy, Conflict, CursorExpired, Unavailable


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chorus.db"


@pytest.fixture
async def database(path: Path) -> AsyncIterator[Database]:
    database = Database(create_engine(f"sqlite:///{path}"), MemoryBus())
    migrate.upgrade(database.engine)
    yield database
    await database.close()


async def emit(database: Database, *kinds: str, task: str | None = None) -> None:
    def work(unit: Unit) -> None:
        for kind in kinds:
            unit.emit(kind, task, "test", {})

    await database.write(work)


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


# --- transactions -----------------------------------------------------------------------------------


async def test_events_leave_only_after_the_commit(database: Database) -> None:
    async def fail() -> None:
        def work(unit: Unit) -> None:
            unit.emit("never", None, "test", {})
            raise RuntimeError

        await database.write(work)

    with database.bus.subscription() as subscriber:
        with pytest.raises(RuntimeError):
            await fail()
        await emit(database, "first")
        assert [event.kind for event in await subscriber.take()] == ["first"]
    assert (await EventLog(database).bounds()) == (0, 1), "a rolled-back event leaves no gap"


async def test_writers_at_once_leave_no_gap(database: Database) -> None:
    await asyncio.gather(*(emit(database, f"a{number}", f"b{number}") for number in range(50)))
    events = await EventLog(database).page(0)
    assert [event.seq for event in events] == list(range(1, 101))
    assert [one.kind[1:] for one in events[::2]] == [one.kind[1:] for one in events[1::2]]


async def test_another_program_that_holds_the_lock_is_named_busy(
    database: Database, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chorus.db.engine._PRAGMAS", ("PRAGMA busy_timeout=50",))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    impatient = Database(create_engine(f"sqlite:///{path}"), MemoryBus())
    with pytest.raises(Busy, match="locked by another program"):
        await emit(impatient, "x")
    other.execute("ROLLBACK")
    other.close()
    await emit(impatient, "x")
    await impatient.close()


# --- the log ------------------------------------------------------------------------------------------


async def test_following_replays_then_goes_on(database: Database) -> None:
    await emit(database, "one", "two")
    log = EventLog(database)
    seen = []
    follower = log.follow(0)
    async with asyncio.timeout(45):
        async for event in follower:
            seen.append(event.kind)
            if event.kind == "two":
                await emit(database, "three")
            if event.kind == "three":
                break
    await follower.aclose()
    assert seen == ["one", "two", "three"]
    assert len(database.bus) == 0


async def test_following_one_task(database: Database) -> None:
    log = EventLog(database)
    follower = log.follow(0, task_id="t1")
    await emit(database, "other", task="t2")
    await emit(database, "mine", task="t1")
    async with asyncio.timeout(45):
        assert (await anext(follower)).kind == "mine"
    await follower.aclose()


async def test_a_follower_that_is_too_slow_reads_the_log_instead(database: Database) -> None:
    await emit(database, "first")
    follower = EventLog(database).follow(0)
    async with asyncio.timeout(30):
        assert (await anext(follower)).seq == 1
        for _ in range(3):
            await emit(database, *["many"] * (QUEUE_EVENTS // 2))
        seen = [(await anext(follower)).seq for _ in range(3 * (QUEUE_EVENTS // 2))]
    await follower.aclose()
    assert seen == list(range(2, 3 * (QUEUE_EVENTS // 2) + 2))


async def test_a_pruned_cursor_says_so_and_the_way_back(database: Database) -> None:
    await emit(database, *["x"] * 10)
    log = EventLog(database)
    assert await log.prune(keep=4, keep_days=30) == 6
    with pytest.raises(CursorExpired) as found:
        await log.page(3)
    assert found.value.details == {"oldest": encode_cursor(6), "newest": encode_cursor(10)}
    assert [event.seq for event in await log.page(6)] == [7, 8, 9, 10]
    assert await log.prune(keep=4, keep_days=30) == 0


async def test_old_events_go_by_age(database: Database) -> None:
    await emit(database, "x", "x")
    assert await EventLog(database).prune(keep=1000, keep_days=0) == 2
    await emit(database, "y")
    assert [event.seq for event in await EventLog(database).page(2)] == [3]


async def test_a_cursor_from_the_future_is_refused(database: Database) -> None:
    with pytest.raises(BadInput, match="ahead of this event log"):
        await EventLog(database).page(5)


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
    assert await EventLog(database).bounds() == (5, 7)


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
    assert await EventLog(database).bounds() == (0, 0)
