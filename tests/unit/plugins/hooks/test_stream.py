"""What a headless Claude Code says: lines recorded from 2.1.197 and 2.1.329, trimmed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from chorus_hooks.stream import EVENTS, ClaudeStream, events
from chorus_hooks.tools import use

from chorus.backends import Verdict
from chorus.errors import BadInput
from chorus.model import (
    AgentStatus,
    FileEdit,
    PermissionAsked,
    PermissionDecision,
    PromptAccepted,
    SessionSeen,
    StatusSeen,
    TextSeen,
    ToolFinished,
    TurnEnded,
    TurnFailed,
    Unknown,
)

SOURCE = ClaudeStream()
THINKING = AgentStatus.THINKING
USE = {"type": "tool_use", "id": "toolu_1", "name": "Write", "input": {"file_path": "/repo/a.py"}}
BASH = {"type": "tool_use", "id": "toolu_2", "name": "Bash", "input": {"command": "pytest -q"}}
WRITTEN = {"type": "create", "filePath": "/repo/a.py", "structuredPatch": []}
ASK = {
    "type": "control_request",
    "request_id": "37f9",
    "request": {
        "subtype": "can_use_tool",
        "tool_name": "Bash",
        "display_name": "Bash",
        "input": {"command": "npm test", "description": "d"},
        "permission_suggestions": [{"type": "addRules"}],
        "tool_use_id": "toolu_3",
    },
}


def assistant(*blocks: Any, **more: Any) -> dict[str, Any]:
    return {"type": "assistant", "message": {"role": "assistant", "content": list(blocks)}, **more}


def user(content: Any, **more: Any) -> dict[str, Any]:
    return {"type": "user", "message": {"role": "user", "content": content}, **more}


def returned(use: str, content: Any, **more: Any) -> dict[str, Any]:
    block = {"type": "tool_result", "tool_use_id": use, "content": content}
    return user([{**block, "is_error": more.pop("is_error", False)}], **more)


def result(**fields: Any) -> dict[str, Any]:
    return {"type": "result", "subtype": "success", "is_error": False, "result": "All done.", **fields}


def system(subtype: str, **fields: Any) -> dict[str, Any]:
    return {"type": "system", "subtype": subtype, **fields}


def signals(*lines: dict[str, Any]) -> list[Any]:
    """What the last line means after those before it."""
    memory: dict[str, Any] = {}
    whole = [SOURCE.complete(line, memory) for line in lines]
    return list(SOURCE.interpret(json.loads(json.dumps(whole[-1]))))


@pytest.mark.parametrize(
    ("line", "names", "meaning"),
    [
        (system("init", session_id="82d2"), ["session_start"], [SessionSeen("82d2")]),
        (
            user("Fix it", isReplay=True),
            ["user"],
            [PromptAccepted("Fix it"), StatusSeen(THINKING, "Fix it")],
        ),
        (user("<task-notification>done</task-notification>", isReplay=True), ["user"], []),
        (user([{"type": "text", "text": "Do the part"}], parent_tool_use_id="toolu_9"), ["user"], []),
        (user([{"type": "text", "text": "[Request interrupted by user]"}]), ["user"], []),
        (assistant({"type": "text", "text": "I will."}), ["assistant", "text"], [TextSeen("I will.")]),
        (assistant({"type": "thinking", "thinking": "hm"}), ["assistant"], []),
        (
            assistant(USE),
            ["assistant", "tool_use"],
            [StatusSeen(AgentStatus.EDITING, "Writing a.py")],
        ),
        (
            assistant(BASH, parent_tool_use_id="toolu_9", agent_id="a98f"),
            ["assistant", "tool_use"],
            [StatusSeen(AgentStatus.RUNNING, "Running pytest -q", agent="a98f")],
        ),
        (
            assistant(BASH, parent_tool_use_id="toolu_9"),
            ["assistant", "tool_use"],
            [StatusSeen(AgentStatus.RUNNING, "Running pytest -q", agent="toolu_9")],
        ),
        (
            assistant({"type": "text", "text": "API Error: 400"}, error="unknown"),
            ["assistant", "text", "error"],
            [],
        ),
        (
            ASK,
            ["permission_request"],
            [PermissionAsked(use("Bash", ASK["request"]["input"]), (), "toolu_3")],  # type: ignore[index]
        ),
        (
            system("api_retry", attempt=1, max_retries=10, error_status=529, error="overloaded"),
            ["error"],
            [StatusSeen(THINKING, "Retrying, attempt 1 of 10: overloaded")],
        ),
        (
            system("status", status="compacting"),
            ["system"],
            [StatusSeen(THINKING, "Compacting the conversation")],
        ),
        (
            system("compact_boundary"),
            ["system"],
            [StatusSeen(THINKING, "The conversation was compacted")],
        ),
        (system("status", status="requesting"), ["system"], []),
        (system("thinking_tokens", estimated_tokens=1), ["system"], []),
        (system("hook_response", hook_event="PreToolUse"), ["system"], []),
        (system("model_fallback"), ["system"], [Unknown("system/model_fallback")]),
        ({"type": "rate_limit_event"}, [], [Unknown("rate_limit_event")]),
        ({"type": "command_lifecycle", "state": "queued"}, [], []),
        ({"type": "control_cancel_request", "request_id": "37f9"}, [], []),
        ({"type": "control_response", "response": {"subtype": "success", "request_id": "37f9"}}, [], []),
        (
            {"type": "control_response", "response": {"subtype": "success", "response": {"commands": []}}},
            [],
            [StatusSeen(AgentStatus.IDLE, "Ready")],
        ),
        (result(), ["result"], [TurnEnded("All done.")]),
        (
            # The order of keys differs between versions.
            {"duration_api_ms": 1, "result": "All done.", "is_error": False, "type": "result"},
            ["result"],
            [TurnEnded("All done.")],
        ),
        (
            result(subtype="error_during_execution", is_error=True, terminal_reason="aborted_tools"),
            ["result", "error"],
            [TurnEnded("Interrupted")],
        ),
        (
            result(subtype="error_max_turns", is_error=True, result=None, errors=["too many"]),
            ["result", "error"],
            [TurnFailed("error_max_turns", "too many")],
        ),
        ({"type": "something_new", "data": 1}, [], [Unknown("something_new")]),
        ({}, [], [Unknown("None")]),
    ],
)
def test_lines(line: dict[str, Any], names: list[str], meaning: list[Any]) -> None:
    assert list(events(line)) == names
    assert set(names) <= set(EVENTS)
    assert signals(line) == meaning


def test_what_is_not_known_is_kept() -> None:
    line = {"type": "something_new", "data": [1]}
    [unknown] = signals(line)
    assert unknown.data == line


def test_a_result_of_a_tool_is_understood_by_the_line_that_used_it() -> None:
    answer = returned("toolu_1", "ok", tool_use_result=WRITTEN)
    assert list(events(answer)) == ["user", "tool_result"]
    finished, status = signals(assistant(USE), answer)
    edit = FileEdit("/repo/a.py", created=True)
    assert finished == ToolFinished(use("Write", {"file_path": "/repo/a.py"}), "toolu_1", edits=(edit,))
    assert status == StatusSeen(THINKING, "Thinking")


def test_what_a_command_said_and_what_went_wrong() -> None:
    said, _ = signals(
        assistant(BASH), returned("toolu_2", "1 passed", tool_use_result={"stdout": "1 passed"})
    )
    assert said.result == "1 passed"
    failed, _ = signals(
        assistant(BASH),
        returned("toolu_2", "Exit code 1", is_error=True, tool_use_result="Error: Exit code 1"),
    )
    assert (failed.ok, failed.error) == (False, "Exit code 1")


def test_a_result_whose_use_nobody_saw() -> None:
    finished, _ = signals(returned("toolu_7", [{"type": "text", "text": "x"}]))
    assert (finished.tool, finished.result) == (use("tool", {}), "x")


def test_background_tasks_keep_the_agent_at_work() -> None:
    """The older version tells of each, the newer one of all."""
    begun = system("task_started", task_id="b1", task_type="local_bash")
    assert signals(begun, result()) == [TurnEnded("All done.", 1)]
    over = system("task_notification", task_id="b1", status="completed")
    assert signals(begun, over, result()) == [TurnEnded("All done.")]
    changed = system("background_tasks_changed", tasks=[{"task_id": "b1"}, {"task_id": "b2"}])
    assert signals(begun, changed, result()) == [TurnEnded("All done.", 2)]
    assert signals(changed, system("background_tasks_changed", tasks=[]), result()) == [
        TurnEnded("All done.")
    ]


def test_an_error_of_the_api_is_named_by_the_line_before() -> None:
    said = assistant({"type": "text", "text": "API Error: 429"}, error="rate_limit")
    failed = result(is_error=True, api_error_status=429, result="API Error: 429")
    assert signals(said, failed) == [TurnFailed("rate_limit", "API Error: 429")]


def test_answers() -> None:
    assert SOURCE.asks(ASK) == "37f9"
    assert SOURCE.takes_back({"type": "control_cancel_request", "request_id": "37f9"}) == "37f9"
    allowed = SOURCE.answer(ASK, Verdict(PermissionDecision.ALLOW))
    assert allowed["response"] == {
        "subtype": "success",
        "request_id": "37f9",
        "response": {"behavior": "allow", "updatedInput": {"command": "npm test", "description": "d"}},
    }
    denied = SOURCE.answer(ASK, Verdict(PermissionDecision.DENY, message="no", interrupt=True))
    assert denied["response"]["response"] == {"behavior": "deny", "message": "no", "interrupt": True}


def test_a_question_is_answered_with_a_choice() -> None:
    asked = {"tool_name": "AskUserQuestion", "input": {"questions": [{"question": "Which?"}]}}
    line = {"type": "control_request", "request_id": "1", "request": {"subtype": "can_use_tool", **asked}}
    answer = SOURCE.answer(line, Verdict(PermissionDecision.ALLOW, message="B"))
    assert answer["response"]["response"]["updatedInput"]["answers"] == {"Which?": "B"}
    with pytest.raises(BadInput):
        SOURCE.answer(line, Verdict(PermissionDecision.ALLOW))


def test_lines_for_the_agent_hold_their_mark() -> None:
    for line in (SOURCE.opening("m-1"), SOURCE.prompt("Hi", "m-1"), SOURCE.interruption("m-1")):
        assert '"m-1"' in json.dumps(line)
    assert SOURCE.prompt("Hi", "m-1") == SOURCE.prompt("Hi", "m-1")
    assert SOURCE.prompt("/clear", "m-1")["message"]["content"] == "Text: /clear"
