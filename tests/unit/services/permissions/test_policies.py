"""Policies of runs: what profiles, what a run was started with, and what the broker makes of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from chorus.backends import Verdict
from chorus.model import PermissionDecision, PermissionScope, ToolDecision
from chorus.services.permissions.answers import Answer
from chorus.services.permissions.rules import NewRule
from chorus.services.tasks.inputs import TaskChanges
from chorus.settings import ProfileSettings
from tests.support.asking import AskingAgent, pending
from tests.support.fake_agents import FakeAgent
from tests.support.services import Core, services

ALLOW, DENY = ToolDecision.ALLOW, ToolDecision.DENY


async def decision(agent: AskingAgent, tool: str, /, **given: str) -> ToolDecision | None:
    ruling = await agent.ruling(tool, **given)
    return ruling.decision if ruling else None


async def test_the_profile_refuses_before_a_tool_is_used(core: Core) -> None:
    agent = await AskingAgent.start(core, permission_profile="read_only")
    assert await decision(agent, "Bash", command="make") is DENY
    assert await decision(agent, "Read", file_path="a.py") is None, "the agent knows that itself"
    (enforced,) = await core.events("permission.enforced")
    told = enforced.data
    assert (told["summary"], told["decision"], told["by"]) == ("make", "DENY", "policy read_only")


async def test_a_profile_that_is_changed_decides_for_an_agent_that_was_started_with_another(
    core: Core,
) -> None:
    agent = await AskingAgent.start(core)
    assert await decision(agent, "Bash", command="make") is None
    await core.services.tasks.update(agent.task_id, TaskChanges(permission_profile="full_dev"), actor="ada")
    assert await decision(agent, "Bash", command="make") is ALLOW
    await core.services.tasks.update(agent.task_id, TaskChanges(permission_profile="read_only"), actor="ada")
    assert await decision(agent, "Bash", command="make") is DENY
    await core.services.tasks.update(agent.task_id, TaskChanges(permission_profile="default"), actor="ada")
    assert await decision(agent, "Bash", command="make") is None


async def test_tools_that_a_task_allows_besides(core: Core) -> None:
    agent = await AskingAgent.start(core, allowed_tools=["Bash(make:*)"])
    changes = TaskChanges(allowed_tools=["Bash(git status)"])
    await core.services.tasks.update(agent.task_id, changes, actor="ada")
    assert await decision(agent, "Bash", command="git status") is ALLOW
    assert await decision(agent, "Bash", command="make") is ToolDecision.ASK, "it was started with that"


async def test_everything_is_decided_for_an_agent_that_applies_no_profile(tmp_path: Path) -> None:
    async with services(tmp_path, agents=(FakeAgent(applies_profiles=False),)) as core:
        agent = await AskingAgent.start(core, permission_profile="safe_edit")
        path = f"/worktrees/{agent.task_id}/a.py"
        assert (await agent.ask("Edit", file_path=path))[1] == Verdict(PermissionDecision.ALLOW)
        assert (await agent.ask("Bash", command="make"))[1] is None


async def test_an_agent_that_asks_although_it_may_is_answered_by_a_person(core: Core) -> None:
    agent = await AskingAgent.start(core, permission_profile="full_dev")
    assert (await agent.ask("Bash", command="make"))[1] is None


async def test_a_mode_that_does_not_ask_refuses_the_rest(core: Core) -> None:
    agent = await AskingAgent.start(core, permission_profile="no_asking")
    verdict = (await agent.ask("Bash", command="make"))[1]
    assert verdict is not None
    assert verdict.decision is PermissionDecision.DENY
    assert await pending(core) == []


async def test_a_profile_that_is_no_longer_configured_stays_what_it_was(tmp_path: Path) -> None:
    profiles = {"gone": ProfileSettings(mode="dontAsk", allow=("Read",))}
    async with services(tmp_path, profiles=profiles) as core:
        task = (await AskingAgent.start(core, permission_profile="gone")).task_id
    async with services(tmp_path) as core:
        agent = AskingAgent(core, task, await core.run(task))
        verdict = (await agent.ask("Bash", command="make"))[1]
        assert verdict is not None
        assert verdict.decision is PermissionDecision.DENY


async def test_why_an_agent_has_to_be_restarted(core: Core) -> None:
    inbox = core.services.permissions.inbox
    agent = await AskingAgent.start(core, permission_profile="planning")
    assert await inbox.restart_reason(await core.task(agent.task_id)) is None
    changes = TaskChanges(permission_profile="no_asking")
    task = await core.services.tasks.update(agent.task_id, changes, actor="ada")
    reason = await inbox.restart_reason(task)
    assert reason is not None
    assert reason.startswith("The agent was started in mode plan; dontAsk applies when it is restarted.")
    waiting = await core.new()
    assert await inbox.restart_reason(waiting) is None
    await core.ended(agent.task_id)
    assert await inbox.restart_reason(await core.task(agent.task_id)) is None


async def test_a_file_in_the_folder_of_the_task_is_called_as_it_is_there(core: Core) -> None:
    agent = await AskingAgent.start(core)
    folder = (await core.task(agent.task_id)).worktree
    await agent.ask("Edit", file_path=f"{folder}/src/a.py")
    await agent.ask("Edit", file_path="/etc/passwd")
    assert [request.summary for request in await pending(core)] == ["Edit src/a.py", "Edit /etc/passwd"]


@pytest.mark.parametrize("remembered", [True, False])
async def test_what_is_kept_in_memory_is_as_good_as_new(core: Core, remembered: bool) -> None:
    agent = await AskingAgent.start(core)
    if remembered:
        assert await agent.ruling("Bash", command="make") is None
    id, _ = await agent.ask("Bash", command="make")
    answer = Answer(PermissionDecision.DENY, scope=PermissionScope.TASK, pattern="Bash(make:*)")
    await core.services.permissions.respond(id, answer, actor="ada")
    assert await decision(agent, "Bash", command="make test") is DENY
    (rule,) = await core.services.rules.list()
    await core.services.rules.remove(rule.id, actor="ada")
    assert await decision(agent, "Bash", command="make test") is None
    await core.services.rules.add(NewRule(PermissionScope.TASK, "Bash", task_id=agent.task_id), actor="ada")
    assert await decision(agent, "Bash", command="make test") is ALLOW
