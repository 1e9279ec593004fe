"""Permission decisions by people: what fits a request, once, and what the agent is told."""

from __future__ import annotations

from typing import Any

import pytest

from chorus.backends import Verdict
from chorus.errors import BadInput, Conflict, NotFound
from chorus.model import (
    AfterPlan,
    PermissionDecision,
    PermissionScope,
    PermissionState,
    ToolDecision,
)
from chorus.services.permissions.answers import Answer
from chorus.services.permissions.broker import MOST
from chorus.services.permissions.rules import NewRule
from chorus.services.tasks.inputs import TaskChanges
from tests.support.asking import AskingAgent, Waiting, pending
from tests.support.services import Core

ALLOW, DENY = PermissionDecision.ALLOW, PermissionDecision.DENY
ASK_FOR_EDITS, ACCEPT_EDITS = AfterPlan.ASK_FOR_EDITS, AfterPlan.ACCEPT_EDITS
QUESTION: dict[str, Any] = {
    "questions": [{"question": "Which?", "header": "DB", "options": [{"label": "A"}, {"label": "B"}]}]
}


async def asks_question(agent: AskingAgent, given: dict[str, Any] = QUESTION) -> Waiting:
    return await agent.wait("AskUserQuestion", **given)


# --- once ---------------------------------------------------------------------------------------------


async def test_an_answer_reaches_the_agent_and_is_on_record(core: Core) -> None:
    agent = await AskingAgent.start(core)
    waiting = await agent.wait("Bash", command="make")
    answer = Answer(DENY, "Use ninja.", interrupt=True)
    request = await core.services.permissions.respond(waiting.id, answer, actor="ada")
    assert await waiting.agent == Verdict(DENY, message="Use ninja.", interrupt=True)
    assert (request.state, request.decided_by, request.message) == (
        PermissionState.DENIED,
        "ada",
        "Use ninja.",
    )
    assert [request] == list(await core.services.permissions.inbox.list(None, agent.task_id))
    (event,) = await core.events("permission.resolved")
    assert (event.source, event.data["state"], event.data["message"]) == ("ada", "DENIED", "Use ninja.")


async def test_the_first_answer_counts_and_the_same_again_is_the_same(core: Core) -> None:
    agent, respond = await AskingAgent.start(core), core.services.permissions.respond
    waiting = await agent.wait("Bash", command="make")
    request = await respond(waiting.id, Answer(ALLOW), actor="ada")
    assert await respond(waiting.id, Answer(ALLOW), actor="ada") == request
    for answer, actor in ((Answer(DENY), "ada"), (Answer(ALLOW), "grace")):
        with pytest.raises(Conflict, match="allowed by ada already") as found:
            await respond(waiting.id, answer, actor=actor)
        assert found.value.details == {"state": "ALLOWED"}
    assert len(await core.events("permission.resolved")) == 1
    with pytest.raises(NotFound, match="no permission request"):
        await respond("nothing", Answer(ALLOW), actor="ada")


async def test_many_are_answered_each_by_itself(core: Core) -> None:
    agent, permissions = await AskingAgent.start(core), core.services.permissions
    first, second = await agent.wait("Bash", command="make"), await agent.wait("Bash", command="ls")
    await permissions.respond(first.id, Answer(DENY), actor="grace")
    ids = [second.id, first.id, "nothing", second.id]
    outcomes = await permissions.respond_all(ids, Answer(ALLOW), actor="ada")
    assert [outcome.id for outcome in outcomes] == [second.id, first.id, "nothing"]
    assert [type(outcome.error) for outcome in outcomes] == [type(None), Conflict, NotFound]
    assert await second.agent == Verdict(ALLOW)
    for wrong in ([], [str(number) for number in range(MOST + 1)]):
        with pytest.raises(BadInput, match=f"1 to {MOST} requests"):
            await permissions.respond_all(wrong, Answer(ALLOW), actor="ada")


async def test_an_agent_that_asks_again_gets_the_answer_of_the_first_time(core: Core) -> None:
    agent, permissions = await AskingAgent.start(core), core.services.permissions

    async def again(name: str) -> tuple[str, Verdict | None] | None:
        return await core.database.write(permissions.requests.asked_before, agent.run.id, name)

    open_id, _ = await agent.ask("Bash", "report-1", command="make")
    assert await again("report-1") == (open_id, None)
    waiting = permissions.waiters.wait(open_id)
    answer = Answer(DENY, "No.", interrupt=True)
    await permissions.respond(open_id, answer, actor="ada")
    verdict = Verdict(DENY, message="No.", interrupt=True)
    assert await waiting == verdict
    assert await again("report-1") == (open_id, verdict)
    assert await again("report-2") is None
    withdrawn, _ = await agent.ask("Bash", "report-3", command="ls")
    await permissions.withdraw(withdrawn, "answered in the terminal")
    assert await again("report-3") is None


# --- questions ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "answers"),
    [
        (Answer(ALLOW, answers={"Which?": "A"}), {"Which?": "A"}),
        (Answer(ALLOW, answers={"DB": "something else"}), {"Which?": "something else"}),
        (Answer(ALLOW, "B"), {"Which?": "B"}),
    ],
)
async def test_a_question_is_answered(core: Core, answer: Answer, answers: dict[str, str]) -> None:
    agent = await AskingAgent.start(core)
    waiting = await asks_question(agent)
    request = await core.services.permissions.respond(waiting.id, answer, actor="ada")
    verdict = await waiting.agent
    assert verdict is not None
    assert (verdict.decision, verdict.updated_input) == (ALLOW, {"answers": answers})
    assert request.answers == answers


@pytest.mark.parametrize(
    "answer",
    [
        Answer(ALLOW),
        Answer(ALLOW, answers={}),
        Answer(ALLOW, answers={"Who?": "A"}),
        Answer(ALLOW, answers=["A"]),
        Answer(DENY, answers={"Which?": "A"}),
        Answer(ALLOW, answers={"Which?": "A"}, scope=PermissionScope.TASK),
        Answer(ALLOW, answers={"Which?": "A"}, after_plan=ACCEPT_EDITS),
    ],
)
async def test_what_is_no_answer_leaves_the_question_open(core: Core, answer: Answer) -> None:
    agent = await AskingAgent.start(core)
    waiting = await asks_question(agent)
    with pytest.raises(BadInput):
        await core.services.permissions.respond(waiting.id, answer, actor="ada")
    assert [request.id for request in await pending(core)] == [waiting.id]
    assert not await waiting.released()


async def test_a_question_that_cannot_be_read_can_only_be_denied(core: Core) -> None:
    agent, respond = await AskingAgent.start(core), core.services.permissions.respond
    waiting = await asks_question(agent, {"questions": "?"})
    with pytest.raises(BadInput, match="cannot be read"):
        await respond(waiting.id, Answer(ALLOW, answers={"x": "y"}), actor="ada")
    await respond(waiting.id, Answer(DENY, "Ask differently."), actor="ada")
    assert await waiting.agent == Verdict(DENY, message="Ask differently.")


async def test_a_request_that_asks_nothing_has_no_answers(core: Core) -> None:
    agent = await AskingAgent.start(core)
    id, _ = await agent.ask("Bash", command="make")
    with pytest.raises(BadInput, match="asks no question"):
        await core.services.permissions.respond(id, Answer(ALLOW, answers={"x": "y"}), actor="ada")


async def test_no_rule_and_no_profile_answers_a_question(core: Core) -> None:
    agent = await AskingAgent.start(core, permission_profile="no_asking")
    assert (await agent.ask("AskUserQuestion", questions=QUESTION["questions"]))[1] is None


# --- plans ----------------------------------------------------------------------------------------------


async def choices(core: Core) -> list[list[AfterPlan]]:
    found = await core.services.permissions.inbox.plan_options(await pending(core))
    return [list(one) for one in found]


async def test_a_plan_is_approved_with_how_to_go_on(core: Core) -> None:
    agent = await AskingAgent.start(core, permission_profile="planning")
    path = f"/worktrees/{agent.task_id}/a.py"
    assert await agent.ruling("Edit", file_path=path) is None
    waiting = await agent.wait("ExitPlanMode", plan="# Do it")
    await agent.ask("Bash", command="ls")
    assert await choices(core) == [[ASK_FOR_EDITS, ACCEPT_EDITS], []]
    answer = Answer(ALLOW, after_plan=ACCEPT_EDITS)
    request = await core.services.permissions.respond(waiting.id, answer, actor="ada")
    assert request.after_plan is ACCEPT_EDITS
    assert await waiting.agent == Verdict(ALLOW, after_plan=ACCEPT_EDITS)
    assert await choices(core) == [[]]
    # It goes on in that mode: a profile that is stricter has to ask again.
    asking = TaskChanges(permission_profile="default")
    await core.services.tasks.update(agent.task_id, asking, actor="ada")
    ruling = await agent.ruling("Edit", file_path=path)
    assert ruling is not None
    assert ruling.decision is ToolDecision.ASK


async def test_the_way_of_the_profile_comes_first(core: Core) -> None:
    agent = await AskingAgent.start(core, permission_profile="safe_edit")
    await agent.ask("ExitPlanMode", plan="# Do it")
    assert await choices(core) == [[ACCEPT_EDITS, ASK_FOR_EDITS]]


@pytest.mark.parametrize("by_rule", [True, False], ids=["rule", "profile"])
async def test_there_is_no_choice_where_edits_are_decided(core: Core, by_rule: bool) -> None:
    agent = await AskingAgent.start(core, permission_profile="planning" if by_rule else "git_only")
    if by_rule:
        rule = NewRule(PermissionScope.TASK, "Edit", decision=DENY, task_id=agent.task_id)
        await core.services.rules.add(rule, actor="ada")
    waiting, respond = await agent.wait("ExitPlanMode", plan="# Do it"), core.services.permissions.respond
    assert await choices(core) == [[]]
    with pytest.raises(BadInput, match="approve the plan without a choice"):
        await respond(waiting.id, Answer(ALLOW, after_plan=ACCEPT_EDITS), actor="ada")
    await respond(waiting.id, Answer(ALLOW), actor="ada")
    assert await waiting.agent == Verdict(ALLOW)


@pytest.mark.parametrize(
    ("tool", "answer"),
    [
        ("ExitPlanMode", Answer(DENY, after_plan=ACCEPT_EDITS)),
        ("ExitPlanMode", Answer(ALLOW, scope=PermissionScope.TASK)),
        ("Bash", Answer(ALLOW, after_plan=ACCEPT_EDITS)),
    ],
)
async def test_what_does_not_fit_a_plan_is_refused(core: Core, tool: str, answer: Answer) -> None:
    agent = await AskingAgent.start(core, permission_profile="planning")
    waiting = await agent.wait(tool, plan="# Do it")
    with pytest.raises(BadInput):
        await core.services.permissions.respond(waiting.id, answer, actor="ada")
    assert not await waiting.released()


# --- what is shown ----------------------------------------------------------------------------------------


async def test_requests_are_listed_oldest_first(core: Core) -> None:
    first, second = await AskingAgent.start(core), await AskingAgent.start(core)
    ids = [(await agent.ask("Bash", command="make"))[0] for agent in (first, second, first)]
    inbox = core.services.permissions.inbox
    await core.services.permissions.respond(ids[0], Answer(ALLOW), actor="ada")

    async def listed(state: PermissionState | None, task: str | None) -> list[str]:
        return [request.id for request in await inbox.list(state, task)]

    assert await listed(PermissionState.PENDING, None) == ids[1:]
    assert await listed(PermissionState.ALLOWED, None) == ids[:1]
    assert await listed(None, first.task_id) == [ids[0], ids[2]]


async def test_patterns_are_offered_from_narrow_to_wide(core: Core) -> None:
    agent = await AskingAgent.start(core)
    await agent.ask("Bash", command="git push origin main")
    (request,), task = await pending(core), await core.task(agent.task_id)
    offered = core.services.permissions.inbox.offers(request, task)
    assert offered == ["Bash(git push:*)", "Bash(git:*)"]
