"""An agent whose tools nobody knows by name: what is decided follows from what its status source tells."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chorus.errors import BadInput
from chorus.model import (
    PermissionAsked,
    PermissionDecision,
    PermissionRequest,
    PermissionScope,
    PermissionState,
    Question,
    ToolKind,
    ToolUse,
)
from chorus.services.permissions.answers import Answer
from chorus.services.permissions.rules import NewRule
from tests.support.asking import AskingAgent, pending
from tests.support.services import ACTOR, Core, services

ALLOW = PermissionDecision.ALLOW

SHELL = ToolUse("sh", ToolKind.RUN, "git log", input={"line": "git log"})
PATCH = ToolUse("patch", ToolKind.EDIT, "a.py", ("a.py",), {"diff": "…"}, change="-1\n+2")
LOOK = ToolUse("look", ToolKind.READ, "a.py", ("a.py",))
UNTOLD = ToolUse("frobnicate")


@pytest.fixture
async def core(tmp_path: Path) -> AsyncIterator[Core]:
    async with services(tmp_path) as core:
        yield core


async def ask(agent: AskingAgent, use: ToolUse) -> PermissionRequest:
    """Ask for permission and return the request, as it is on record."""
    core = agent.core
    asked = PermissionAsked(use)
    id, _ = await core.database.write(core.services.permissions.requests.ask, agent.run, asked, "test", None)
    found = await core.services.permissions.inbox.list(None, agent.task_id)
    return next(request for request in found if request.id == id)


async def test_a_request_keeps_what_was_told(core: Core) -> None:
    agent = await AskingAgent.start(core)
    asks = ToolUse("ask_user", ToolKind.QUESTION, questions=(Question("Which?"),))
    for use in (SHELL, PATCH, asks, UNTOLD):
        assert (await ask(agent, use)).tool == use


@pytest.mark.parametrize(
    ("profile", "use", "state"),
    [
        ("read_only", PATCH, PermissionState.DENIED),
        ("read_only", SHELL, PermissionState.DENIED),
        ("read_only", UNTOLD, PermissionState.PENDING),
        ("git_only", PATCH, PermissionState.DENIED),
    ],
)
async def test_profiles_mean_the_same_for_every_agent(
    core: Core, profile: str, use: ToolUse, state: PermissionState
) -> None:
    agent = await AskingAgent.start(core, permission_profile=profile)
    assert (await ask(agent, use)).state is state


async def test_a_rule_about_a_kind_decides_about_its_tools(core: Core) -> None:
    agent = await AskingAgent.start(core)
    new = NewRule(PermissionScope.TASK, "run(git:*)", task_id=agent.task_id)
    await core.services.rules.add(new, actor=ACTOR)
    assert (await ask(agent, SHELL)).state is PermissionState.ALLOWED
    assert (await ask(agent, LOOK)).state is PermissionState.PENDING


@pytest.mark.parametrize("name", ["AskUserQuestion", "ExitPlanMode", "*"])
async def test_no_rule_is_made_for_what_a_person_is_asked(core: Core, name: str) -> None:
    agent = await AskingAgent.start(core)
    with pytest.raises(BadInput, match="No rule can be made"):
        await core.services.rules.add(NewRule(PermissionScope.TASK, name, task_id=agent.task_id), actor=ACTOR)


async def test_a_question_of_any_agent_is_answered_with_words(core: Core) -> None:
    agent = await AskingAgent.start(core)
    asks = ToolUse("ask_user", ToolKind.QUESTION, questions=(Question("Which?"),))
    request = await ask(agent, asks)
    assert request.summary == "Which?"
    respond = core.services.permissions.respond
    with pytest.raises(BadInput, match="Say what the answer is"):
        await respond(request.id, Answer(ALLOW), actor=ACTOR)
    decided = await respond(request.id, Answer(ALLOW, answers={"Which?": "The red one"}), actor=ACTOR)
    assert decided.answers == {"Which?": "The red one"}
    assert await pending(core) == []
