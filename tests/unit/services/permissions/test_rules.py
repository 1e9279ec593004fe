"""Permission rules: how far they reach, what makes two the same, and how many there may be."""

from __future__ import annotations

import pytest
from chorus_hooks.tools import use

from chorus.backends import Verdict
from chorus.db.unit import Unit
from chorus.errors import BadInput, Conflict, NotFound
from chorus.model import PermissionDecision, PermissionRule, PermissionScope, SessionSeen, ToolStarted
from chorus.services.permissions import rule_store
from chorus.services.permissions.answers import Answer
from chorus.services.permissions.rules import NewRule, RuleChanges
from tests.support.asking import AskingAgent, pending
from tests.support.services import Core

ALLOW, DENY = PermissionDecision.ALLOW, PermissionDecision.DENY
SESSION, TASK, PROJECT = PermissionScope.SESSION, PermissionScope.TASK, PermissionScope.PROJECT


async def reaches(agent: AskingAgent) -> bool:
    """Return whether `make` is decided by a rule."""
    ruling = await agent.ruling("Bash", command="make")
    return ruling is not None and ruling.rule_id is not None


async def allow(core: Core, agent: AskingAgent, scope: PermissionScope) -> PermissionRule:
    """Add a rule for `make` in the name of an agent's task."""
    task = None if scope is PROJECT else agent.task_id
    return await core.services.rules.add(NewRule(scope, "Bash(make:*)", task_id=task), actor="ada")


# --- how far they reach ----------------------------------------------------------------------------------


async def test_a_rule_of_a_task_is_for_this_task_alone(core: Core) -> None:
    mine, other = await AskingAgent.start(core), await AskingAgent.start(core)
    await allow(core, mine, TASK)
    assert await reaches(mine)
    assert not await reaches(other)
    await core.told(mine.task_id, SessionSeen("another"))
    assert await reaches(mine), "in every conversation of its"


async def test_a_rule_of_a_project_is_for_all_of_its_tasks_and_no_other_project(core: Core) -> None:
    mine, other = await AskingAgent.start(core), await AskingAgent.start(core)
    rule = await allow(core, mine, PROJECT)
    elsewhere = await core.services.projects.add("/elsewhere")
    foreign = await AskingAgent.start(core, project_id=elsewhere.id)
    assert (rule.project_id, rule.task_id) == (core.project.id, None)
    assert [await reaches(agent) for agent in (mine, other, foreign)] == [True, True, False]


async def test_a_conversation_left_and_resumed_in_one_transaction_has_its_rules_again(core: Core) -> None:
    agent = await AskingAgent.start(core)
    await allow(core, agent, SESSION)
    signals, decisions = core.services.reports.writer.signals, core.services.permissions.decisions

    def tell(unit: Unit) -> list[bool]:
        decided = []
        for conversation in ("another", str(agent.run.agent_session_id)):
            signals.apply(unit, agent.run, [SessionSeen(conversation)], "fake")
            ruling = decisions.before_use(unit, agent.run, ToolStarted(use("Bash", {"command": "make"})))
            decided.append(ruling is not None and ruling.rule_id is not None)
        return decided

    assert await core.database.write(tell) == [False, True]


async def test_a_rule_of_a_conversation_ends_with_it(core: Core) -> None:
    agent = await AskingAgent.start(core)
    await allow(core, agent, SESSION)
    assert await reaches(agent)
    await core.told(agent.task_id, SessionSeen("another"))
    assert not await reaches(agent)


async def test_a_rule_of_a_conversation_needs_one(core: Core) -> None:
    task = await core.new()
    with pytest.raises(Conflict, match="no conversation yet"):
        await core.services.rules.add(NewRule(SESSION, "Bash", task_id=task.id), actor="ada")


async def test_a_rule_that_refuses_wins(core: Core) -> None:
    agent = await AskingAgent.start(core)
    await allow(core, agent, PROJECT)
    refusing = NewRule(TASK, "Bash(make install)", decision=DENY, task_id=agent.task_id)
    rule = await core.services.rules.add(refusing, actor="grace")
    ruling = await agent.ruling("Bash", command="make install")
    assert ruling is not None
    assert (ruling.rule_id, ruling.by) == (rule.id, "rule of grace")
    assert await reaches(agent)


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (NewRule(PermissionScope.ONCE, "Bash"), "scope"),
        (NewRule(TASK, "Bash"), "taskId"),
        (NewRule(PROJECT, "Bash", task_id="t"), "taskId"),
        (NewRule(PROJECT, "AskUserQuestion"), "toolName"),
        (NewRule(PROJECT, "*"), "toolName"),
        (NewRule(PROJECT, "Bash("), "toolName"),
        (NewRule(PROJECT, "Bash", ""), "pattern"),
    ],
)
async def test_what_is_no_rule_is_refused(core: Core, new: NewRule, field: str) -> None:
    with pytest.raises(BadInput) as found:
        await core.services.rules.add(new, actor="ada")
    assert found.value.details == {"field": field}
    assert await core.services.rules.list() == []


# --- made by answers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", [SESSION, TASK, PROJECT])
async def test_an_answer_leaves_a_rule_for_exactly_its_request(core: Core, scope: PermissionScope) -> None:
    agent = await AskingAgent.start(core)
    first, second = await agent.wait("Bash", command="make"), await agent.wait("Bash", command="make test")
    third = await agent.wait("Bash", command="make")
    await core.services.permissions.respond(first.id, Answer(ALLOW, scope=scope), actor="ada")
    assert await third.agent == Verdict(ALLOW), "it is the same request"
    assert [request.id for request in await pending(core)] == [second.id]
    (rule,) = await core.services.rules.list()
    assert (rule.scope, rule.summary, rule.author) == (scope, "Bash(make)", "ada")
    assert (rule.task_id is None, rule.agent_session_id is None) == (scope is PROJECT, scope is not SESSION)
    settled = (await core.events("permission.resolved"))[-1]
    assert (settled.source, settled.data["decidedBy"]) == ("rule of ada", "rule of ada")


async def test_an_answer_may_leave_a_wider_rule_if_it_covers_the_request(core: Core) -> None:
    agent = await AskingAgent.start(core)
    waiting = await agent.wait("Bash", command="make test")
    respond = core.services.permissions.respond
    with pytest.raises(BadInput, match="does not cover this request"):
        await respond(waiting.id, Answer(ALLOW, scope=TASK, pattern="Bash(npm:*)"), actor="ada")
    with pytest.raises(BadInput, match="Say with the scope"):
        await respond(waiting.id, Answer(ALLOW, pattern="Bash(make:*)"), actor="ada")
    assert [request.id for request in await pending(core)] == [waiting.id]
    await respond(waiting.id, Answer(ALLOW, scope=TASK, pattern="Bash(make:*)"), actor="ada")
    assert await reaches(agent)


async def test_an_input_no_pattern_can_name_is_remembered_as_it_is(core: Core) -> None:
    agent = await AskingAgent.start(core)
    id, _ = await agent.ask("WebFetch", url="https://x.example", prompt="read")
    await core.services.permissions.respond(id, Answer(ALLOW, scope=TASK), actor="ada")
    assert await agent.ruling("WebFetch", url="https://x.example", prompt="read") is not None
    assert await agent.ruling("WebFetch", url="https://x.example", prompt="write") is None


# --- the same rule again, and too many ---------------------------------------------------------------------


async def test_the_same_rule_again_is_the_one_that_is_there(core: Core) -> None:
    agent = await AskingAgent.start(core)
    rule = await allow(core, agent, TASK)
    again = NewRule(TASK, "Bash", "make:*", task_id=agent.task_id)
    assert await core.services.rules.add(again, actor="grace") == rule
    assert len(await core.events("permission.rule_added")) == 1
    assert await allow(core, agent, SESSION) != rule, "it reaches less far"
    refusing = NewRule(TASK, "Bash(make:*)", decision=DENY, task_id=agent.task_id)
    assert await core.services.rules.add(refusing, actor="ada") != rule
    assert len(await core.services.rules.list()) == 3


async def test_a_project_has_so_many_rules_at_most(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule_store, "MOST", 2)
    agent = await AskingAgent.start(core)
    for tool in ("Bash", "Edit"):
        await core.services.rules.add(NewRule(PROJECT, tool), actor="ada")
    with pytest.raises(Conflict, match="has 2 rules"):
        await allow(core, agent, TASK)
    waiting = await agent.wait("WebFetch", url="https://x.example")
    with pytest.raises(Conflict, match="has 2 rules"):
        await core.services.permissions.respond(waiting.id, Answer(ALLOW, scope=TASK), actor="ada")
    assert not await waiting.released()
    known = await core.services.rules.add(NewRule(PROJECT, "Edit"), actor="ada")
    assert known.tool_name == "Edit", "one that is there is no new one"


# --- looked after -----------------------------------------------------------------------------------------


async def test_a_new_rule_decides_what_is_asked_already_in_its_reach(core: Core) -> None:
    mine, other = await AskingAgent.start(core), await AskingAgent.start(core)
    first, second = await mine.wait("Bash", command="make"), await other.wait("Bash", command="make")
    await allow(core, mine, TASK)
    assert await first.agent == Verdict(ALLOW)
    assert not await second.released()
    await allow(core, mine, PROJECT)
    assert await second.agent == Verdict(ALLOW)


async def test_a_rule_is_changed_and_decides_from_then_on(core: Core) -> None:
    agent = await AskingAgent.start(core)
    rule, rules = await allow(core, agent, TASK), core.services.rules
    waiting = await agent.wait("Bash", command="npm test")
    wider = await rules.update(rule.id, RuleChanges(every_use=True), actor="grace")
    assert (wider.pattern, wider.author) == (None, "ada")
    assert await waiting.agent == Verdict(ALLOW)
    (changed,) = await core.events("permission.rule_changed")
    assert changed.data["before"] == {"decision": "ALLOW", "summary": "Bash(make:*)"}
    refusing = await rules.update(rule.id, RuleChanges(decision=DENY), actor="grace")
    assert await rules.get(rule.id) == refusing
    ruling = await agent.ruling("Bash", command="ls")
    assert ruling is not None
    assert ruling.decision.value == "DENY"
    assert await rules.update(rule.id, RuleChanges(decision=DENY), actor="ada") == refusing
    assert len(await core.events("permission.rule_changed")) == 2, "nothing was changed"
    with pytest.raises(BadInput, match="not both"):
        await rules.update(rule.id, RuleChanges(pattern="x", every_use=True), actor="ada")


async def test_a_rule_that_is_removed_decides_no_more(core: Core) -> None:
    agent = await AskingAgent.start(core)
    rule = await allow(core, agent, TASK)
    assert await reaches(agent)
    assert await core.services.rules.remove(rule.id, actor="ada") == rule.id
    assert not await reaches(agent)
    for missing in (core.services.rules.get(rule.id), core.services.rules.remove(rule.id, actor="ada")):
        with pytest.raises(NotFound, match="no permission rule"):
            await missing


async def test_rules_are_listed_for_a_project_and_for_a_task(core: Core) -> None:
    mine, other = await AskingAgent.start(core), await AskingAgent.start(core)
    project, of_mine, of_other = [
        await allow(core, agent, scope) for agent, scope in ((mine, PROJECT), (mine, TASK), (other, SESSION))
    ]
    elsewhere = await core.services.projects.add("/elsewhere")
    foreign = await core.services.rules.add(NewRule(PROJECT, "Bash", project_id=elsewhere.id), actor="ada")
    rules = core.services.rules
    assert await rules.list() == [project, of_mine, of_other, foreign]
    assert await rules.list(core.project.id) == [project, of_mine, of_other]
    assert await rules.list(task_id=other.task_id) == [project, of_other]
    with pytest.raises(NotFound, match="no task"):
        await rules.list(task_id="nobody")
