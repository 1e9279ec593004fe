"""Reports that come too late, out of order, twice, or from an agent that is gone: none moves the status."""

from __future__ import annotations

import os
import signal
from typing import Any

import httpx
import pytest

from tests.support.agent_hooks import AgentHooks, agent_hooks
from tests.support.live import Api

pytestmark = pytest.mark.timeout(240)

BASH: dict[str, Any] = {"tool_name": "Bash", "tool_input": {"command": "make"}, "tool_use_id": "u1"}


async def working(api: Api, project: str) -> tuple[str, AgentHooks]:
    task = await api.create("Work", projectId=project, agent="sleeper", description="work")
    await api.start(task)
    await api.until(task, lambda one: one["messages"][0]["state"] == "DELIVERED")
    agent = agent_hooks(task)
    await agent.report("SessionStart", source="startup", session_id="one")
    await agent.report("UserPromptSubmit", prompt="work")
    return task, agent


async def does(api: Api, task: str) -> str:
    found = await api.task(task)
    return f"{found['agentStatus']}: {found['activity']}"


async def test_what_is_told_after_the_end_of_the_turn(api: Api, project: str) -> None:
    task, agent = await working(api, project)
    await agent.report("PreToolUse", **BASH)
    assert await does(api, task) == "RUNNING: Running make"
    await agent.report("Stop", last_assistant_message="All done.")
    late: list[tuple[str, dict[str, Any]]] = [
        ("PostToolUse", {**BASH, "tool_response": {"stdout": "ok"}}),
        ("PostToolUseFailure", {**BASH, "tool_use_id": "u2", "error": "no"}),
        (
            "Notification",
            {"notification_type": "permission_prompt", "message": "Claude needs your permission"},
        ),
        ("PostCompact", {"trigger": "auto"}),
        ("SubagentStop", {"agent_id": "a", "agent_type": "x", "last_assistant_message": "sub"}),
    ]
    for event, fields in late:
        await agent.report(event, **fields)
        assert await does(api, task) == "IDLE: All done."
    # What begins a turn counts, whether its prompt was told or not.
    await agent.report("PreToolUse", **{**BASH, "tool_use_id": "u3"})
    assert await does(api, task) == "RUNNING: Running make"


async def test_a_start_of_the_session_that_is_told_after_the_first_prompt(api: Api, project: str) -> None:
    task, agent = await working(api, project)
    await agent.report("SessionStart", source="startup", session_id="one")
    assert await does(api, task) == "THINKING: work"
    # A conversation that a person clears is another matter.
    await agent.report("SessionEnd", reason="clear")
    await agent.report("SessionStart", source="clear", session_id="two")
    assert await does(api, task) == "IDLE: Ready, the conversation was cleared"
    assert (await api.task(task))["runs"][0]["agentSessionId"] == "two"


async def test_background_tasks_and_the_note_that_one_has_ended(api: Api, project: str) -> None:
    task, agent = await working(api, project)
    running = [{"id": str(number), "type": "shell", "status": "running"} for number in range(2)]
    await agent.report("Stop", background_tasks=running)
    assert await does(api, task) == "RUNNING: Waiting for 2 background tasks"
    await agent.report("Notification", notification_type="idle_prompt", message="Claude waits for you")
    assert await does(api, task) == "RUNNING: Waiting for 2 background tasks"
    note = "<task-notification>\n<summary>Background command ended</summary></task-notification>"
    await agent.report("UserPromptSubmit", prompt=note)
    assert await does(api, task) == "THINKING: Background command ended"
    await agent.report("Stop", background_tasks=running[:1])
    assert await does(api, task) == "RUNNING: Waiting for 1 background task"
    assert [one["state"] for one in (await api.task(task))["messages"]] == ["ACCEPTED"]


async def test_an_agent_of_an_earlier_run_has_no_say(api: Api, project: str) -> None:
    task, agent = await working(api, project)
    os.kill(agent.pid, signal.SIGKILL)
    await api.until(task, lambda one: one["runs"][0]["end"] is not None)
    await api.act("restartAgent", task, prompt="again")
    await api.until(task, lambda one: one["messages"][-1]["state"] == "DELIVERED")
    before = await does(api, task)
    with pytest.raises(httpx.HTTPStatusError) as refused:
        await agent.report("Stop", last_assistant_message="from the past")
    assert refused.value.response.status_code in (401, 410)
    assert await does(api, task) == before


async def test_the_same_report_twice(api: Api, project: str) -> None:
    task, agent = await working(api, project)
    for _ in range(2):
        await agent.report("Stop", last_assistant_message="Done.", chorus_report_id="stop-1")
    await agent.report("UserPromptSubmit", prompt="more", chorus_report_id="prompt-2")
    await agent.report("Stop", last_assistant_message="Done.", chorus_report_id="stop-1")
    assert await does(api, task) == "THINKING: more"
    turns = [event for event in await api.events(task=task) if event["kind"] == "agent.turn"]
    assert len(turns) == 1
