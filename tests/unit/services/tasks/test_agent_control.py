"""What people do to the agent of a task: speak to it, interrupt it, restart it."""

from __future__ import annotations

from pathlib import Path

import pytest

from chorus.errors import BadInput, Conflict, Unavailable
from chorus.model import AgentStatus, PermissionState, TaskStatus, UsageSeen, Wait
from chorus.settings import LimitSettings
from tests.support.fake_agents import FakeAgent
from tests.support.services import ACTOR, services


async def test_the_same_message_with_the_same_key_is_sent_once(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running("first")
        sent = await core.services.agents.send(task.id, "hello", actor=ACTOR, key="k")
        assert (await core.services.agents.send(task.id, "hello", actor=ACTOR, key="k")).id == sent.id
        assert [message.text for message in await core.messages(task.id)] == ["first", "hello"]
        with pytest.raises(Conflict):
            await core.services.agents.send(task.id, "other", actor=ACTOR, key="k")


async def test_a_task_that_was_not_started_is_sent_nothing(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.new()
        with pytest.raises(Conflict, match="PENDING cannot be sent a message; you can start"):
            await core.services.agents.send(task.id, "hello", actor=ACTOR)
        with pytest.raises(BadInput):
            await core.services.agents.send(task.id, "", actor=ACTOR)
        assert await core.messages(task.id) == []


async def test_a_busy_agent_is_interrupted_and_nobody_has_to_answer_it(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        _, answer = await core.asks(task.id, "Bash", command="make")
        await core.services.agents.interrupt(task.id, actor=ACTOR)
        [command] = await core.commands("interrupt")
        assert command.actor == ACTOR
        [request] = await core.services.browse.permission_requests(task.id)
        assert request.state is PermissionState.WITHDRAWN
        assert await answer is None


async def test_an_idle_agent_is_left_alone(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await core.services.agents.interrupt(task.id, actor=ACTOR)
        assert await core.commands("interrupt") == []


async def test_an_interrupted_turn_is_over(tmp_path: Path) -> None:
    """No report tells of an Escape."""
    async with services(tmp_path) as core:
        task = await core.running()
        await core.seen(task.id, AgentStatus.EDITING)
        await core.services.agents.interrupt(task.id, actor=ACTOR)
        await core.done("interrupt", task.id)
        found = await core.task(task.id)
        assert (found.agent_status, found.activity) == (AgentStatus.IDLE, f"Interrupted by {ACTOR}")


async def test_an_agent_that_has_ended_cannot_be_interrupted(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await core.ended(task.id)
        with pytest.raises(Conflict, match="not running"):
            await core.services.agents.interrupt(task.id, actor=ACTOR)


async def test_a_restart_ends_one_process_and_begins_another(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        old = await core.run(task.id)
        restarted = await core.services.agents.restart(task.id, actor=ACTOR, prompt="again")
        new = await core.run(task.id)
        assert [one.kind for one in await core.commands()] == ["stop", "start"]
        assert (new.resumed_from, new.agent_session_id, new.prompt) == (old.id, old.agent_session_id, "again")
        assert (restarted.current_run_id, restarted.agent_status) == (new.id, AgentStatus.STARTING)


async def test_a_fresh_restart_begins_a_new_conversation(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        old = await core.run(task.id)
        await core.services.agents.restart(task.id, actor=ACTOR, fresh=True)
        new = await core.run(task.id)
        assert new.resumed_from is None
        assert new.agent_session_id != old.agent_session_id


async def test_what_cannot_resume_begins_a_new_conversation(tmp_path: Path) -> None:
    async with services(tmp_path, agents=[FakeAgent(resumes=False)]) as core:
        task = await core.running()
        await core.services.agents.restart(task.id, actor=ACTOR)
        assert (await core.run(task.id)).resumed_from is None


async def test_a_second_click_restarts_nothing(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await core.services.agents.restart(task.id, actor=ACTOR)
        await core.services.agents.restart(task.id, actor=ACTOR)
        assert len(await core.services.browse.runs(task.id)) == 2


async def test_a_restart_has_a_parked_task_go_on(tmp_path: Path) -> None:
    async with services(tmp_path, limits=LimitSettings(restarts=1)) as core:
        task = await core.running()
        await core.ended(task.id, None, "SIGSEGV")
        assert (await core.task(task.id)).waits is Wait.RESTART
        restarted = await core.services.agents.restart(task.id, actor=ACTOR)
        assert (restarted.status, restarted.waits) == (TaskStatus.RUNNING, None)


async def test_what_waits_to_be_started_is_not_restarted(tmp_path: Path) -> None:
    async with services(tmp_path, limits=LimitSettings(agents=1)) as core:
        await core.running()
        task = await core.started()
        with pytest.raises(Conflict, match="WAITING cannot have its agent restarted"):
            await core.services.agents.restart(task.id, actor=ACTOR)


async def test_a_restart_with_a_prompt_costs_and_may_be_refused(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running(budget_usd=1.0)
        await core.told(task.id, UsageSeen("m1", 10, 10, cost_usd=2.0))
        with pytest.raises(Conflict):
            await core.services.agents.restart(task.id, actor=ACTOR, prompt="more")
        await core.services.agents.restart(task.id, actor=ACTOR)
        assert len(await core.services.browse.runs(task.id)) == 2


async def test_an_agent_that_cannot_be_started_is_not_ended_first(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        core.host.refuses = Unavailable("There is no such program.")
        with pytest.raises(Unavailable):
            await core.services.agents.restart(task.id, actor=ACTOR)
        assert await core.commands() == []
