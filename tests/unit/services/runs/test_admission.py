"""Admission: starts beyond the limits wait for their turn."""

from __future__ import annotations

from pathlib import Path

import pytest

from chorus.db import tasks
from chorus.db.unit import Unit
from chorus.model import Task, TaskStatus, Wait
from chorus.services.runs import admission
from chorus.settings import LimitSettings
from tests.support.services import ACTOR, Core, services

ONE = LimitSettings(agents=1)


async def waiting(core: Core) -> list[str]:
    """Return the titles of what waits to be started, the next one first."""
    return [task.title for task in await core.services.start_queue.list()]


async def status(core: Core, task: Task) -> TaskStatus:
    """Return the task's status as it is now."""
    return (await core.task(task.id)).status


async def test_a_start_beyond_the_limit_waits_for_a_free_place(tmp_path: Path) -> None:
    async with services(tmp_path, limits=ONE) as core:
        first, second = await core.running("first"), await core.started("second")
        assert (second.status, second.waits) == (TaskStatus.WAITING, Wait.START)
        assert second.waiting_for == "a free place: 1 of 1 agents are running"
        assert await core.commands("start", second.id) == []
        await core.ended(first.id)
        assert await status(core, second) is TaskStatus.RUNNING
        assert [one.kind for one in await core.commands(task_id=second.id)] == ["start"]


async def test_it_is_started_with_what_it_was_to_be_started_with(tmp_path: Path) -> None:
    async with services(tmp_path, limits=ONE) as core:
        first, second = await core.running(), await core.new("second")
        await core.services.starter.start(second.id, actor=ACTOR, prompt="Fix it")
        await core.ended(first.id)
        assert (await core.run(second.id)).prompt == "Fix it"
        assert [message.text for message in await core.messages(second.id)] == ["Fix it"]


async def test_the_most_important_is_started_first_then_who_came_first(tmp_path: Path) -> None:
    async with services(tmp_path, limits=ONE) as core:
        first = await core.running("first")
        for title, priority in (("a", 0), ("b", 5), ("c", 0), ("d", 5)):
            await core.started(title, priority=priority)
        assert await waiting(core) == ["b", "d", "a", "c"]
        await core.ended(first.id)
        assert await waiting(core) == ["d", "a", "c"]


async def test_what_fits_is_not_kept_back_by_what_does_not(tmp_path: Path) -> None:
    async with services(tmp_path, limits=LimitSettings(agents=2, per_project=1)) as core:
        await core.running("first")
        await core.started("second")
        other = await core.services.projects.add("/other", "other")
        third = await core.started("third", project_id=other.id)
        assert third.status is TaskStatus.RUNNING
        assert await waiting(core) == ["second"]


async def test_each_project_has_its_own_limit(tmp_path: Path) -> None:
    async with services(tmp_path, limits=LimitSettings(per_project=1)) as core:
        other = await core.services.projects.add("/other", "other")
        await core.running("first")
        second = await core.started("second")
        third = await core.started("third", project_id=other.id)
        assert second.waiting_for == "a free place in its project: 1 of 1 agents are running"
        assert third.status is TaskStatus.RUNNING


async def test_a_start_waits_for_memory_but_one_may_always_run(tmp_path: Path) -> None:
    async with services(tmp_path, limits=LimitSettings(min_free_memory_mb=500)) as core:
        await core.services.control.measured(core.host_id, 100)
        first, second = await core.started("first"), await core.started("second")
        assert first.status is TaskStatus.RUNNING
        assert second.waiting_for is not None
        assert second.waiting_for.startswith("memory: ")
        await core.services.control.measured(core.host_id, 4000)
        assert await status(core, second) is TaskStatus.RUNNING


async def test_what_was_started_just_now_counts_as_memory_that_is_taken(tmp_path: Path) -> None:
    async with services(tmp_path, limits=LimitSettings(min_free_memory_mb=500)) as core:
        await core.services.control.measured(core.host_id, 900)
        started = [await core.started(str(number)) for number in range(3)]
        assert [one.status for one in started] == [TaskStatus.RUNNING] * 2 + [TaskStatus.WAITING]


async def test_nobody_overtakes_what_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Room that has come unnoticed is given to who waits, and not to who comes now."""
    async with services(tmp_path, limits=LimitSettings(min_free_memory_mb=500)) as core:
        await core.services.control.measured(core.host_id, 900)
        await core.started("first")
        await core.started("second")
        third = await core.started("third")
        await core.services.control.measured(core.host_id, 600)  # with what those two are going to take
        assert await waiting(core) == ["third"]
        monkeypatch.setattr(admission, "SETTLES", 0.0)  # they have taken it
        fourth = await core.started("fourth")
        assert await status(core, third) is TaskStatus.RUNNING
        assert fourth.status is TaskStatus.WAITING


async def test_a_start_that_is_rolled_back_takes_no_memory(tmp_path: Path) -> None:
    async with services(tmp_path, limits=LimitSettings(min_free_memory_mb=500)) as core:
        await core.services.control.measured(core.host_id, 900)
        await core.running("first")
        second = await core.new("second")

        def fail(unit: Unit) -> None:
            core.services.starter._start(unit, second.id, ACTOR, None)
            raise RuntimeError("no commit")

        for _ in range(3):
            with pytest.raises(RuntimeError):
                await core.database.write(fail)
        assert (await core.services.starter.start(second.id, actor=ACTOR)).status is TaskStatus.RUNNING


async def test_without_limits_all_are_started(tmp_path: Path) -> None:
    async with services(tmp_path, limits=LimitSettings(agents=0, min_free_memory_mb=0)) as core:
        await core.services.control.measured(core.host_id, 1)
        started = [await core.started(str(number)) for number in range(5)]
        assert {one.status for one in started} == {TaskStatus.RUNNING}


async def test_an_agent_that_is_restarted_keeps_its_place(tmp_path: Path) -> None:
    async with services(tmp_path, limits=ONE) as core:
        first, second = await core.running(), await core.started()
        await core.services.agents.restart(first.id, actor=ACTOR)
        assert await status(core, first) is TaskStatus.RUNNING
        assert await status(core, second) is TaskStatus.WAITING


async def test_a_message_to_a_stopped_agent_waits_for_a_place_too(tmp_path: Path) -> None:
    async with services(tmp_path, limits=ONE) as core:
        first = await core.running("first")
        await core.ended(first.id)
        second = await core.running("second")
        await core.services.agents.send(first.id, "go on", actor=ACTOR)
        assert (await core.task(first.id)).waits is Wait.START
        await core.ended(second.id)
        assert await status(core, first) is TaskStatus.RUNNING
        assert (await core.run(first.id)).prompt == "go on"


async def test_what_has_no_agent_any_more_says_so_and_keeps_back_no_other(tmp_path: Path) -> None:
    async with services(tmp_path, limits=ONE) as core:
        first = await core.running("first")
        second, third = await core.started("second"), await core.started("third")

        def rename(unit: Unit) -> None:
            tasks.update(unit.connection, second.id, agent="gone")

        await core.database.write(rename)
        await core.ended(first.id)
        found = await core.task(second.id)
        assert found.waiting_for == "its agent gone, which is not configured"
        assert await status(core, third) is TaskStatus.RUNNING


async def test_the_queue_outlives_the_server(tmp_path: Path) -> None:
    async with services(tmp_path, limits=ONE) as core:
        first, second = await core.running("first"), await core.started("second")
    async with services(tmp_path, limits=ONE) as core:
        assert await waiting(core) == ["second"]
        await core.ended(first.id)
        assert await status(core, second) is TaskStatus.RUNNING
