"""Remembered answers: what a person has allowed or refused beyond the one request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from chorus.model.enums import PermissionDecision, PermissionScope
from chorus.model.patterns import EDITING_TOOLS, PATTERN_CHARS, Pattern, ToolUse, allowing, refusing
from chorus.model.plans import PLAN_TOOL
from chorus.model.questions import QUESTION_TOOL
from chorus.model.status import one_line

#: Tools that ask a person something: an answer given once is no answer to the next question.
QUESTION_TOOLS = frozenset((QUESTION_TOOL, PLAN_TOOL))

#: Wider rules that are offered beside the exact one.
OFFERED = 5

#: Programs whose first argument is a command of its own: `npm test`, `git push`.
_WITH_COMMANDS = frozenset(
    ("bun", "cargo", "docker", "gh", "git", "go", "just", "kubectl", "make", "npm", "pip", "pnpm", "podman")
    + ("poetry", "terraform", "uv", "yarn")
)

#: Programs that run or destroy anything: every use of them is never offered.
_TOO_WIDE = frozenset(
    ("bash", "dash", "doas", "env", "eval", "exec", "node", "perl", "python", "python3", "rm", "ruby", "sh")
    + ("sudo", "xargs", "zsh")
)


@dataclass(frozen=True, slots=True)
class PermissionRule:
    """A rule of a project, of one of its tasks, or of one conversation of a task's agent.

    It is about uses of `tool_name` that fit `pattern`, about all of them when that is None, or about the very
    use `tool_input` when that is given.
    """

    id: str
    scope: PermissionScope
    project_id: str
    task_id: str | None
    agent_session_id: str | None
    decision: PermissionDecision
    tool_name: str
    pattern: str | None
    tool_input: Mapping[str, Any] | None
    author: str
    created_at: datetime

    @property
    def covers(self) -> Pattern:
        return Pattern(self.tool_name, self.pattern)

    @property
    def summary(self) -> str:
        if self.tool_input is not None:
            return f"{self.tool_name}: exactly {subject(self.tool_input) or 'this input'}"
        return str(self.covers) if self.pattern is not None else f"Every use of {self.tool_name}"


@dataclass(frozen=True, slots=True)
class Remembered:
    """What of a request a rule is about."""

    tool_name: str
    pattern: str | None
    tool_input: Mapping[str, Any] | None


def deciding(rules: Sequence[PermissionRule], use: ToolUse) -> PermissionRule | None:
    """The rule that decides about a use: one that refuses before those that allow."""
    if use.tool in QUESTION_TOOLS:
        return None
    denying = [rule for rule in rules if rule.decision is PermissionDecision.DENY]
    found = _exact(denying, use) or next((one for one in denying if _refuses(one, use)), None)
    return found or _allowing([rule for rule in rules if rule.decision is PermissionDecision.ALLOW], use)


def _refuses(rule: PermissionRule, use: ToolUse) -> bool:
    return rule.tool_input is None and refusing([rule.covers], use) is not None


def _allowing(rules: Sequence[PermissionRule], use: ToolUse) -> PermissionRule | None:
    by_pattern = {rule.covers: rule for rule in rules if rule.tool_input is None}
    found = allowing(list(by_pattern), use)
    return by_pattern[found] if found else _exact(rules, use)


def _exact(rules: Iterable[PermissionRule], use: ToolUse) -> PermissionRule | None:
    wanted = exact_input(use)
    return next((one for one in rules if one.tool_name == use.tool and one.tool_input == wanted), None)


def exact_input(use: ToolUse) -> dict[str, Any]:
    """What of an input makes two uses the same: for an edit the file, and never the agent's description."""
    if use.tool in EDITING_TOOLS:
        return {"file_path": str(use.path)} if use.path else {}
    return {name: value for name, value in use.input.items() if name != "description"}


def remembering(use: ToolUse) -> Remembered:
    """A rule no wider than this use: this command, this file (for every tool that edits), this input."""
    pattern = _exact_pattern(use)
    if pattern is not None:
        return Remembered(pattern.tool, pattern.content, None)
    return Remembered(use.tool, None, exact_input(use))


def _exact_pattern(use: ToolUse) -> Pattern | None:
    if use.command is not None:
        plain = use.command.strip()
        return Pattern("Bash", plain) if _literal(plain, "*") and not plain.endswith(":*") else None
    place = _place(use)
    if use.tool in EDITING_TOOLS and place and _literal(place, "*?[]!#\\"):
        return Pattern("Edit", place)
    return None


def _literal(text: str, special: str) -> bool:
    return 0 < len(text) <= PATTERN_CHARS and text.isprintable() and not set(special) & set(text)


def _place(use: ToolUse) -> str | None:
    """Its path in the words of patterns: in the folder, where every task has its own copy, or absolute."""
    path = use.path
    if path is None:
        return None
    if use.folder and path.is_relative_to(use.folder):
        return f"./{path.relative_to(use.folder)}"
    return f"/{path}" if path.is_absolute() else None


def offers(use: ToolUse, suggestions: Sequence[Mapping[str, Any]]) -> list[str]:
    """Patterns of rules that would cover this use too: what the agent suggests, then ours, narrow first."""
    if use.tool in QUESTION_TOOLS:
        return []
    found = [str(one) for one in (*_suggested(suggestions), *_wider(use)) if allowing([one], use)]
    return list(dict.fromkeys(found))[:OFFERED]


def _suggested(suggestions: Sequence[Mapping[str, Any]]) -> Iterable[Pattern]:
    for suggestion in suggestions:
        rules = suggestion.get("rules")
        if suggestion.get("type") != "addRules" or suggestion.get("behavior") != "allow":
            continue
        for rule in rules if isinstance(rules, list) else ():
            tool, content = rule.get("toolName"), rule.get("ruleContent")
            if isinstance(tool, str) and (content is None or isinstance(content, str)):
                yield Pattern(tool, content)


def _wider(use: ToolUse) -> Iterable[Pattern]:
    if use.command is not None:
        words = use.command.split()
        if len(words) > 2 and words[0] in _WITH_COMMANDS and words[1][:1].isalpha():
            yield Pattern("Bash", f"{words[0]} {words[1]}:*")
        if words and words[0] not in _TOO_WIDE:
            yield Pattern("Bash", f"{words[0]}:*")
        return
    place = _place(use)
    if use.tool in EDITING_TOOLS and place:
        folder = str(PurePosixPath(place).parent)
        if place.startswith("./"):
            if folder != ".":
                yield Pattern("Edit", f"./{folder}/**")
            yield Pattern("Edit", "**")
        else:
            yield Pattern("Edit", f"/{folder}/**" if not folder.startswith("//") else f"{folder}/**")
        return
    yield Pattern(use.tool)


def subject(given: Mapping[str, Any]) -> str | None:
    """What an input is about, in one line."""
    for name in ("command", "file_path", "notebook_path", "path", "url", "query", "question", "plan"):
        if isinstance(given.get(name), str):
            return one_line(given[name])
    return None
