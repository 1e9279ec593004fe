"""The answer to a PermissionRequest in the words of Claude Code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chorus.backends import Verdict
from chorus.errors import BadInput
from chorus.model import AfterPlan, PermissionDecision, Ruling, ToolDecision, ToolKind
from chorus_hooks import tools
from chorus_hooks.fields import Report, tables

_GUARDS = {ToolDecision.ALLOW: "allow", ToolDecision.DENY: "deny", ToolDecision.ASK: "ask"}

_MODES = {AfterPlan.ASK_FOR_EDITS: "default", AfterPlan.ACCEPT_EDITS: "acceptEdits"}


def guard(ruling: Ruling) -> Mapping[str, Any]:
    """The body for a ruling before a tool is used; the reason of a refusal is told to the model."""
    decision = {"permissionDecision": _GUARDS[ruling.decision], "permissionDecisionReason": ruling.reason}
    return {"hookSpecificOutput": {"hookEventName": "PreToolUse", **decision}}


def answer(report: Report, verdict: Verdict) -> Mapping[str, Any]:
    """The body for this verdict. BadInput when a question is allowed without being answered."""
    decided = decision(report, verdict)
    return {"hookSpecificOutput": {"hookEventName": "PermissionRequest", "decision": decided}}


def decision(report: Report, verdict: Verdict) -> dict[str, Any]:
    """What is decided about the tool and input that a report names."""
    allowed = verdict.decision is PermissionDecision.ALLOW
    return _allow(report, verdict) if allowed else _deny(verdict)


def _deny(verdict: Verdict) -> dict[str, Any]:
    decision: dict[str, Any] = {"behavior": "deny"}
    decision["message"] = verdict.message or "The user does not allow this."
    if verdict.interrupt:
        decision["interrupt"] = True
    return decision


def _allow(report: Report, verdict: Verdict) -> dict[str, Any]:
    decision: dict[str, Any] = {"behavior": "allow"}
    changed = _input(report, verdict)
    if changed is not None:
        decision["updatedInput"] = changed
    if verdict.after_plan is not None:  # for the session: nothing is written into a file of settings
        mode = {"type": "setMode", "mode": _MODES[verdict.after_plan], "destination": "session"}
        decision["updatedPermissions"] = [mode]
    return decision


def _input(report: Report, verdict: Verdict) -> Mapping[str, Any] | None:
    use = tools.described(report)
    if use.kind is ToolKind.QUESTION:
        return _answered(use.input, verdict)
    if use.kind is ToolKind.PLAN:  # 2.1.329 goes on only when the input is given back
        return verdict.updated_input or use.input
    return verdict.updated_input


def _answered(given: Mapping[str, Any], verdict: Verdict) -> Mapping[str, Any]:
    """A choice, or free text: without one 2.1.197 would go on with empty answers."""
    if verdict.updated_input is not None and verdict.updated_input.get("answers"):
        return {**given, **verdict.updated_input}
    questions = [str(one.get("question")) for one in tables(given, "questions")]
    if not verdict.message or not questions:
        raise BadInput("Say what the answer to the question is.", field="message")
    return {**given, "answers": dict.fromkeys(questions, verdict.message)}
