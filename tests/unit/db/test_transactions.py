"""Transactions: shared commits, callbacks, errors, and the threads on which they run."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import IntegrityError

from chorus.bus.memory import MemoryBus
from chorus.db.database import SHARED, Database
from chorus.db.engine import READERS, create_engine
from chorus.db.unit import Unit
from chorus.errors import BadInput, Busy, Unavailable
from tests.support.database import failing_commits, share_commit
from tests.support.events import any_event
from tests.support.services import new_database


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = new_database(tmp_path)
    await database.write(lambda unit: unit.connection.execute(text("CREATE TABLE notes (name TEXT UNIQUE)")))
    yield database
    await database.close()


def note(unit: Unit, name: str) -> str:
    """Write a row and an event."""
    unit.connection.execute(text("INSERT INTO notes VALUES (:name)"), {"name": name})
    unit.emit(any_event("note", name=name), task_id=None, source="test")
    return name.upper()


def note_then_fail(unit: Unit, name: str) -> None:
    note(unit, name)
    raise BadInput(f"{name} is bad")


def names(connection: Connection) -> list[str]:
    return list(connection.execute(text("SELECT name FROM notes ORDER BY rowid")).scalars())


def log_of(connection: Connection) -> list[tuple[int, str]]:
    query = text("SELECT seq, json_extract(data, '$.name') FROM events ORDER BY seq")
    return [(seq, name) for seq, name in connection.execute(query)]


@pytest.fixture
def commits(database: Database) -> list[Connection]:
    """The commits of the database, one entry for each."""
    found: list[Connection] = []
    event.listen(database.engine, "commit", found.append)
    return found


# --- results and errors -------------------------------------------------------------------------------


async def test_a_result_comes_after_the_commit(database: Database) -> None:
    other = sqlite3.connect(str(database.engine.url.database))
    assert await database.write(note, "one") == "ONE"
    assert other.execute("SELECT name FROM notes").fetchall() == [("one",)], "another connection sees it"
    other.close()
    assert await database.read(names) == ["one"]


async def test_an_error_rolls_back_all_that_the_function_did(database: Database) -> None:
    with database.bus.subscription() as subscriber:
        with pytest.raises(BadInput, match="one is bad"):
            await database.write(note_then_fail, "one")
        await database.write(note, "two")
        assert [event.data["name"] for event in await subscriber.take()] == ["two"]
    assert await database.read(names) == ["two"]
    assert await database.read(log_of) == [(1, "two")], "no gap is left in the log"


async def test_an_error_of_a_read_is_told_and_frees_its_connection(database: Database) -> None:
    def fail(connection: Connection) -> None:
        raise BadInput

    for _ in range(2 * READERS):
        with pytest.raises(BadInput):
            await database.read(fail)
    assert await database.read(names) == []


async def test_a_commit_that_fails_is_an_error_and_leaves_nothing(database: Database) -> None:
    with database.bus.subscription() as subscriber:
        async with failing_commits(database, "INSERT ON notes"):
            with pytest.raises(IntegrityError):
                await database.write(note, "one")
        await database.write(note, "two")
        assert [event.seq for event in await subscriber.take()] == [1]
    assert await database.read(names) == ["two"]


# --- shared commits -----------------------------------------------------------------------------------


async def test_writes_that_wait_together_share_a_commit(
    database: Database, commits: list[Connection]
) -> None:
    results = await share_commit(database, *(database.write(note, f"{number}") for number in range(20)))
    assert results == [f"{number}" for number in range(20)]
    assert len(commits) == 2, "one of them is of the write that held the writer up"
    assert await database.read(names) == results


async def test_a_shared_commit_has_a_limit(database: Database, commits: list[Connection]) -> None:
    await share_commit(database, *(database.write(note, f"{number}") for number in range(2 * SHARED + 1)))
    assert len(commits) == 1 + 3
    assert len(await database.read(names)) == 2 * SHARED + 1


async def test_a_write_that_fails_takes_no_other_with_it(
    database: Database, commits: list[Connection]
) -> None:
    with database.bus.subscription() as subscriber:
        results = await share_commit(
            database,
            database.write(note, "one"),
            database.write(note_then_fail, "two"),
            database.write(note, "one"),  # breaks a constraint
            database.write(note, "three"),
        )
        assert [event.data["name"] for event in await subscriber.take()] == ["one", "three"]
    assert [type(result) for result in results] == [str, BadInput, IntegrityError, str]
    assert len(commits) == 2
    assert await database.read(names) == ["one", "three"]
    assert await database.read(log_of) == [(1, "one"), (2, "three")]


async def test_a_shared_commit_that_fails_fails_for_each(database: Database) -> None:
    async with failing_commits(database, "INSERT ON notes WHEN NEW.name = 'doomed'"):
        results = await share_commit(
            database,
            database.write(note, "one"),
            database.write(note_then_fail, "two"),
            database.write(note, "doomed"),
        )
    assert [type(result) for result in results] == [IntegrityError, BadInput, IntegrityError]
    assert await database.read(names) == []
    assert await database.read(log_of) == []


async def test_a_database_that_rolls_back_by_itself_fails_for_each(database: Database) -> None:
    def roll_back(unit: Unit) -> None:
        unit.connection.execute(text("INSERT OR ROLLBACK INTO notes VALUES ('one')"))

    writes = (database.write(note, "one"), database.write(roll_back), database.write(note, "three"))
    results = await share_commit(database, *writes)
    assert all(isinstance(result, Exception) for result in results)
    assert await database.read(names) == []
    assert await database.write(note, "one") == "ONE", "the connection is as good as new"


# --- events and callbacks -----------------------------------------------------------------------------


async def test_events_are_published_in_the_order_of_the_log(database: Database) -> None:
    def two(unit: Unit, number: int) -> None:
        note(unit, f"{number}a")
        note(unit, f"{number}b")
        if number % 5 == 0:
            raise BadInput

    with database.bus.subscription() as subscriber:
        writes = (database.write(two, number) for number in range(40))
        await asyncio.gather(*writes, return_exceptions=True)
        published = [(event.seq, event.data["name"]) for event in await subscriber.take()]
    assert published == await database.read(log_of)
    assert [seq for seq, _ in published] == list(range(1, 65))


async def test_on_commit_is_called_on_the_loop_before_the_caller_goes_on(database: Database) -> None:
    calls: list[tuple[str, int]] = []

    def said(what: str) -> None:
        calls.append((what, threading.get_ident()))

    def work(unit: Unit) -> None:
        unit.on_rollback(lambda: said("rolled back"))
        unit.on_commit(lambda: said("committed"))
        unit.on_commit(lambda: said("committed, second"))
        said("written")

    await database.write(work)
    said("went on")
    here = threading.get_ident()
    assert [what for what, _ in calls] == ["written", "committed", "committed, second", "went on"]
    assert [thread == here for _, thread in calls] == [False, True, True, True]


async def test_a_subscriber_has_the_events_when_on_commit_is_called(database: Database) -> None:
    with database.bus.subscription() as subscriber:
        taking = asyncio.ensure_future(subscriber.take())
        await asyncio.sleep(0)
        waking: list[bool] = []

        def work(unit: Unit) -> None:
            note(unit, "one")
            unit.on_commit(lambda: waking.append(subscriber._ready.is_set()))

        await database.write(work)
        assert waking == [True]
        assert [event.seq for event in await taking] == [1]


async def test_on_rollback_is_called_on_the_writer_before_the_next_unit(database: Database) -> None:
    calls: list[tuple[str, int]] = []

    def said(what: str) -> None:
        calls.append((what, threading.get_ident()))

    def fail(unit: Unit) -> None:
        unit.on_commit(lambda: said("committed"))
        unit.on_rollback(lambda: said("first rolled back"))
        unit.on_rollback(lambda: said("second rolled back"))
        said("fails")
        raise BadInput

    def next_unit(unit: Unit) -> None:
        said("next")

    alone = await asyncio.gather(database.write(fail), database.write(next_unit), return_exceptions=True)
    shared = await share_commit(database, database.write(fail), database.write(next_unit))
    assert [type(result) for result in (*alone, *shared)] == [BadInput, type(None)] * 2
    order = ["fails", "second rolled back", "first rolled back", "next"]
    assert [what for what, _ in calls] == order * 2
    assert len({thread for _, thread in calls}) == 1
    assert calls[0][1] != threading.get_ident()


async def test_a_commit_that_fails_calls_on_rollback_of_each_unit_once_the_last_first(
    database: Database,
) -> None:
    calls: list[str] = []

    def work(unit: Unit, name: str, then: Callable[[Unit, str], object]) -> None:
        unit.on_rollback(partial(calls.append, name))
        unit.on_commit(partial(calls.append, f"{name} committed"))
        then(unit, name)

    async with failing_commits(database, "INSERT ON notes"):
        await share_commit(
            database,
            database.write(work, "one", note),
            database.write(work, "two", note_then_fail),
            database.write(work, "three", note),
        )
    assert calls == ["two", "three", "one"]


async def test_a_callback_that_fails_harms_nobody(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[str] = []

    def broken() -> None:
        raise RuntimeError("a bug")

    def work(unit: Unit, fails: bool) -> str:
        for on in (unit.on_commit, unit.on_rollback):
            on(broken)
            on(partial(calls.append, "called"))
            on(broken)
        if fails:
            raise BadInput
        return "done"

    assert await database.write(work, False) == "done"
    with pytest.raises(BadInput):
        await database.write(work, True)
    assert await database.write(note, "one") == "ONE"
    assert calls == ["called", "called"]
    assert caplog.text.count("RuntimeError: a bug") == 4


# --- callers that are gone ------------------------------------------------------------------------------


class Held:
    """A write that stays in the middle of its transaction until it is let go on."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.begun = asyncio.Event()
        self.go_on = threading.Event()

    def __call__(self, unit: Unit, name: str) -> str:
        self._loop.call_soon_threadsafe(self.begun.set)
        assert self.go_on.wait(60)
        return note(unit, name)


async def test_a_caller_that_is_cancelled_does_not_stop_its_transaction(database: Database) -> None:
    held, calls = Held(), list[str]()

    def work(unit: Unit) -> None:
        unit.on_commit(partial(calls.append, "committed"))
        held(unit, "one")

    with database.bus.subscription() as subscriber:
        caller = asyncio.ensure_future(database.write(work))
        await held.begun.wait()
        never_begun = asyncio.ensure_future(database.write(note, "two"))
        await asyncio.sleep(0)
        caller.cancel()
        never_begun.cancel()
        await asyncio.wait({caller, never_begun})
        held.go_on.set()
        await database.write(note, "three")
        assert [event.data["name"] for event in await subscriber.take()] == ["one", "three"]
    assert calls == ["committed"]
    assert await database.read(names) == ["one", "three"], "what had not begun is not done"


def test_a_loop_that_is_closed_harms_no_later_one(tmp_path: Path) -> None:
    database = new_database(tmp_path)
    go_on = threading.Event()
    begun = threading.Event()

    def hold(unit: Unit) -> None:
        begun.set()
        assert go_on.wait(60)
        unit.emit(any_event("held"), task_id=None, source="test")

    async def leave() -> None:
        asyncio.ensure_future(database.write(hold))
        await asyncio.to_thread(begun.wait, 60)

    async def later() -> list[int]:
        await database.write(Unit.emit, any_event("later"), task_id=None, source="test")
        found = await database.read(
            lambda connection: list(connection.execute(text("SELECT seq FROM events")))
        )
        await database.close()
        return [seq for (seq,) in found]

    asyncio.run(leave())
    go_on.set()
    assert asyncio.run(later()) == [1, 2]


async def test_close_finishes_what_was_handed_over(tmp_path: Path, database: Database) -> None:
    held = Held()
    first = asyncio.ensure_future(database.write(held, "first"))
    await held.begun.wait()
    others = [asyncio.ensure_future(database.write(note, f"{number}")) for number in range(5)]
    await asyncio.sleep(0)
    closing = asyncio.ensure_future(database.close())
    await asyncio.sleep(0)
    with pytest.raises(Unavailable, match="closed"):
        await database.write(note, "too late")
    held.go_on.set()
    await closing
    assert await asyncio.gather(first, *others) == ["FIRST", *"01234"]
    again = new_database(tmp_path)
    assert await again.read(names) == ["first", *"01234"]
    await again.close()


# --- reading ------------------------------------------------------------------------------------------


async def test_a_read_sees_one_state_and_waits_for_no_writer(database: Database) -> None:
    await database.write(note, "one")
    held, loop, read_once, read_on = Held(), asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def read_twice(connection: Connection) -> tuple[list[str], list[str]]:
        before = names(connection)
        loop.call_soon_threadsafe(read_once.set)
        assert read_on.wait(60)
        return before, names(connection)

    reading = asyncio.ensure_future(database.read(read_twice))
    await read_once.wait()
    writing = asyncio.ensure_future(database.write(held, "two"))
    await held.begun.wait()
    assert await database.read(names) == ["one"], "while the writer is in a transaction"
    held.go_on.set()
    await writing
    assert await database.read(names) == ["one", "two"]
    read_on.set()
    assert await reading == (["one"], ["one"])


async def test_reads_run_at_the_same_time(database: Database) -> None:
    together = threading.Barrier(READERS, timeout=60)
    places = await asyncio.gather(*(database.read(lambda _: together.wait()) for _ in range(READERS)))
    assert sorted(places) == list(range(READERS))


# --- another program ------------------------------------------------------------------------------------


async def test_all_that_wait_for_a_locked_database_are_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chorus.db.engine._PRAGMAS", ("PRAGMA busy_timeout=50",))
    path = tmp_path / "chorus.db"
    await new_database(tmp_path).close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    database = Database(create_engine(f"sqlite:///{path}"), MemoryBus())
    handed_over, attempts = threading.Event(), list[Connection]()

    def begin(connection: Connection) -> None:
        assert handed_over.wait(60)
        attempts.append(connection)

    event.listen(database.engine, "begin", begin, insert=True)
    writes = [
        asyncio.ensure_future(database.write(Unit.emit, any_event("x"), task_id=None, source="test"))
        for _ in range(20)
    ]
    await asyncio.sleep(0)
    handed_over.set()
    results = await asyncio.gather(*writes, return_exceptions=True)
    assert [type(result) for result in results] == [Busy] * 20
    assert "locked by another program" in str(results[0])
    assert len(attempts) <= 2, "the first, and one for all that came while it waited"
    other.execute("ROLLBACK")
    other.close()
    await database.write(Unit.emit, any_event("x"), task_id=None, source="test")
    await database.close()
