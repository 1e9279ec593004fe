"""Verdicts in the words of Claude Code."""

from __future__ import annotations

from typing import Any

import pytest
from chorus_hooks import ClaudeHooks

from chorus.backends import Verdict
from chorus.errors import BadInput
from chorus.model import PermissionDecision, PermissionScope

ALLOW = PermissionDecision.ALLOW
SESSION = Verdict(ALLOW, PermissionScope.SESSION)


def asked(tool: str, suggestions: list[dict[str, Any]] | None = None, **given: Any) -> dict[str, Any]:
    return {
        "hook_event_name": "PermissionRequest",
        "cwd": "/work tree",
        "tool_name": tool,
        "tool_input": given,
        "permission_suggestions": suggestions or [],
    }


def decision(report: dict[str, Any], verdict: Verdict) -> dict[str, Any]:
    body = ClaudeHooks().answer(report, verdict)
    assert body["hookSpecificOutput"]["hookEventName"] == "PermissionRequest"
    found: dict[str, Any] = body["hookSpecificOutput"]["decision"]
    return found


def rules(report: dict[str, Any]) -> Any:
    return decision(report, SESSION)["updatedPermissions"]


def added(tool: str, content: str | None = None) -> list[dict[str, Any]]:
    rule = {"toolName": tool} | ({"ruleContent": content} if content else {})
    return [{"type": "addRules", "rules": [rule], "behavior": "allow", "destination": "session"}]


def test_yes_and_no() -> None:
    report = asked("Bash", command="make")
    assert decision(report, Verdict(ALLOW)) == {"behavior": "allow"}
    changed = Verdict(ALLOW, updated_input={"command": "make test"})
    assert decision(report, changed) == {"behavior": "allow", "updatedInput": {"command": "make test"}}
    no = Verdict(PermissionDecision.DENY, message="not now", interrupt=True)
    assert decision(report, no) == {"behavior": "deny", "message": "not now", "interrupt": True}
    bare = decision(report, Verdict(PermissionDecision.DENY))
    assert bare["message"]
    assert "interrupt" not in bare


@pytest.mark.parametrize("scope", [PermissionScope.ONCE, PermissionScope.TASK, PermissionScope.PROJECT])
def test_other_scopes_are_for_chorus_to_remember(scope: PermissionScope) -> None:
    assert decision(asked("Bash", command="make"), Verdict(ALLOW, scope)) == {"behavior": "allow"}


def test_suggestions_are_for_this_session_and_never_switch_the_mode() -> None:
    rule = {"type": "addRules", "rules": [{"toolName": "Bash", "ruleContent": "make *"}], "behavior": "allow"}
    mode = {"type": "setMode", "mode": "acceptEdits", "destination": "session"}
    deny = {**rule, "behavior": "deny"}
    suggestions: list[dict[str, Any]] = [
        {**rule, "destination": "localSettings"},
        mode,
        deny,
        {"type": "addDirectories"},
    ]
    assert rules(asked("Bash", suggestions, command="make x")) == [{**rule, "destination": "session"}]


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (asked("Bash", command="make test"), added("Bash", "make test")),
        (asked("Bash", command="rm *"), []),
        (asked("Bash", command="a\nb"), []),
        (asked("Write", file_path="/work tree/a.py"), added("Edit", "//work tree/**")),
        (asked("NotebookEdit", notebook_path="/else/n.ipynb"), added("Edit", "//else/n.ipynb")),
        (asked("Edit", file_path="/work tree/../else"), []),
        (asked("Edit", file_path="/else/[a]"), []),
        (asked("Edit", file_path="relative"), []),
        (asked("Edit"), []),
        (asked("mcp__db__query", sql="…"), added("mcp__db__query")),
        (asked("WebFetch", url="http://x"), []),
    ],
)
def test_without_a_suggestion_the_rule_is_no_wider_than_the_request(
    report: dict[str, Any], expected: list[Any]
) -> None:
    assert rules(report) == expected


QUESTION = {"question": "Which one?", "options": [{"label": "A"}, {"label": "B"}]}


def test_a_question_is_answered_or_not_allowed() -> None:
    report = asked("AskUserQuestion", questions=[QUESTION])
    answered = decision(report, Verdict(ALLOW, message="B"))["updatedInput"]
    assert answered == {"questions": [QUESTION], "answers": {"Which one?": "B"}}
    chosen = Verdict(ALLOW, updated_input={"answers": {"Which one?": "A"}})
    assert decision(report, chosen)["updatedInput"]["answers"] == {"Which one?": "A"}
    for nothing in (Verdict(ALLOW), Verdict(ALLOW, updated_input={"answers": {}})):
        with pytest.raises(BadInput):
            ClaudeHooks().answer(report, nothing)
    with pytest.raises(BadInput):
        ClaudeHooks().answer(asked("AskUserQuestion", questions=[]), Verdict(ALLOW, message="B"))


def test_a_plan_is_given_back() -> None:
    assert decision(asked("ExitPlanMode", plan="# Do it"), Verdict(ALLOW)) == {
        "behavior": "allow",
        "updatedInput": {"plan": "# Do it"},
    }
