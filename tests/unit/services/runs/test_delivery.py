"""Delivery: what was said goes to the agent when the agent can take it, once."""

from __future__ import annotations

from pathlib import Path

from chorus.host.reports import CommandFailed, Delivered, RunEnded
from chorus.model import AgentStatus, MessageState, PromptAccepted, RunEnd, TaskStatus, TurnEnded, UsageSeen
from chorus.services.tasks.inputs import Budget, TaskChanges
from tests.support.fake_agents import FakeAgent
from tests.support.services import ACTOR, Core, services

CONFIRMS = (FakeAgent(confirms_prompts=True),)


async def send(core: Core, task_id: str, *texts: str) -> None:
    """Say this to the task's agent."""
    for text in texts:
        await core.services.agents.send(task_id, text, actor=ACTOR)


async def deliveries(core: Core, task_id: str) -> list[str]:
    """Return the texts that the host is to give to the agent."""
    return [one.payload["text"] for one in await core.commands("deliver", task_id)]


async def deliver(core: Core, task_id: str) -> None:
    """Have the host give the agent what it is to be given."""
    for command in await core.commands("deliver", task_id):
        await core.report(Delivered(command.payload["message"]))
    await core.done("deliver", task_id)


async def states(core: Core, task_id: str) -> dict[str, MessageState]:
    """Return the states of the task's messages by their texts."""
    return {message.text: message.state for message in await core.messages(task_id)}


async def test_an_idle_agent_is_given_a_message_at_once(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await send(core, task.id, "hello")
        assert await deliveries(core, task.id) == ["hello"]


async def test_a_busy_agent_is_given_it_when_its_turn_is_over(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await core.seen(task.id, AgentStatus.THINKING)
        await send(core, task.id, "hello")
        assert await deliveries(core, task.id) == []
        await core.told(task.id, TurnEnded("done"))
        assert await deliveries(core, task.id) == ["hello"]


async def test_an_agent_whose_background_goes_on_takes_a_message(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await core.told(task.id, TurnEnded("done", background=1))
        assert (await core.task(task.id)).agent_status is AgentStatus.RUNNING
        await send(core, task.id, "hello")
        assert await deliveries(core, task.id) == ["hello"]


async def test_an_agent_whose_turn_failed_takes_a_message(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await core.seen(task.id, AgentStatus.ERRORED)
        await send(core, task.id, "try again")
        assert await deliveries(core, task.id) == ["try again"]


async def test_messages_are_given_one_at_a_time_and_in_order(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await send(core, task.id, "one", "two", "three")
        given: list[str] = []
        while texts := await deliveries(core, task.id):
            assert len(texts) == 1
            given += texts
            await deliver(core, task.id)
        assert given == ["one", "two", "three"]


async def test_nothing_is_given_before_the_agent_has_started(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.started()
        await send(core, task.id, "hello")
        assert await deliveries(core, task.id) == []


async def test_nothing_is_given_while_a_prompt_is_unconfirmed(tmp_path: Path) -> None:
    async with services(tmp_path, agents=CONFIRMS) as core:
        task = await core.running("Fix it")
        await send(core, task.id, "and then this")
        assert await deliveries(core, task.id) == []
        await core.told(task.id, PromptAccepted("Fix it"))
        await core.told(task.id, TurnEnded("done"))
        assert await deliveries(core, task.id) == ["and then this"]


async def test_what_an_agent_accepts_is_on_record_even_before_it_was_typed(tmp_path: Path) -> None:
    async with services(tmp_path, agents=CONFIRMS) as core:
        task = await core.running("Fix it")
        await core.told(task.id, PromptAccepted("Fix it"), TurnEnded("done"))
        await send(core, task.id, "next")
        await core.told(task.id, PromptAccepted("next"))
        await deliver(core, task.id)
        assert (await states(core, task.id))["next"] is MessageState.ACCEPTED


async def test_a_message_to_a_stopped_agent_begins_a_run_with_it(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        before = await core.run(task.id)
        await core.ended(task.id)
        await send(core, task.id, "go on")
        run = await core.run(task.id)
        assert (run.prompt, run.resumed_from) == ("go on", before.id)
        assert run.agent_session_id == before.agent_session_id
        assert len(await core.messages(task.id)) == 2  # the first prompt, and this one once


async def test_what_is_queued_when_the_agent_ends_well_begins_the_next_run(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await core.seen(task.id, AgentStatus.THINKING)
        await send(core, task.id, "go on")
        await core.ended(task.id)
        assert (await core.run(task.id)).prompt == "go on"


async def test_after_a_crash_only_a_person_starts_it_again(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await core.seen(task.id, AgentStatus.THINKING)
        await send(core, task.id, "go on")
        await core.ended(task.id, None, "SIGSEGV")
        assert await core.commands("start", task.id) == []
        assert (await states(core, task.id))["go on"] is MessageState.QUEUED
        await core.services.agents.restart(task.id, actor=ACTOR)
        assert len(await core.commands("start", task.id)) == 1


async def test_an_agent_that_takes_no_input_gets_what_waits_with_its_next_run(tmp_path: Path) -> None:
    async with services(tmp_path, agents=[FakeAgent(accepts_input=False)]) as core:
        task = await core.running()
        await send(core, task.id, "later")
        assert await deliveries(core, task.id) == []
        await core.ended(task.id)
        assert (await core.run(task.id)).prompt == "later"


async def test_what_cannot_be_given_fails_and_the_next_one_is_given(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await send(core, task.id, "one", "two")
        [command] = await core.commands("deliver", task.id)
        await core.report(CommandFailed(command.seq, "CONFLICT", "no terminal"))
        assert (await states(core, task.id))["one"] is MessageState.FAILED
        await core.told(task.id, TurnEnded())
        assert await deliveries(core, task.id) == ["two"]


async def test_a_prompt_it_died_with_has_failed(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.started("Fix it")
        run = await core.run(task.id)
        await core.report(RunEnded(run.id, None, None, "no such program", RunEnd.ERRORED))
        assert (await states(core, task.id))["Fix it"] is MessageState.FAILED


async def test_nothing_is_given_once_the_budget_is_used_up(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running(budget_usd=1.0)
        await core.told(task.id, UsageSeen("m1", 10, 10, cost_usd=2.0))
        await send(core, task.id, "more")
        assert await deliveries(core, task.id) == []
        changes = TaskChanges(budget=Budget(5.0))
        await core.services.tasks.update(task.id, changes, actor=ACTOR)
        assert await deliveries(core, task.id) == ["more"]


async def test_a_task_that_is_put_away_gives_nothing_more(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await core.seen(task.id, AgentStatus.THINKING)
        await send(core, task.id, "late")
        await core.services.closing.complete(task.id, actor=ACTOR)
        await core.ended(task.id)
        assert (await core.task(task.id)).status is TaskStatus.COMPLETED
        assert await core.commands("start", task.id) == []
