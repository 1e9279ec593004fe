"""What tools answered, in words: in the forms the real CLIs use, and in others."""

from __future__ import annotations

from typing import Any

import pytest
from chorus_hooks import ClaudeHooks

from chorus.model import TextSeen, ToolFinished

SOURCE = ClaudeHooks()


@pytest.mark.parametrize(
    ("tool", "answer", "words"),
    [
        ("Bash", {"stdout": "hi", "stderr": "", "interrupted": False}, "hi"),
        ("Bash", {"stdout": "one", "stderr": "two"}, "one\ntwo"),
        ("Bash", {"stdout": "", "stderr": ""}, None),
        ("Read", {"type": "text", "file": {"filePath": "/r/a", "content": "# demo\n"}}, "# demo\n"),
        ("Edit", {"structuredPatch": [], "originalFile": "x"}, None),
        ("Agent", {"content": [{"type": "text", "text": "sub done"}]}, "sub done"),
        ("mcp__db__query", [{"type": "text", "text": "3 rows"}, {"type": "image"}], "3 rows"),
        ("Glob", {"filenames": ["a.py"], "numFiles": 1}, '{"filenames": ["a.py"], "numFiles": 1}'),
        ("Grep", {"mode": "content", "content": "a.py:1:x"}, "a.py:1:x"),
        ("Other", "plain", "plain"),
        ("Other", None, None),
        ("Other", {}, None),
        ("Other", 7, "7"),
        ("Bash", {"stdout": 7, "stderr": None}, None),
        ("Read", {"file": "a"}, '{"file": "a"}'),
    ],
)
def test_result(tool: str, answer: Any, words: str | None) -> None:
    report = {"hook_event_name": "PostToolUse", "tool_name": tool, "tool_response": answer}
    [finished] = [signal for signal in SOURCE.interpret(report) if isinstance(signal, ToolFinished)]
    assert finished.result == words


def test_last_words() -> None:
    stop = {"hook_event_name": "Stop", "last_assistant_message": "All done.\n\nBye."}
    assert [one for one in SOURCE.interpret(stop) if isinstance(one, TextSeen)] == [
        TextSeen("All done.\n\nBye.")
    ]
    sub = {
        "hook_event_name": "SubagentStop",
        "agent_id": "a",
        "agent_type": "x",
        "last_assistant_message": "sub",
    }
    assert TextSeen("sub", agent="a") in SOURCE.interpret(sub)
    assert not [one for one in SOURCE.interpret({"hook_event_name": "Stop"}) if isinstance(one, TextSeen)]
