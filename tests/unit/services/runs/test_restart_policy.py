"""Restart policy: agents that have crashed are started again, later each time and only so often."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from chorus.db import runs, tasks
from chorus.db.unit import Unit
from chorus.host.reports import RunEnded
from chorus.model import AgentStatus, RunEnd, Task, TaskStatus, Wait
from chorus.services.runs.restart_policy import PAUSES, WINDOW
from chorus.settings import LimitSettings
from tests.support.fake_agents import FakeAgent
from tests.support.services import ACTOR, Core, services

THREE = LimitSettings(restarts=3)


async def crash(core: Core, task: Task) -> Task:
    """Have the task's agent killed by a signal that nobody of Chorus sent."""
    await core.ended(task.id, None, "SIGSEGV")
    return await core.task(task.id)


async def start_again(core: Core, task: Task) -> None:
    """Have the moment of the restart come, and the agent started."""

    def move(unit: Unit) -> None:
        tasks.update(unit.connection, task.id, wait_until=unit.at - timedelta(seconds=1))

    await core.database.write(move)
    await core.services.scheduler.resume_due()
    await core.up(task.id)


async def test_a_crash_parks_the_task_for_a_moment(tmp_path: Path) -> None:
    async with services(tmp_path, limits=THREE) as core:
        task = await crash(core, await core.running())
        run = await core.run(task.id)
        assert (task.status, task.waits) == (TaskStatus.WAITING, Wait.RESTART)
        assert task.wait_until is not None
        assert run.ended_at is not None
        assert (task.wait_until - run.ended_at).total_seconds() == PAUSES[0]
        assert run.end_detail is not None
        assert run.end_detail.endswith("It is started again (1 of 3 within 10 minutes)")


async def test_each_restart_waits_longer_and_then_it_is_left_to_a_person(tmp_path: Path) -> None:
    async with services(tmp_path, limits=THREE) as core:
        task = await core.running()
        waits = []
        for _ in range(3):
            parked = await crash(core, task)
            run = await core.run(task.id)
            assert parked.wait_until is not None
            assert run.ended_at is not None
            waits.append((parked.wait_until - run.ended_at).total_seconds())
            await start_again(core, task)
        assert waits == list(PAUSES)
        last = await crash(core, task)
        assert (last.status, last.waits) == (TaskStatus.RUNNING, None)
        assert last.activity is not None
        assert "It has crashed 4 times within 10 minutes, and is not started again" in last.activity


async def test_crashes_of_long_ago_do_not_count(tmp_path: Path) -> None:
    async with services(tmp_path, limits=LimitSettings(restarts=1)) as core:
        task = await core.running()
        await crash(core, task)
        old = await core.run(task.id)

        def long_ago(unit: Unit) -> None:
            runs.update(unit.connection, old.id, ended_at=unit.at - WINDOW - timedelta(seconds=1))

        await core.database.write(long_ago)
        await start_again(core, task)
        assert (await crash(core, task)).waits is Wait.RESTART


async def test_it_continues_where_it_was_interrupted(tmp_path: Path) -> None:
    async with services(tmp_path, limits=THREE) as core:
        task = await core.running()
        await core.seen(task.id, AgentStatus.EDITING)
        await crash(core, task)
        await start_again(core, task)
        run = await core.run(task.id)
        assert (run.prompt, run.resumed_from is not None) == ("continue", True)


async def test_one_that_rested_is_started_without_a_word(tmp_path: Path) -> None:
    async with services(tmp_path, limits=THREE) as core:
        task = await core.running()
        await crash(core, task)
        await start_again(core, task)
        assert (await core.run(task.id)).prompt is None


async def test_an_exit_code_that_is_an_error_is_a_crash(tmp_path: Path) -> None:
    async with services(tmp_path, limits=THREE) as core:
        task = await core.running()
        await core.ended(task.id, 1)
        assert (await core.task(task.id)).waits is Wait.RESTART


@pytest.mark.parametrize("code", [0, None], ids=["finished", "terminal closed"])
async def test_what_did_not_crash_is_not_started_again(tmp_path: Path, code: int | None) -> None:
    async with services(tmp_path, limits=THREE) as core:
        task = await core.running()
        await core.ended(task.id, code)
        assert (await core.task(task.id)).status is TaskStatus.RUNNING


async def test_without_a_budget_nothing_is_started_again(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        assert (await crash(core, await core.running())).status is TaskStatus.RUNNING


async def test_what_cannot_continue_its_conversation_is_not_started_again(tmp_path: Path) -> None:
    async with services(tmp_path, limits=THREE, agents=[FakeAgent(resumes=False)]) as core:
        assert (await crash(core, await core.running())).status is TaskStatus.RUNNING


async def test_what_a_person_ended_is_not_started_again(tmp_path: Path) -> None:
    async with services(tmp_path, limits=THREE) as core:
        task = await core.running()
        old = await core.run(task.id)
        await core.services.agents.restart(task.id, actor=ACTOR)
        await core.report(RunEnded(old.id, None, "SIGKILL"))
        assert (await core.task(task.id)).status is TaskStatus.RUNNING
        assert [run.end for run in await core.services.browse.runs(task.id)] == [RunEnd.KILLED, None]


async def test_what_never_ran_has_not_crashed(tmp_path: Path) -> None:
    async with services(tmp_path, limits=THREE) as core:
        task = await core.started()
        run = await core.run(task.id)
        await core.report(RunEnded(run.id, None, None, "no such program", RunEnd.ERRORED))
        assert (await core.task(task.id)).status is TaskStatus.RUNNING
