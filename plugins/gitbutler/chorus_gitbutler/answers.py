"""What `but` prints, as values: both spellings that its JSON has had since 0.19.0."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chorus.errors import BackendError

#: Changed lines with their sign ('+' or '-'), without line ends; how often each occurs.
Lines = Counter[str]


@dataclass(frozen=True, slots=True)
class Change:
    """One hunk that is not committed. `id` is valid until the next change of the working tree.

    A change without lines (binary, too large, an empty file, a mode) has one line that starts with '*'
    and names its content, so that it is told apart like any other.
    """

    id: str
    path: str
    old_start: int
    old_lines: int
    new_start: int
    new_lines: int
    lines: tuple[str, ...]
    text: str

    @property
    def counted(self) -> Lines:
        return Counter(self.lines)


@dataclass(frozen=True, slots=True)
class StackedCommit:
    id: str
    change_id: str
    conflicted: bool


@dataclass(frozen=True, slots=True)
class StackedBranch:
    """A branch of a stack; `commits` are its own only, newest first."""

    name: str
    commits: tuple[StackedCommit, ...]
    integrated: bool


@dataclass(frozen=True, slots=True)
class WorkspaceStatus:
    """The applied stacks. Each is a tuple of branches, the top one first."""

    stacks: tuple[tuple[StackedBranch, ...], ...]
    merge_base: str

    def stack_of(self, branch: str) -> tuple[StackedBranch, ...] | None:
        """The stack that holds the branch; None when it is not applied."""
        return next((stack for stack in self.stacks if any(b.name == branch for b in stack)), None)

    def branch(self, name: str) -> StackedBranch | None:
        return next((b for stack in self.stacks for b in stack if b.name == name), None)

    def below(self, name: str) -> StackedBranch | None:
        """The branch that this one is stacked on."""
        stack = self.stack_of(name) or ()
        names = [branch.name for branch in stack]
        return stack[names.index(name) + 1] if name in names[:-1] else None

    def above(self, name: str) -> tuple[str, ...]:
        """The branches stacked on this one, the nearest first."""
        names = [branch.name for branch in self.stack_of(name) or ()]
        return tuple(reversed(names[: names.index(name)])) if name in names else ()

    def owner(self, commit: str) -> str | None:
        """The branch a commit is on."""
        for stack in self.stacks:
            for branch in stack:
                if any(each.id == commit for each in branch.commits):
                    return branch.name
        return None


def decode(text: str) -> Any:
    """The value in `text`; None when there is none.

    Versions 0.20 and 0.21 wrap the answers to an agent as `{"result": …, "status": …}`.
    """
    if not text.strip():
        return None
    try:
        value = json.loads(text)
    except ValueError as error:
        raise BackendError("`but` answered with something that is not JSON.", reason="not_json") from error
    if isinstance(value, Mapping) and "result" in value and ("status" in value or "status_error" in value):
        return value["result"]
    return value


def parse_status(value: Any) -> WorkspaceStatus | None:
    """The answer to `but status`; None when a conflict is being resolved, which has an answer of its own."""
    if not isinstance(value, Mapping) or "stacks" not in value:
        return None
    stacks = tuple(tuple(_branch(each) for each in stack["branches"]) for stack in value["stacks"])
    return WorkspaceStatus(stacks, (value.get("mergeBase") or {}).get("commitId", ""))


def _branch(value: Mapping[str, Any]) -> StackedBranch:
    commits = tuple(
        StackedCommit(each["commitId"], each.get("changeId") or "", bool(each.get("conflicted")))
        for each in value.get("commits", ())
    )
    return StackedBranch(value["name"], commits, value.get("branchStatus") == "integrated")


def parse_changes(value: Any) -> tuple[Change, ...]:
    """The answer to `but diff`: every hunk that is not committed."""
    entries: Sequence[Mapping[str, Any]] = value.get("changes", ()) if isinstance(value, Mapping) else ()
    return tuple(change for entry in entries for change in _entry(entry))


def _entry(entry: Mapping[str, Any]) -> Sequence[Change]:
    path, diff = entry["path"], entry.get("diff") or {}
    name = entry.get("id") or path
    hunks = diff.get("hunks") or ()
    if not hunks:
        kind = diff.get("type", "file")
        return [Change(name, path, 0, 0, 0, 0, (f"*{kind}",), f"{kind} change of {path}\n")]
    return [
        Change(
            name,
            path,
            hunk["oldStart"],
            hunk["oldLines"],
            hunk["newStart"],
            hunk["newLines"],
            changed_lines(hunk["diff"].split("\n")[1:]),
            hunk["diff"],
        )
        for hunk in hunks
    ]


def changed_lines(lines: Sequence[str]) -> tuple[str, ...]:
    """The added and removed lines of a hunk."""
    return tuple(line.rstrip("\r") for line in lines if line[:1] in ("+", "-"))
