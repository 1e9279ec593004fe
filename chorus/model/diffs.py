"""Counts of what was changed. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")


@dataclass(frozen=True, slots=True)
class DiffStat:
    """Files and lines that differ. Binary files are counted, and have no lines."""

    files: int = 0
    added: int = 0
    removed: int = 0


def of_numstat(fields: Sequence[bytes]) -> DiffStat:
    """From what `git diff-tree --numstat -z` prints, in its parts: `added TAB removed TAB path` each.

    For a renamed file the path is empty, and two parts with its old and new name follow.
    """
    files = added = removed = 0
    rest = iter(fields)
    for field in rest:
        words = field.split(b"\t", 2)
        if len(words) != 3:
            continue
        files += 1
        added += _number(words[0])
        removed += _number(words[1])
        if not words[2]:
            next(rest, None)
            next(rest, None)
    return DiffStat(files, added, removed)


def of_text(diff: str) -> DiffStat:
    """From a unified diff with git's headers."""
    files = added = removed = 0
    old = new = 0  # lines of the current hunk that are still to come
    for line in diff.splitlines():
        if old <= 0 and new <= 0:
            hunk = _HUNK.match(line)
            files += line.startswith("diff --git ")
            old, new = (int(count or 1) for count in hunk.groups()) if hunk else (0, 0)
        elif line.startswith("+"):
            added, new = added + 1, new - 1
        elif line.startswith("-"):
            removed, old = removed + 1, old - 1
        elif not line.startswith("\\"):
            old, new = old - 1, new - 1
    return DiffStat(files, added, removed)


def _number(word: bytes) -> int:
    return int(word) if word.isdigit() else 0
