"""Which files a tool has changed, and how, as its answer tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chorus.model import FileEdit, Hunk, ToolKind, ToolUse

_COUNTS = ("oldStart", "oldLines", "newStart", "newLines")


def edits(use: ToolUse, answer: object) -> Sequence[FileEdit]:
    """Return the edits that a finished tool made; none for tools that do not edit.

    Hunks are given only when all of them are well formed, and of one file: half an edit would be a wrong one.
    """
    files = use.files or () if use.kind is ToolKind.EDIT else ()
    told = answer if isinstance(answer, Mapping) else {}
    hunks = _hunks(told.get("structuredPatch")) if len(files) == 1 else ()
    return tuple(FileEdit(file, hunks, created=told.get("type") == "create") for file in files)


def _hunks(patch: object) -> tuple[Hunk, ...]:
    parts = patch if isinstance(patch, list) else []
    hunks = [_hunk(part) for part in parts]
    return tuple(hunk for hunk in hunks if hunk) if all(hunks) else ()


def _hunk(part: object) -> Hunk | None:
    if not isinstance(part, Mapping):
        return None
    lines, counts = part.get("lines"), [part.get(name) for name in _COUNTS]
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        return None
    if not all(type(count) is int for count in counts):
        return None
    return Hunk(part["oldStart"], part["oldLines"], part["newStart"], part["newLines"], tuple(lines))
