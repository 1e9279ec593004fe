"""Plans over the public API: read, approved with a say in how the agent goes on, or sent back."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.live import Api, ApiError, Server, running
from tests.support.scripted import AGENT, Scripted, pending

pytestmark = pytest.mark.timeout(120)

PLAN = {"plan": "# The plan\n\n1. Do **it**"}
EDIT = {"file_path": "app.py", "old_string": "one", "new_string": "two"}

FIELDS = "summary detail state planOptions afterPlan"

RESPOND = """mutation($id: ID!, $decision: PermissionDecision!, $afterPlan: AfterPlan) {
  respondToPermission(id: $id, decision: $decision, afterPlan: $afterPlan) {
    state afterPlan planOptions } }"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    home = Path(tempfile.mkdtemp(prefix="ch-"))
    try:
        with running(home, AGENT) as server:
            yield server
    finally:
        shutil.rmtree(home, ignore_errors=True)


async def asks(api: Api, agent: Scripted, given: Mapping[str, Any] = PLAN) -> tuple[asyncio.Task[Any], str]:
    """A plan that waits: what becomes of it, and the id of its request."""
    asking = asyncio.ensure_future(agent.asks("ExitPlanMode", given))
    return asking, (await pending(api, agent.task))[0]["id"]


async def respond(api: Api, id: str, **fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await api.call(RESPOND, id=id, **fields))["respondToPermission"]
    return found


async def shown(api: Api, task: str) -> dict[str, Any]:
    found: dict[str, Any] = await api.task(task, f"permissionRequests {{ {FIELDS} }}")
    return dict(found["permissionRequests"][-1])


async def test_a_plan_is_approved_with_a_choice(api: Api, server: Server, project: str) -> None:
    agent = await Scripted.start(api, server.home, project)
    asking, id = await asks(api, agent)
    assert await shown(api, agent.task) == {
        "summary": "Plan: # The plan",
        "detail": PLAN["plan"],
        "state": "PENDING",
        "planOptions": ["ASK_FOR_EDITS", "ACCEPT_EDITS"],
        "afterPlan": None,
    }
    with pytest.raises(ApiError, match="Only a plan that is approved"):
        await respond(api, id, decision="DENY", afterPlan="ACCEPT_EDITS")
    accepted = {"state": "ALLOWED", "afterPlan": "ACCEPT_EDITS", "planOptions": []}
    for _ in range(2):  # the same answer again is the same answer
        assert await respond(api, id, decision="ALLOW", afterPlan="ACCEPT_EDITS") == accepted
    with pytest.raises(ApiError, match="allowed by"):
        await respond(api, id, decision="ALLOW", afterPlan="ASK_FOR_EDITS")
    mode = {"type": "setMode", "mode": "acceptEdits", "destination": "session"}
    assert (await asking)["updatedPermissions"] == [mode]
    resolved = [it for it in await api.events(task=agent.task) if it["kind"] == "permission.resolved"]
    assert [it["data"]["afterPlan"] for it in resolved] == ["ACCEPT_EDITS"]
    # This agent keeps to no profile by itself: edits in its folder are allowed for it, and no more.
    assert (await agent.asks("Edit", EDIT))["behavior"] == "allow"
    asking = asyncio.ensure_future(agent.runs("make"))
    request = (await pending(api, agent.task))[0]
    with pytest.raises(ApiError, match="Only a plan that is approved"):
        await respond(api, request["id"], decision="ALLOW", afterPlan="ACCEPT_EDITS")
    await api.respond(request["id"], "ALLOW")
    await asking


async def test_a_plan_is_read_and_approved_on_the_command_line(
    api: Api, server: Server, project: str
) -> None:
    agent = await Scripted.start(api, server.home, project, permissionProfile="safe_edit")
    asking, id = await asks(api, agent)
    shown = await asyncio.to_thread(server.cli, "permissions", "show", id)
    assert PLAN["plan"] in shown.stdout
    assert "accept-edits or ask-for-edits" in shown.stdout, "the profile's way first"
    words = ("permissions", "allow", id, "--after-plan", "ask-for-edits")
    done = await asyncio.to_thread(server.cli, *words)
    assert done.returncode == 0, done.stderr
    assert (await asking)["updatedPermissions"][0]["mode"] == "default"


async def test_the_choice_is_kept_for_an_agent_that_asks_again(
    api: Api, server: Server, project: str
) -> None:
    """Its connection broke, or the server started again, before it had the answer."""
    agent = await Scripted.start(api, server.home, project)
    asking = asyncio.ensure_future(agent.asks("ExitPlanMode", PLAN, chorus_report_id="the-plan"))
    id = (await pending(api, agent.task))[0]["id"]
    await respond(api, id, decision="ALLOW", afterPlan="ACCEPT_EDITS")
    first = await asking
    assert first["updatedPermissions"][0]["mode"] == "acceptEdits"
    assert await agent.asks("ExitPlanMode", PLAN, chorus_report_id="the-plan") == first


async def test_a_profile_is_not_escaped(api: Api, server: Server, project: str) -> None:
    agent = await Scripted.start(api, server.home, project, permissionProfile="read_only")
    asking, id = await asks(api, agent)
    assert (await shown(api, agent.task))["planOptions"] == []
    with pytest.raises(ApiError, match="profile or a rule decides about edits"):
        await respond(api, id, decision="ALLOW", afterPlan="ACCEPT_EDITS")
    await api.respond(id, "ALLOW")
    assert "updatedPermissions" not in await asking
    assert await agent.uses("Edit", **EDIT) == "deny"


async def test_an_agent_without_a_plan_says_so(api: Api, server: Server, project: str) -> None:
    agent = await Scripted.start(api, server.home, project)
    asking, id = await asks(api, agent, {})
    found = await shown(api, agent.task)
    assert (found["summary"], found["detail"]) == (
        "Wants to begin, and has written no plan",
        "Wants to begin, and has written no plan.",
    )
    await api.respond(id, "DENY", message="Plan first")
    assert (await asking) == {"behavior": "deny", "message": "Plan first"}


async def test_a_plan_approved_in_the_terminal_is_withdrawn(api: Api, server: Server, project: str) -> None:
    """The newest Claude Code tells the end of the tool without the plan."""
    agent = await Scripted.start(api, server.home, project)
    asking, _ = await asks(api, agent)
    await agent.report("PostToolUse", tool_name="ExitPlanMode", tool_input={})
    assert await asking == {}
    assert (await shown(api, agent.task))["state"] == "WITHDRAWN"
