"""What clients are told of the tools an agent uses, whichever agent reports it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.agent_hooks import AgentHooks, agent_hooks
from tests.support.live import Api

pytestmark = pytest.mark.timeout(240)


async def working(api: Api, project: str) -> tuple[str, AgentHooks]:
    task = await api.create("Work", projectId=project, agent="sleeper", description="work")
    await api.start(task)
    await api.until(task, lambda one: one["messages"][0]["state"] == "DELIVERED")
    return task, agent_hooks(task)


async def told(api: Api, task: str, kind: str) -> list[dict[str, Any]]:
    return [event["data"] for event in await api.events(task=task) if event["kind"] == kind]


async def test_an_edit_with_its_patch(api: Api, project: str) -> None:
    task, agent = await working(api, project)
    hunk = {"oldStart": 1, "oldLines": 1, "newStart": 1, "newLines": 1, "lines": ["-one", "+two"]}
    given = {"file_path": "/r/app.py", "old_string": "one", "new_string": "two"}
    await agent.tool("Edit", given, {"filePath": "/r/app.py", "structuredPatch": [hunk]})
    start, end = await told(api, task, "agent.tool")
    assert (start["phase"], start["toolName"], start["useId"]) == ("start", "Edit", "use-1")
    assert (start["input"], start["agentRef"], start["truncated"]) == (given, None, False)
    assert (end["phase"], end["files"], end["patch"], end["result"]) == ("end", ["/r/app.py"], [hunk], None)


async def test_a_failure_and_a_subagent(api: Api, project: str) -> None:
    task, agent = await working(api, project)
    await agent.report(
        "PostToolUseFailure",
        tool_name="Bash",
        tool_input={"command": "make"},
        tool_use_id="u",
        error="Exit code 2\nno rule",
        agent_id="sub-1",
        agent_type="general-purpose",
    )
    [failed] = await told(api, task, "agent.tool")
    assert (failed["phase"], failed["result"]) == ("failed", "Exit code 2\nno rule")
    assert (failed["agentRef"], failed["error"]) == ("sub-1", "Exit code 2")


async def test_what_is_long_is_cut_and_says_so(api: Api, project: str) -> None:
    task, agent = await working(api, project)
    lines = [f"+line {number}" for number in range(5_000)]
    hunk = {"oldStart": 0, "oldLines": 0, "newStart": 1, "newLines": len(lines), "lines": lines}
    given = {"file_path": "/r/long.txt", "content": "€" * 20_000}
    await agent.tool("Write", given, {"type": "create", "structuredPatch": [hunk]})
    await agent.tool("Bash", {"command": "cat long"}, {"stdout": "y" * 100_000}, "use-2")
    found = await told(api, task, "agent.tool")
    assert [one["truncated"] for one in found] == [True, True, False, True]
    assert max(len(json.dumps(one, ensure_ascii=False).encode()) for one in found) < 16 * 1024
    assert found[1]["input"]["file_path"] == "/r/long.txt"
    assert found[1]["patch"][0]["lines"][:2] == ["+line 0", "+line 1"]
    assert found[3]["result"].startswith("yyy")


async def test_the_last_words_of_a_turn(api: Api, project: str) -> None:
    task, agent = await working(api, project)
    await agent.report("Stop", last_assistant_message="All done.\n\nSee app.py.")
    [said] = await told(api, task, "agent.text")
    assert (said["text"], said["truncated"], said["agentRef"]) == ("All done.\n\nSee app.py.", False, None)


async def test_what_a_task_changed_is_counted_after_each_commit(api: Api, project: str) -> None:
    task, agent = await working(api, project)
    counts = "worktree addedLines removedLines changedFiles commits { id }"
    before = await api.task(task, counts)
    assert [before["addedLines"], before["removedLines"], before["changedFiles"]] == [None] * 3
    folder = Path(before["worktree"])
    (folder / "app.py").write_text("two\nthree\n")
    await agent.tool("Edit", {"file_path": str(folder / "app.py")}, {})
    await api.until(task, lambda one: len(one["commits"]) == 1)
    (folder / "new.txt").write_text("x\n")
    await agent.report("Stop")
    await api.until(task, lambda one: len(one["commits"]) == 2)
    after = await api.task(task, counts)
    assert [after["addedLines"], after["removedLines"], after["changedFiles"]] == [3, 1, 2]
