"""The answer to a PermissionRequest in the words of Claude Code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from chorus.backends import Verdict
from chorus.errors import BadInput
from chorus.model import PermissionDecision, PermissionScope
from chorus_hooks.edits import PATHS
from chorus_hooks.fields import Report, needed, table, tables, text

#: Characters that make a rule mean more than they say.
_PATTERN = frozenset("*?[]!()\\\n")


def answer(report: Report, verdict: Verdict) -> Mapping[str, Any]:
    """The body for this verdict. BadInput when a question is allowed without being answered."""
    allowed = verdict.decision is PermissionDecision.ALLOW
    decision = _allow(report, verdict) if allowed else _deny(verdict)
    return {"hookSpecificOutput": {"hookEventName": "PermissionRequest", "decision": decision}}


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
    if verdict.scope is PermissionScope.SESSION:
        decision["updatedPermissions"] = _rules(report)
    return decision


def _input(report: Report, verdict: Verdict) -> Mapping[str, Any] | None:
    tool, given = needed(report, "tool_name"), table(report, "tool_input")
    if tool == "AskUserQuestion":
        return _answered(given, verdict)
    if tool == "ExitPlanMode":  # 2.1.329 goes on only when the input is given back
        return verdict.updated_input or given
    return verdict.updated_input


def _answered(given: Mapping[str, Any], verdict: Verdict) -> Mapping[str, Any]:
    """A choice, or free text: without one 2.1.197 would go on with empty answers."""
    if verdict.updated_input is not None and verdict.updated_input.get("answers"):
        return {**given, **verdict.updated_input}
    questions = [str(one.get("question")) for one in tables(given, "questions")]
    if not verdict.message or not questions:
        raise BadInput("Say what the answer to the question is.", field="message")
    return {**given, "answers": dict.fromkeys(questions, verdict.message)}


def _rules(report: Report) -> Sequence[Mapping[str, Any]]:
    """Rules for the rest of the conversation: those the agent suggests, or one for this very request.

    They are never written into the repository (`localSettings`), and the mode is never switched.
    """
    suggested = [
        {**one, "destination": "session"}
        for one in tables(report, "permission_suggestions")
        if one.get("type") == "addRules" and one.get("behavior") == "allow"
    ]
    rules = [] if suggested else _rule(report)
    added = [{"type": "addRules", "rules": rules, "behavior": "allow", "destination": "session"}]
    return suggested or (added if rules else [])


def _rule(report: Report) -> Sequence[Mapping[str, str]]:
    """At most one rule that is no wider than what the person has seen."""
    tool, given = needed(report, "tool_name"), table(report, "tool_input")
    if tool in PATHS:
        place = _place(given.get(PATHS[tool]), text(report, "cwd"))
        return [{"toolName": "Edit", "ruleContent": place}] if place else []
    command = given.get("command")
    if tool == "Bash" and isinstance(command, str) and not _PATTERN & set(command):
        return [{"toolName": tool, "ruleContent": command}]
    return [{"toolName": tool}] if tool.startswith("mcp__") else []


def _place(path: object, cwd: str | None) -> str | None:
    """Every file where the agent works when this one is there, else this file alone.

    A path with two slashes in front is absolute in Claude Code's rules.
    """
    if not isinstance(path, str) or not path.startswith("/") or ".." in path:
        return None
    if cwd and PurePosixPath(path).is_relative_to(cwd) and not _PATTERN & set(cwd):
        return f"/{cwd}/**"
    return None if _PATTERN & set(path) else f"/{path}"
