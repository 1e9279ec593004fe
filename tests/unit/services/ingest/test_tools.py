"""What is written when an agent reports a tool: a bounded event, and commits of what it changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from chorus_hooks.tools import use

from chorus.model import (
    AgentStatus,
    FileEdit,
    Hunk,
    PermissionAsked,
    PermissionState,
    ToolFinished,
    ToolStarted,
)
from tests.support.services import Core, services


async def test_a_tool_is_told_of_before_and_after(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        run, given = await core.run(task.id), {"command": "make test"}
        await core.told(task.id, ToolStarted(use("Bash", given), use_id="u1"))
        await core.told(task.id, ToolFinished(use("Bash", given), use_id="u1", result="all passed"))
        await core.told(
            task.id, ToolFinished(use("Bash", given), use_id="u2", ok=False, error="no rule\nat all")
        )
        start, end, failed = [event.data for event in await core.events("agent.tool")]
        head = {
            "runId": run.id,
            "toolName": "Bash",
            "toolKind": "RUN",
            "summary": "make test",
            "agentRef": None,
            "input": given,
        }
        assert start == {**start, **head, "phase": "start", "useId": "u1", "truncated": False}
        after: dict[str, Any] = {**head, "patch": [], "files": [], "truncated": False}
        assert end == {**after, "phase": "end", "useId": "u1", "result": "all passed", "error": None}
        assert failed == {
            **after,
            "phase": "failed",
            "useId": "u2",
            "result": "no rule\nat all",
            "error": "no rule",
        }


LONG = "x" * 1_000_000
DEEP: dict[str, Any] = {"all": [{"text": LONG} for _ in range(50)]}


@pytest.mark.parametrize(
    "signal",
    [
        ToolStarted(use("Write", {"file_path": "/x", "content": LONG})),
        ToolStarted(use("Odd", DEEP)),
        ToolFinished(use("Bash", {"command": LONG}), result=LONG),
        ToolFinished(use("Bash", {"command": "make"}), ok=False, error=LONG),
        ToolFinished(use("Edit", {}), edits=(FileEdit("/x", (Hunk(1, 1, 1, 1, tuple(["+" + LONG] * 20)),)),)),
    ],
    ids=["content", "depth", "result", "error", "patch"],
)
async def test_an_event_is_bounded_however_long_the_tool_is(
    tmp_path: Path, signal: ToolStarted | ToolFinished
) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await core.told(task.id, signal)
        [event] = await core.events("agent.tool")
        assert event.data["truncated"]
        assert len(json.dumps(event.data)) <= 16 * 1024


async def commits(core: Core, task_id: str) -> list[dict[str, Any]]:
    return [dict(command.payload) for command in await core.commands("commit", task_id)]


async def test_edits_are_committed_with_what_and_why(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running(description="do it")
        run = await core.run(task.id)
        edits = (FileEdit("/w/app.py", created=True), FileEdit("/w/lib/util.py", created=True))
        await core.told(task.id, ToolFinished(use("Write", {}), use_id="u1", edits=edits))
        [commit] = await commits(core, task.id)
        assert (commit["key"], commit["use_id"]) == (f"edit:{run.id}:u1", "u1")
        assert commit["message"] == "Add app.py, util.py\n\ndo it\n\nTask: Task\nAgent: fake\n"
        assert [edit["path"] for edit in commit["edits"]] == ["/w/app.py", "/w/lib/util.py"]


async def test_what_failed_or_changed_nothing_is_not_committed(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await core.told(
            task.id, ToolFinished(use("Edit", {}), ok=False, edits=(FileEdit("/w/x"),), error="no")
        )
        await core.told(task.id, ToolFinished(use("Bash", {"command": "make"}), use_id="u1"))
        assert await commits(core, task.id) == []


async def test_where_tasks_share_a_folder_each_command_is_committed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with services(tmp_path) as core:
        task = await core.running(description="do it")
        run = await core.run(task.id)
        monkeypatch.setattr(type(core.plugins), "shares_tree", lambda plugins, backend: backend == "memory")
        await core.told(task.id, ToolFinished(use("Bash", {"command": "make"}), use_id="u1"))
        await core.told(task.id, ToolFinished(use("Read", {"file_path": "/w/x"}), use_id="u2"))
        await core.told(task.id, ToolFinished(use("Bash", {"command": "make"})))
        [commit] = await commits(core, task.id)
        assert (commit["key"], commit["edits"]) == (f"tool:{run.id}:u1", None)


async def test_a_tool_that_has_ended_was_answered_in_the_terminal(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        run, given = await core.run(task.id), {"command": "make"}
        ask = core.services.permissions.requests.ask
        for command in ("make", "make test"):
            asked = PermissionAsked(use("Bash", {"command": command}))
            await core.database.write(ask, run, asked, "fake", None)
            await core.told(task.id, asked)
        await core.told(task.id, ToolFinished(use("Bash", given)))
        found = {
            request.summary: (request.state, request.message)
            for request in await core.services.permissions.inbox.list(None, task.id)
        }
        assert found == {
            "make": (PermissionState.WITHDRAWN, "answered in the terminal"),
            "make test": (PermissionState.PENDING, None),
        }
        shown = await core.task(task.id)
        assert (shown.agent_status, shown.activity) == (AgentStatus.WAITING, "Needs approval: make test")
