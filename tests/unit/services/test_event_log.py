"""The event log: replay, then follow, without a gap or a double; a pruned cursor is an error."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chorus.bus.memory import QUEUE_EVENTS
from chorus.db.database import Database
from chorus.db.event_log import PAGE, decode_cursor, encode_cursor
from chorus.db.unit import Unit
from chorus.errors import BadInput, CursorExpired
from chorus.services.event_log import EventLog
from tests.support.events import any_event
from tests.support.services import new_database


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = new_database(tmp_path)
    yield database
    await database.close()


@pytest.fixture
def log(database: Database) -> EventLog:
    return EventLog(database)


def _emit(unit: Unit, kinds: tuple[str, ...], task: str | None) -> None:
    for kind in kinds:
        unit.emit(any_event(kind), task_id=task, source="test")


async def emit(database: Database, *kinds: str, task: str | None = None) -> None:
    await database.write(_emit, kinds, task)


# --- following ----------------------------------------------------------------------------------------


async def test_following_replays_then_goes_on(database: Database, log: EventLog) -> None:
    await emit(database, "one", "two")
    follower = log.follow(0)
    assert [(await anext(follower)).kind for _ in range(2)] == ["one", "two"]
    await emit(database, "three")
    assert (await anext(follower)).kind == "three"
    await follower.aclose()
    assert len(database.bus) == 0, "nobody follows any more"


async def test_without_a_cursor_following_begins_now(database: Database, log: EventLog) -> None:
    await emit(database, "before")
    follower = log.follow()
    following = asyncio.ensure_future(anext(follower))
    while not len(database.bus):
        await asyncio.sleep(0)
    await log.bounds()  # a look at the log that began after the follower's own
    await emit(database, "after")
    assert (await following).kind == "after"
    await follower.aclose()


async def test_following_one_task(database: Database, log: EventLog) -> None:
    follower = log.follow(0, task_id="t1")
    await emit(database, "other", task="t2")
    await emit(database, "mine", task="t1")
    assert (await anext(follower)).kind == "mine"
    await emit(database, "other", task="t2")
    await emit(database, "mine, later", task="t1")
    assert (await anext(follower)).kind == "mine, later"
    await follower.aclose()


async def test_what_is_written_while_a_follower_catches_up_comes_once(
    database: Database, log: EventLog
) -> None:
    await emit(database, *["old"] * (2 * PAGE))
    follower = log.follow(0)
    seen = [(await anext(follower)).seq]
    for _ in range(20):
        await emit(database, "new", "new")
        seen += [(await anext(follower)).seq for _ in range(50)]
    seen += [(await anext(follower)).seq for _ in range(2 * PAGE + 40 - len(seen))]
    await follower.aclose()
    assert seen == list(range(1, 2 * PAGE + 41))


async def test_a_follower_that_is_too_slow_reads_the_log_instead(database: Database, log: EventLog) -> None:
    await emit(database, "first")
    follower = log.follow(0)
    assert (await anext(follower)).seq == 1
    for _ in range(3):
        await emit(database, *["many"] * (QUEUE_EVENTS // 2))
    seen = [(await anext(follower)).seq for _ in range(3 * (QUEUE_EVENTS // 2))]
    await follower.aclose()
    assert seen == list(range(2, 3 * (QUEUE_EVENTS // 2) + 2))


async def test_a_follower_whose_events_were_pruned_is_told(database: Database, log: EventLog) -> None:
    await emit(database, "first")
    follower = log.follow(0)
    assert (await anext(follower)).seq == 1
    await emit(database, *["many"] * (QUEUE_EVENTS + 1))
    await log.prune(keep=1, keep_days=30)
    with pytest.raises(CursorExpired):
        await anext(follower)


# --- pages --------------------------------------------------------------------------------------------


async def test_pages_forward_and_back(database: Database, log: EventLog) -> None:
    for task in ("t1", "t2"):
        await emit(database, "a", "b", "c", task=task)
    assert [event.seq for event in await log.page(2, limit=2)] == [3, 4]
    assert [event.seq for event in await log.page(0, kinds=["a", "c"], task_id="t2")] == [4, 6]
    assert [event.seq for event in await log.page_back(5, limit=2)] == [3, 4]
    assert [event.seq for event in await log.page_back(7, kinds=["a"])] == [1, 4]
    assert await log.page(6) == []
    assert await log.page_back(1) == []


async def test_a_cursor_from_the_future_is_refused(log: EventLog) -> None:
    with pytest.raises(BadInput, match="ahead of this event log"):
        await log.page(5)


def test_cursors_are_opaque_and_checked() -> None:
    assert decode_cursor(encode_cursor(17)) == 17
    for wrong in ("", "17", "e", "e-1", "e1x", "e١", f"e{10**18}"):
        with pytest.raises(BadInput, match="is not a cursor"):
            decode_cursor(wrong)


# --- pruning ------------------------------------------------------------------------------------------


async def test_a_pruned_cursor_says_so_and_the_way_back(database: Database, log: EventLog) -> None:
    await emit(database, *["x"] * 10)
    assert await log.prune(keep=4, keep_days=30) == 6
    with pytest.raises(CursorExpired) as found:
        await log.page(3)
    assert found.value.details == {"oldest": encode_cursor(6), "newest": encode_cursor(10)}
    assert [event.seq for event in await log.page(6)] == [7, 8, 9, 10]
    assert [event.seq for event in await log.page_back(9)] == [7, 8]
    assert await log.bounds() == (6, 10)
    assert await log.prune(keep=4, keep_days=30) == 0


async def test_old_events_go_by_age(database: Database, log: EventLog) -> None:
    await emit(database, "x", "x")
    assert await log.prune(keep=1000, keep_days=0) == 2
    await emit(database, "y")
    assert [event.seq for event in await log.page(2)] == [3], "the count goes on"
    with pytest.raises(CursorExpired):
        await log.page(0)
