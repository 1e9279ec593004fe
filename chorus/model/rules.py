"""Remembered answers: what a person has allowed or refused beyond the one request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from chorus.model.enums import PermissionDecision, PermissionScope
from chorus.model.patterns import PATTERN_CHARS, Pattern, allowing, refusing
from chorus.model.status import one_line
from chorus.model.tools import ToolKind, ToolUse

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
    #: What the use is about whose input it was made of.
    subject: str | None = None

    @property
    def covers(self) -> Pattern:
        return Pattern(self.tool_name, self.pattern)

    @property
    def summary(self) -> str:
        if self.tool_input is not None:
            return f"{self.tool_name}: exactly {one_line(self.subject) or 'this input'}"
        return str(self.covers) if self.pattern is not None else f"Every use of {self.tool_name}"


@dataclass(frozen=True, slots=True)
class Remembered:
    """What of a request a rule is about."""

    tool_name: str
    pattern: str | None = None
    tool_input: Mapping[str, Any] | None = None
    subject: str | None = None


def deciding(rules: Sequence[PermissionRule], use: ToolUse) -> PermissionRule | None:
    """The rule that decides about a use: one that refuses before those that allow."""
    if use.kind.asks_person:
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
    return next((one for one in rules if one.tool_name == use.name and one.tool_input == wanted), None)


def exact_input(use: ToolUse) -> Mapping[str, Any]:
    """Return what of an input makes two uses the same."""
    return use.input if use.identity is None else use.identity


def remembering(use: ToolUse) -> Remembered:
    """Return a rule no wider than this use.

    It is for this command, for this file (and every tool that edits), or for this input.
    """
    pattern = _exact_pattern(use)
    if pattern is not None:
        return Remembered(pattern.tool, pattern.content)
    return Remembered(use.name, None, exact_input(use), use.subject)


def _exact_pattern(use: ToolUse) -> Pattern | None:
    if use.command is not None:
        plain = use.command.strip()
        return Pattern(use.name, plain) if _literal(plain, "*") and not plain.endswith(":*") else None
    places = _places(use)
    if use.kind is ToolKind.EDIT and len(places) == 1 and _literal(places[0], "*?[]!#\\"):
        return Pattern(use.family, places[0])
    return None


def _literal(text: str, special: str) -> bool:
    return 0 < len(text) <= PATTERN_CHARS and text.isprintable() and not set(special) & set(text)


def _places(use: ToolUse) -> list[str]:
    """Return the files of a use as patterns name them.

    In the folder, of which every task has its own copy, they are relative; elsewhere absolute.
    """
    return [place for place in (_place(path, use.folder) for path in use.paths) if place is not None]


def _place(path: PurePosixPath, folder: str | None) -> str | None:
    if folder and path.is_relative_to(folder):
        return f"./{path.relative_to(folder)}"
    return f"/{path}" if path.is_absolute() else None


def offers(use: ToolUse, suggestions: Sequence[str]) -> list[str]:
    """Return patterns of rules that would cover this use too.

    What the agent suggests comes first, then ours from narrow to wide.
    """
    if use.kind.asks_person:
        return []
    found = [str(one) for one in (*_suggested(suggestions), *_wider(use)) if allowing([one], use)]
    return list(dict.fromkeys(found))[:OFFERED]


def _suggested(suggestions: Sequence[str]) -> Iterable[Pattern]:
    for text in suggestions:
        with suppress(ValueError):
            yield Pattern.parse(text)


def _wider(use: ToolUse) -> Iterable[Pattern]:
    if use.command is not None:
        yield from _wider_commands(use.name, use.command.split())
    elif use.kind is ToolKind.EDIT and use.paths:
        yield from _wider_places(use.family, _places(use))
    else:
        yield Pattern(use.name)


def _wider_commands(tool: str, words: Sequence[str]) -> Iterable[Pattern]:
    if len(words) > 2 and words[0] in _WITH_COMMANDS and words[1][:1].isalpha():
        yield Pattern(tool, f"{words[0]} {words[1]}:*")
    if words and words[0] not in _TOO_WIDE:
        yield Pattern(tool, f"{words[0]}:*")


def _wider_places(tool: str, places: Sequence[str]) -> Iterable[Pattern]:
    """Cover the folder of the files, then the task's whole folder, or a folder elsewhere."""
    for folder in dict.fromkeys(str(PurePosixPath(place).parent) for place in places):
        if folder.startswith("/"):
            yield Pattern(tool, f"{folder}/**" if folder.startswith("//") else f"/{folder}/**")
        elif folder != ".":
            yield Pattern(tool, f"./{folder}/**")
    yield Pattern(tool, "**")
