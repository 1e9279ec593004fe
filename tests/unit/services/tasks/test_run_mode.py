"""Run modes: an agent goes on headless instead of in a terminal, or the other way."""

from __future__ import annotations

from pathlib import Path

import pytest

from chorus.errors import Conflict, Unavailable
from chorus.model import AgentStatus, RunMode, TaskStatus, Wait
from chorus.settings import LimitSettings
from tests.support.fake_agents import FakeAgent
from tests.support.services import ACTOR, services


async def test_an_idle_agent_goes_on_in_the_other_mode(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        old = await core.run(task.id)
        switched = await core.services.run_modes.switch(task.id, RunMode.HEADLESS, actor=ACTOR)
        new = await core.run(task.id)
        assert (switched.run_mode, switched.current_run_id) == (RunMode.HEADLESS, new.id)
        assert (new.mode, new.resumed_from) == (RunMode.HEADLESS, old.id)
        stop, start = await core.commands()
        assert (stop.kind, start.kind) == ("stop", "start")
        assert stop.payload["settle"] is True  # what it is doing is written down first
        *_, event = await core.events("task.updated", task.id)
        assert event.data["fields"] == ["runMode"]


async def test_in_the_mode_already_there_is_nothing_to_do(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        assert await core.services.run_modes.switch(task.id, RunMode.INTERACTIVE, actor=ACTOR) == task
        assert await core.commands() == []


async def test_an_agent_at_work_is_interrupted_only_when_that_is_said(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await core.seen(task.id, AgentStatus.EDITING, "Editing a.py")
        with pytest.raises(Conflict, match=r"at work \(Editing a.py\): to go on headless") as refused:
            await core.services.run_modes.switch(task.id, RunMode.HEADLESS, actor=ACTOR)
        assert refused.value.details["agentStatus"] == "EDITING"
        assert (await core.task(task.id)).run_mode is RunMode.INTERACTIVE
        await core.services.run_modes.switch(task.id, RunMode.HEADLESS, actor=ACTOR, interrupt=True)
        assert [one.kind for one in await core.commands()] == ["interrupt", "stop", "start"]


async def test_one_that_is_just_being_started_is_left_alone(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.started()
        with pytest.raises(Conflict, match="just being started"):
            await core.services.run_modes.switch(task.id, RunMode.HEADLESS, actor=ACTOR)


async def test_a_stopped_agent_is_started_in_the_new_mode(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await core.ended(task.id)
        await core.services.run_modes.switch(task.id, RunMode.HEADLESS, actor=ACTOR)
        assert (await core.run(task.id)).mode is RunMode.HEADLESS
        assert await core.commands("stop") == []


async def test_a_parked_task_goes_on_with_it(tmp_path: Path) -> None:
    async with services(tmp_path, limits=LimitSettings(restarts=1)) as core:
        task = await core.running()
        await core.ended(task.id, None, "SIGSEGV")
        assert (await core.task(task.id)).waits is Wait.RESTART
        switched = await core.services.run_modes.switch(task.id, RunMode.HEADLESS, actor=ACTOR)
        assert (switched.status, switched.waits) == (TaskStatus.RUNNING, None)


@pytest.mark.parametrize(
    ("agent", "why"),
    [
        (FakeAgent(headless=False), "only runs in a terminal"),
        (FakeAgent(resumes=False), "cannot resume a conversation"),
    ],
    ids=["terminal only", "no conversations"],
)
async def test_an_agent_that_cannot_is_not_switched(tmp_path: Path, agent: FakeAgent, why: str) -> None:
    async with services(tmp_path, agents=[agent]) as core:
        task = await core.running()
        assert core.services.run_modes.modes(task) == []
        with pytest.raises(Conflict, match=why):
            await core.services.run_modes.switch(task.id, RunMode.HEADLESS, actor=ACTOR)


async def test_the_modes_it_can_be_switched_to_depend_on_the_task(tmp_path: Path) -> None:
    async with services(tmp_path, limits=LimitSettings(agents=1)) as core:
        modes = core.services.run_modes.modes
        assert modes(await core.new()) == []
        assert modes(await core.running()) == [RunMode.HEADLESS]
        assert modes(await core.started()) == []  # it waits to be started


async def test_a_closed_task_is_changed_where_its_fields_are(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.new()
        with pytest.raises(Conflict, match=r"PENDING has no agent to take over; .*updateTask\(runMode\)"):
            await core.services.run_modes.switch(task.id, RunMode.HEADLESS, actor=ACTOR)


async def test_an_agent_that_cannot_be_started_is_not_ended_first(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        core.host.refuses = Unavailable("There is no such program.")
        with pytest.raises(Unavailable):
            await core.services.run_modes.switch(task.id, RunMode.HEADLESS, actor=ACTOR)
        assert (await core.task(task.id)).run_mode is RunMode.INTERACTIVE
        assert await core.commands() == []
