"""Withdrawals: requests that nobody has to answer any more, and those that stay open."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from chorus_hooks.tools import use

from chorus.db.permissions import add
from chorus.db.unit import now
from chorus.model import PermissionAsked, PermissionDecision, PermissionState, ToolFinished
from chorus.services.permissions.answers import Answer
from tests.support.asking import AskingAgent, Waiting, pending
from tests.support.services import Core


async def open_ids(core: Core) -> list[str]:
    return [request.id for request in await pending(core)]


async def finished(agent: AskingAgent, tool: str, *, subagent: str | None = None, **given: object) -> None:
    """Have a tool of the agent end, which nobody was asked about."""
    signal = ToolFinished(use(tool, given), agent=subagent)
    withdrawals = agent.core.services.permissions.withdrawals
    await agent.core.database.write(withdrawals.of_tool, agent.run.id, signal, "answered in the terminal")


async def of_subagent(agent: AskingAgent, command: str) -> str:
    asked = PermissionAsked(use("Bash", {"command": command}), agent="helper")
    requests = agent.core.services.permissions.requests
    return (await agent.core.database.write(requests.ask, agent.run, asked, "fake", None))[0]


async def left_behind(agent: AskingAgent, since: float) -> None:
    withdrawals = agent.core.services.permissions.withdrawals
    await agent.core.database.write(withdrawals.left_behind, agent.run.id, since)


async def test_all_requests_of_a_run_are_withdrawn_and_of_no_other(core: Core) -> None:
    mine, other = await AskingAgent.start(core), await AskingAgent.start(core)
    waiting = [await mine.wait("Bash", command="make"), await mine.wait("Bash", command="ls")]
    stays = await other.wait("Bash", command="make")
    withdrawals = core.services.permissions.withdrawals
    await core.database.write(withdrawals.of_run, mine.run.id, "the turn is over")
    assert [await one.agent for one in waiting] == [None, None]
    assert not await stays.released()
    assert await open_ids(core) == [stays.id]
    (request, _) = await core.services.permissions.inbox.list(None, mine.task_id)
    assert (request.state, request.message) == (PermissionState.WITHDRAWN, "the turn is over")
    assert (request.decided_by, request.decided_at is None) == (None, False)
    events = await core.events("permission.resolved")
    assert [(event.source, event.data["state"]) for event in events] == [("host", "WITHDRAWN")] * 2


async def test_a_tool_that_has_ended_withdraws_the_request_about_it(core: Core) -> None:
    agent = await AskingAgent.start(core)
    ended, other = await agent.wait("Bash", command="make"), await agent.wait("Bash", command="ls")
    of_another = await of_subagent(agent, "make")
    await finished(agent, "Bash", command="make")
    assert await ended.agent is None
    assert await open_ids(core) == [other.id, of_another]
    await finished(agent, "Bash", subagent="helper", command="make")
    assert await open_ids(core) == [other.id]


async def test_a_question_is_withdrawn_although_its_input_is_told_differently_afterwards(core: Core) -> None:
    agent = await AskingAgent.start(core)
    question: Waiting = await agent.wait("AskUserQuestion", questions=[{"question": "Which?"}])
    await finished(agent, "AskUserQuestion", questions=[{"question": "Which?"}], answers={"Which?": "A"})
    assert await question.agent is None


async def test_what_the_agent_asked_before_it_went_on_is_withdrawn(core: Core) -> None:
    agent = await AskingAgent.start(core)
    before = await agent.wait("Bash", command="make")
    of_another = await of_subagent(agent, "make")
    since = (now() + timedelta(milliseconds=1)).timestamp()
    after = replace((await pending(core))[0], id="later", created_at=now() + timedelta(seconds=5))
    await core.database.write(lambda unit: add(unit.connection, after, use_id=None, source_id=None))
    await left_behind(agent, since - 3600)
    assert not await before.released()
    await left_behind(agent, since)
    assert await before.agent is None
    assert await open_ids(core) == [of_another, "later"], "a subagent's, and what it asked since"


async def test_a_request_that_is_decided_is_not_withdrawn(core: Core) -> None:
    agent, permissions = await AskingAgent.start(core), core.services.permissions
    waiting = await agent.wait("Bash", command="make")
    await permissions.respond(waiting.id, Answer(PermissionDecision.ALLOW), actor="ada")
    await permissions.withdraw(waiting.id, "answered in the terminal")
    await finished(agent, "Bash", command="make")
    (request,) = await permissions.inbox.list(None, agent.task_id)
    assert request.state is PermissionState.ALLOWED


async def test_people_end_what_nobody_has_to_answer(core: Core) -> None:
    agent = await AskingAgent.start(core)
    waiting = await agent.wait("Bash", command="make")
    await core.services.closing.fail(agent.task_id, "enough", actor="ada")
    assert await waiting.agent is None
    (request,) = await core.services.permissions.inbox.list(None, agent.task_id)
    assert request.message == "agent stopped by ada"
