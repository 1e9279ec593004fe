"""Scheduler: parked tasks go on by themselves when their moment has come."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chorus.db import tasks
from chorus.db.unit import Unit
from chorus.model import AgentStatus, PromptAccepted, Task, TaskStatus, TurnFailed, Wait
from chorus.settings import LimitSettings
from tests.support.fake_agents import FakeAgent
from tests.support.services import ACTOR, Core, services


async def limited(core: Core, task: Task, *, seconds: float = 3600) -> Task:
    """Have the task's agent reach a usage limit that resets in so many seconds."""
    resets_at = (datetime.now(UTC) + timedelta(seconds=seconds)).timestamp()
    await core.seen(task.id, AgentStatus.THINKING)
    await core.told(task.id, TurnFailed("rate_limit", "too much", resets_at))
    return await core.task(task.id)


async def due(core: Core, *parked: Task) -> None:
    """Have the moment come for which these tasks wait."""

    def move(unit: Unit) -> None:
        for task in parked:
            tasks.update(unit.connection, task.id, wait_until=unit.at - timedelta(seconds=1))

    await core.database.write(move)


async def deliveries(core: Core) -> list[str]:
    """Return what agents are to be told, in order."""
    return [one.payload["text"] for one in await core.commands("deliver")]


async def test_a_usage_limit_parks_the_task_until_it_resets(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await limited(core, await core.running())
        assert (task.status, task.waits) == (TaskStatus.WAITING, Wait.LIMIT)
        assert task.wait_until is not None
        assert timedelta(minutes=59) < task.wait_until - datetime.now(UTC) < timedelta(minutes=61)
        assert await core.services.scheduler.resume_due() > 0
        assert (await core.task(task.id)).status is TaskStatus.WAITING


async def test_a_limit_without_a_time_is_tried_again(tmp_path: Path) -> None:
    async with services(tmp_path, limits=LimitSettings(usage_retry_minutes=7)) as core:
        task = await core.running()
        await core.told(task.id, TurnFailed("rate_limit"))
        found = await core.task(task.id)
        assert found.wait_until is not None
        assert timedelta(minutes=6) < found.wait_until - datetime.now(UTC) <= timedelta(minutes=7)


async def test_a_limit_without_a_time_may_be_left_to_a_person(tmp_path: Path) -> None:
    async with services(tmp_path, limits=LimitSettings(usage_retry_minutes=0)) as core:
        task = await core.running()
        await core.told(task.id, TurnFailed("rate_limit"))
        assert (await core.task(task.id)).status is TaskStatus.RUNNING


async def test_another_error_parks_nothing(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await core.told(task.id, TurnFailed("overloaded"))
        assert (await core.task(task.id)).status is TaskStatus.RUNNING


async def test_it_goes_on_with_a_word_to_continue(tmp_path: Path) -> None:
    async with services(tmp_path, limits=LimitSettings(continue_prompt="carry on")) as core:
        task = await limited(core, await core.running())
        await due(core, task)
        await core.services.scheduler.resume_due()
        found = await core.task(task.id)
        assert (found.status, found.waits, found.wait_until) == (TaskStatus.RUNNING, None, None)
        assert await deliveries(core) == ["carry on"]


async def test_it_goes_on_with_what_is_queued_instead(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await limited(core, await core.running())
        await core.services.agents.send(task.id, "do this", actor=ACTOR)
        assert await deliveries(core) == []
        await due(core, task)
        await core.services.scheduler.resume_due()
        assert await deliveries(core) == ["do this"]


async def test_starting_it_has_it_go_on_at_once(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await limited(core, await core.running())
        started = await core.services.starter.start(task.id, actor=ACTOR, prompt="now")
        assert started.status is TaskStatus.RUNNING
        assert await deliveries(core) == ["now"]


async def test_a_prompt_in_its_terminal_has_it_go_on(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await limited(core, await core.running())
        await core.told(task.id, PromptAccepted("typed by hand"))
        assert (await core.task(task.id)).status is TaskStatus.RUNNING
        assert await deliveries(core) == []


async def test_one_whose_agent_has_ended_resumes_its_conversation(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await limited(core, await core.running())
        before = await core.run(task.id)
        await core.ended(task.id)
        await due(core, task)
        await core.services.scheduler.resume_due()
        run = await core.run(task.id)
        assert (run.resumed_from, run.agent_session_id) == (before.id, before.agent_session_id)


async def test_the_most_important_goes_on_first(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        parked = [
            await limited(core, await core.running(title, priority=priority))
            for title, priority in (("low", 0), ("high", 9), ("middle", 5))
        ]
        await due(core, *parked)
        await core.services.scheduler.resume_due()
        assert [one.task.title for one in await core.commands("deliver")] == ["high", "middle", "low"]


async def test_one_that_cannot_go_on_says_why_and_keeps_back_no_other(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        stuck = await limited(core, await core.running("stuck", priority=9))
        other = await limited(core, await core.running("other"))

        def rename(unit: Unit) -> None:
            tasks.update(unit.connection, stuck.id, agent="gone")

        await core.database.write(rename)
        await due(core, stuck, other)
        await core.services.scheduler.resume_due()
        found = await core.task(stuck.id)
        assert found.status is TaskStatus.WAITING
        assert found.waiting_for is not None
        assert "'gone'" in found.waiting_for
        assert (await core.task(other.id)).status is TaskStatus.RUNNING
        told = await core.events("task.updated", stuck.id)
        await core.services.scheduler.resume_due()
        assert await core.events("task.updated", stuck.id) == told  # the same reason is told once


async def test_the_next_look_is_when_the_next_one_is_due(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        await limited(core, await core.running(), seconds=30)
        assert 20 < await core.services.scheduler.resume_due() <= 32


async def test_one_that_is_parked_while_it_sleeps_is_seen(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        running = asyncio.create_task(core.services.scheduler.run())
        task = await limited(core, await core.running())

        def soon(unit: Unit) -> None:
            task_now = tasks.get(unit.connection, task.id)
            core.services.scheduler.resumed(unit, task_now, ACTOR)
            at = unit.at + timedelta(milliseconds=20)
            core.services.scheduler.park(
                unit, tasks.get(unit.connection, task.id), Wait.LIMIT, at, "why", ACTOR
            )

        with core.database.bus.subscription() as subscriber:
            await core.database.write(soon)
            while (await core.task(task.id)).status is TaskStatus.WAITING:
                await subscriber.take()
        running.cancel()


async def test_an_agent_that_never_took_up_its_prompt_is_given_that_one_again(tmp_path: Path) -> None:
    limits = LimitSettings(restarts=3)
    async with services(tmp_path, limits=limits, agents=[FakeAgent(confirms_prompts=True)]) as core:
        task = await core.started("Fix it")
        await core.up(task.id)
        await core.ended(task.id, None, "SIGKILL")
        await due(core, task)
        await core.services.scheduler.resume_due()
        run = await core.run(task.id)
        assert run.prompt == "Fix it"
        assert [message.text for message in await core.messages(task.id)] == ["Fix it"]
