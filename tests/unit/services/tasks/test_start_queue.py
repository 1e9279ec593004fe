"""The start queue as people change it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from chorus.errors import Conflict
from chorus.model import TaskStatus
from chorus.settings import LimitSettings
from tests.support.services import ACTOR, Core, services


@asynccontextmanager
async def queue(folder: Path, **priorities: int) -> AsyncIterator[tuple[Core, dict[str, str]]]:
    """Have tasks with these titles and priorities wait behind one that runs; their ids by title."""
    async with services(folder, limits=LimitSettings(agents=1)) as core:
        ids = {"running": (await core.running("running")).id}
        for title, priority in priorities.items():
            ids[title] = (await core.started(title, priority=priority)).id
        yield core, ids


async def order(core: Core) -> list[tuple[str, int]]:
    """Return the titles and priorities of what waits, the next one first."""
    return [(task.title, task.priority) for task in await core.services.start_queue.list()]


async def test_a_task_is_moved_before_another_one(tmp_path: Path) -> None:
    async with queue(tmp_path, a=0, b=0, c=0) as (core, ids):
        await core.services.start_queue.move(ids["c"], ids["a"], actor=ACTOR)
        assert await order(core) == [("c", 0), ("a", 0), ("b", 0)]
        await core.services.start_queue.move(ids["c"], None, actor=ACTOR)
        assert await order(core) == [("a", 0), ("b", 0), ("c", 0)]


@pytest.mark.parametrize(
    ("moved", "before", "wanted"),
    [
        ("low", "high", [("low", 9), ("high", 9), ("middle", 5)]),
        ("low", "middle", [("high", 9), ("low", 5), ("middle", 5)]),
        ("high", None, [("middle", 5), ("low", 0), ("high", 0)]),
        ("high", "low", [("middle", 5), ("high", 5), ("low", 0)]),
        ("middle", "middle", [("high", 9), ("middle", 5), ("low", 0)]),
    ],
)
async def test_it_takes_over_the_priority_it_needs_there(
    tmp_path: Path, moved: str, before: str | None, wanted: list[tuple[str, int]]
) -> None:
    async with queue(tmp_path, high=9, middle=5, low=0) as (core, ids):
        await core.services.start_queue.move(ids[moved], before and ids[before], actor=ACTOR)
        assert await order(core) == wanted


async def test_the_event_says_what_a_move_has_changed(tmp_path: Path) -> None:
    async with queue(tmp_path, high=9, low=0) as (core, ids):
        await core.services.start_queue.move(ids["low"], ids["high"], actor=ACTOR)
        *_, event = await core.events("task.updated", ids["low"])
        assert (event.source, event.data["fields"]) == (ACTOR, ["startOrder", "priority"])


async def test_what_is_first_then_is_started_first(tmp_path: Path) -> None:
    async with queue(tmp_path, a=0, b=0) as (core, ids):
        await core.services.start_queue.move(ids["b"], ids["a"], actor=ACTOR)
        await core.ended(ids["running"])
        assert (await core.task(ids["b"])).status is TaskStatus.RUNNING
        assert await order(core) == [("a", 0)]


async def test_only_what_waits_is_moved_and_only_before_what_waits(tmp_path: Path) -> None:
    async with queue(tmp_path, a=0) as (core, ids):
        with pytest.raises(Conflict, match="RUNNING and does not wait to be started"):
            await core.services.start_queue.move(ids["running"], ids["a"], actor=ACTOR)
        with pytest.raises(Conflict, match="RUNNING and does not wait to be started"):
            await core.services.start_queue.move(ids["a"], ids["running"], actor=ACTOR)
        with pytest.raises(Conflict, match="does not wait to be started"):
            await core.services.start_queue.unqueue(ids["running"], actor=ACTOR)


async def test_what_never_ran_is_pending_again(tmp_path: Path) -> None:
    async with queue(tmp_path, a=0) as (core, ids):
        task = await core.services.start_queue.unqueue(ids["a"], actor=ACTOR)
        assert (task.status, task.waits, task.start_order) == (TaskStatus.PENDING, None, None)
        await core.ended(ids["running"])
        assert (await core.task(ids["a"])).status is TaskStatus.PENDING


async def test_what_ran_before_is_running_again_and_keeps_its_messages(tmp_path: Path) -> None:
    async with services(tmp_path, limits=LimitSettings(agents=1)) as core:
        first = await core.running("first")
        await core.ended(first.id)
        await core.running("second")
        await core.services.agents.send(first.id, "go on", actor=ACTOR)
        task = await core.services.start_queue.unqueue(first.id, actor=ACTOR)
        assert task.status is TaskStatus.RUNNING
        assert [message.text for message in await core.messages(first.id)] == ["first", "go on"]
