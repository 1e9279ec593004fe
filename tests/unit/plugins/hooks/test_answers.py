"""Verdicts in the words of Claude Code."""

from __future__ import annotations

from typing import Any

import pytest
from chorus_hooks import ClaudeHooks
from chorus_hooks.stream import ClaudeStream

from chorus.backends import Verdict
from chorus.errors import BadInput
from chorus.model import AfterPlan, PermissionDecision, PermissionScope, Ruling, ToolDecision

ALLOW = PermissionDecision.ALLOW


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


@pytest.mark.parametrize("scope", list(PermissionScope))
def test_every_scope_is_for_chorus_to_remember(scope: PermissionScope) -> None:
    suggestion = {"type": "addRules", "rules": [{"toolName": "Bash"}], "behavior": "allow"}
    report = asked("Bash", [{**suggestion, "destination": "localSettings"}], command="make")
    assert decision(report, Verdict(ALLOW, scope)) == {"behavior": "allow"}


@pytest.mark.parametrize("known", list(ToolDecision))
def test_rulings_before_a_tool_is_used(known: ToolDecision) -> None:
    report = {"hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_input": {"command": "make"}}
    body = ClaudeHooks().guard(report, Ruling(known, "policy p", "because"))
    assert body["hookSpecificOutput"] == {
        "hookEventName": "PreToolUse",
        "permissionDecision": known.value.lower(),
        "permissionDecisionReason": "because",
    }


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


@pytest.mark.parametrize(
    ("after", "mode"), [(AfterPlan.ASK_FOR_EDITS, "default"), (AfterPlan.ACCEPT_EDITS, "acceptEdits")]
)
def test_a_plan_is_approved_with_the_mode_to_go_on_in(after: AfterPlan, mode: str) -> None:
    verdict = Verdict(ALLOW, after_plan=after)
    expected = {
        "behavior": "allow",
        "updatedInput": {"plan": "# Do it"},
        "updatedPermissions": [{"type": "setMode", "mode": mode, "destination": "session"}],
    }
    assert decision(asked("ExitPlanMode", plan="# Do it"), verdict) == expected
    request = {"subtype": "can_use_tool", "tool_name": "ExitPlanMode", "input": {"plan": "# Do it"}}
    line = {"type": "control_request", "request_id": "1", "request": request}
    assert ClaudeStream().answer(line, verdict)["response"]["response"] == expected
