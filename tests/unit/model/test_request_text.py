"""What a person is shown of a request before they decide."""

from __future__ import annotations

from typing import Any

import pytest
from chorus_hooks.tools import use, with_change

from chorus.model.request_text import SHOWN, detail


@pytest.mark.parametrize(
    ("tool", "given", "expected"),
    [
        ("Bash", {"command": "make\nmake test", "description": "d"}, "make\nmake test"),
        (
            "Edit",
            {"file_path": "/w/a.py", "old_string": "one\ntwo\n", "new_string": "one\n--- 2\n"},
            "/w/a.py\n one\n-two\n+--- 2",
        ),
        (
            "Edit",
            {"file_path": "a", "old_string": "x", "new_string": "", "replace_all": True},
            "a\n-x\n(everywhere in the file)",
        ),
        ("Write", {"file_path": "a", "content": "new\n"}, "a\n+new"),
        ("NotebookEdit", {"notebook_path": "n.ipynb", "new_source": "1"}, "n.ipynb\n+1"),
        (
            "MultiEdit",
            {
                "file_path": "a",
                "edits": [
                    {"old_string": "1", "new_string": "2"},
                    {"old_string": "3", "new_string": "4"},
                ],
            },
            "a\n-1\n+2\n-3\n+4",
        ),
        ("ExitPlanMode", {"plan": "# Plan\nDo it.", "planFilePath": "/p.md"}, "# Plan\nDo it."),
        ("ExitPlanMode", {}, "Wants to begin, and has written no plan."),
        (
            "AskUserQuestion",
            {"questions": [{"question": "Which?", "multiSelect": True, "options": [{"label": "A"}]}]},
            "Which? (several may be chosen)\n- A",
        ),
        ("mcp__db__query", {"sql": "SELECT ü"}, '{\n  "sql": "SELECT ü"\n}'),
        ("Edit", {"file_path": "a", "old_string": 1}, '{\n  "file_path": "a",\n  "old_string": 1\n}'),
    ],
)
def test_detail(tool: str, given: dict[str, Any], expected: str) -> None:
    assert detail(with_change(use(tool, given))) == expected


def test_what_is_too_long_is_cut_and_said() -> None:
    shown = detail(use("Bash", {"command": "x" * (SHOWN + 1234)}))
    assert shown.endswith("… and 1,234 more characters")
