"""What an agent did, as clients and the command line see it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.agent_hooks import agent_hooks
from tests.support.live import Api, ApiError, Server

pytestmark = pytest.mark.timeout(240)

ACTIVITIES = """query($id: ID!, $first: Int, $before: String) { task(id: $id) {
  activities(first: $first, before: $before) { id at endedAt agentStatus activity source detail } } }"""


async def worked(api: Api, project: str) -> str:
    """A task whose agent has read, thought twice, run something and finished."""
    task = await api.create("Work", projectId=project, agent="sleeper", description="work")
    await api.start(task)
    await api.until(task, lambda one: one["messages"][0]["state"] == "DELIVERED")
    agent = agent_hooks(task)
    await agent.report("UserPromptSubmit", prompt="work")
    await agent.tool("Read", {"file_path": "/r/a.py"}, {}, "1")
    await agent.report("PostToolUse", tool_name="Read", tool_input={"file_path": "/r/b.py"}, tool_use_id="x")
    await agent.tool("Bash", {"command": "make"}, {"stdout": "ok"}, "2")
    await agent.report("Stop", last_assistant_message="All done.")
    return task


async def page(api: Api, task: str, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await api.call(ACTIVITIES, id=task, **more))["task"]["activities"]
    return found


async def test_the_newest_first_with_their_times_and_sources(api: Api, project: str) -> None:
    task = await worked(api, project)
    found = await page(api, task)
    assert [(one["agentStatus"], one["activity"]) for one in found] == [
        ("IDLE", "All done."),
        ("THINKING", "Thinking"),
        ("RUNNING", "Running make"),
        ("THINKING", "Thinking"),
        ("READING", "Reading a.py"),
        ("THINKING", "work"),
        ("STARTING", "Starting"),
    ]
    assert found[0]["endedAt"] is None
    for newer, older in zip(found, found[1:], strict=False):
        assert older["at"] <= older["endedAt"] == newer["at"]
    assert {one["source"] for one in found} == {"claude-hooks", "process"}
    assert {one["detail"]["runId"] for one in found} == {(await api.task(task))["runs"][0]["id"]}


async def test_a_page_at_a_time(api: Api, project: str) -> None:
    task = await worked(api, project)
    whole = await page(api, task)
    paged: list[dict[str, Any]] = []
    while one := await page(api, task, first=2, before=paged[-1]["id"] if paged else None):
        paged += one
    assert paged == whole
    for wrong in ({"first": 0}, {"first": 201}, {"before": "nothing"}):
        with pytest.raises(ApiError) as found:
            await page(api, task, **wrong)
        assert found.value.code == "BAD_INPUT"


async def test_a_task_that_never_ran_did_nothing(api: Api, project: str) -> None:
    assert await page(api, await api.create("New", projectId=project, agent="sleeper")) == []


async def test_the_command_line(server: Server, api: Api, project: str) -> None:
    task = await worked(api, project)
    listed = json.loads(server.cli("task", "history", task, "--json", "--first", "3").stdout)
    assert [one["activity"] for one in listed] == ["All done.", "Thinking", "Running make"]
    older = server.cli("task", "history", task, "--before", listed[-1]["id"])
    assert "Reading a.py" in older.stdout
    assert "Running make" not in older.stdout
    shown = server.cli("task", "show", task).stdout
    found = dict(line.split("  ", 1) for line in shown.splitlines() if "  " in line)
    assert found["doing"].strip() == "IDLE: All done."
    assert " UTC, for " in found["since"]
    assert found["known from"].strip() == "claude-hooks"
    assert found["waits for"].strip() == "the next message, or to be completed"
    assert shown.index("Running make") < shown.index("All done.", shown.index("Running make"))
