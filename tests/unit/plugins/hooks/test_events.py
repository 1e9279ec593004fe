"""What the hooks' payloads mean: those recorded from both CLIs, and those of other agents."""

from __future__ import annotations

from typing import Any

import pytest
from chorus_hooks import ClaudeHooks

from chorus.errors import BadInput
from chorus.model import AgentStatus, StatusSeen, ToolFinished
from tests.support.recorded import Recorded, described, payloads

SOURCE = ClaudeHooks()


@pytest.mark.parametrize("recorded", payloads(), ids=str)
def test_recorded_payloads(recorded: Recorded) -> None:
    assert described(SOURCE.interpret(recorded.payload)) == recorded.means


@pytest.mark.parametrize(
    ("payload", "means"),
    [
        ({"hook_event_name": "Stop"}, ["turn ended, 0 in the background: None"]),
        ({"hook_event_name": "SessionStart"}, ["IDLE: Ready"]),
        ({"hook_event_name": "UserPromptSubmit"}, ["THINKING: Thinking"]),
        ({"hook_event_name": "SessionEnd"}, ["left: other"]),
        ({"hook_event_name": "SessionEnd", "reason": "resume"}, []),
        ({"hook_event_name": "StopFailure"}, ["turn failed, unknown: None"]),
        ({"hook_event_name": "SubagentStart"}, []),
        ({"hook_event_name": "Notification"}, []),
        ({"hook_event_name": "Notification", "notification_type": "auth_success"}, []),
        (
            {"hook_event_name": "PreToolUse", "tool_name": "mcp__db__query"},
            ["mcp__db__query started, id False", "RUNNING: Using db query"],
        ),
        (
            {"hook_event_name": "PermissionRequest", "tool_name": "mcp__db__query"},
            ["mcp__db__query asked, 0 suggestions", "WAITING: Needs approval: db query"],
        ),
        (
            {
                "hook_event_name": "PermissionRequest",
                "tool_name": "Edit",
                "tool_input": {"file_path": "/r/a.py"},
            },
            ["Edit asked, 0 suggestions", "WAITING: Needs approval: Edit a.py"],
        ),
        (
            {"hook_event_name": "PostToolUseFailure", "tool_name": "Bash", "is_interrupt": True},
            ["Bash failed, id False", "IDLE: Interrupted"],
        ),
        ({"hook_event_name": "PostCompact", "trigger": "auto"}, ["THINKING: The conversation was compacted"]),
        (
            {
                "hook_event_name": "Stop",
                "background_tasks": [{"status": "completed"}, {}, {"status": "running"}],
            },
            ["turn ended, 2 in the background: None"],
        ),
        ({"hook_event_name": "WorktreeCreate"}, ["unknown WorktreeCreate"]),
        ({"hook_event_name": "SomethingNew", "tool_name": 3}, ["unknown SomethingNew"]),
    ],
)
def test_payloads_of_other_agents(payload: dict[str, Any], means: list[str]) -> None:
    assert described(SOURCE.interpret(payload)) == means


def doing(tool: str, **given: Any) -> str | None:
    signals = SOURCE.interpret({"hook_event_name": "PreToolUse", "tool_name": tool, "tool_input": given})
    [status] = [signal for signal in signals if isinstance(signal, StatusSeen)]
    return status.activity


def test_activities_are_one_short_printable_line() -> None:
    assert doing("Bash", command="pytest -q\nrm -rf build") == "Running pytest -q"
    assert doing("Bash", command="echo \x1b[31m\x07red") == "Running echo [31mred"
    assert doing("Bash", command={"not": "text"}) == "Running Bash"
    assert doing("Bash") == "Running Bash"
    assert doing("Edit", file_path="/") == "Editing /"
    assert len(doing("Bash", command="x" * 10_000) or "") == 120
    assert len(doing("T" * 10_000) or "") == 120


def edits(tool: str, given: dict[str, Any], answer: Any) -> Any:
    report = {
        "hook_event_name": "PostToolUse",
        "tool_name": tool,
        "tool_input": given,
        "tool_response": answer,
    }
    [finished] = [signal for signal in SOURCE.interpret(report) if isinstance(signal, ToolFinished)]
    return finished.edits


@pytest.mark.parametrize(
    "patch",
    [
        "text",
        [1],
        [{"oldStart": 1}],
        [{"oldStart": "1", "oldLines": 1, "newStart": 1, "newLines": 1, "lines": []}],
        [{"oldStart": 1, "oldLines": 1, "newStart": 1, "newLines": 1, "lines": [2]}],
    ],
)
def test_a_strange_patch_leaves_the_file_named(patch: Any) -> None:
    [edit] = edits("Edit", {"file_path": "/r/a"}, {"structuredPatch": patch})
    assert (edit.path, edit.hunks) == ("/r/a", ())


def test_only_editing_tools_edit() -> None:
    assert edits("Read", {"file_path": "/r/a"}, {"structuredPatch": []}) == ()
    assert edits("Edit", {}, {}) == ()
    assert edits("Write", {"file_path": "/r/a"}, "done")[0].path == "/r/a"


def test_names_of_reports() -> None:
    """The same report has the same name; two that differ in anything never share one."""
    rows = [recorded for recorded in payloads() if SOURCE.source_id(recorded.payload)]
    names = {SOURCE.source_id(recorded.payload) for recorded in rows}
    assert len(names) == len({str(recorded.payload) for recorded in rows}) > 50
    use = {"hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_use_id": "t"}
    assert SOURCE.source_id(use) == SOURCE.source_id(dict(use))
    assert SOURCE.source_id(use) != SOURCE.source_id({**use, "tool_input": {"command": "ls"}})
    assert SOURCE.source_id({"hook_event_name": "Stop"}) is None
    with pytest.raises(BadInput):
        SOURCE.source_id({})


def test_status_of_a_subagent_is_its_own() -> None:
    for recorded in payloads():
        agent = recorded.payload.get("agent_id")
        signals = SOURCE.interpret(recorded.payload)
        assert {signal.agent for signal in signals} <= {agent}
    assert AgentStatus.STOPPED in {
        signal.status
        for recorded in payloads()
        for signal in SOURCE.interpret(recorded.payload)
        if isinstance(signal, StatusSeen) and signal.agent
    }
