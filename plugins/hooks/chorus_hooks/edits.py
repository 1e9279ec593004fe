"""Which files a tool has changed, and how, as its answer tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chorus.model import FileEdit, Hunk

#: The tools that edit, and the field of their input that names the file.
PATHS = {
    "Edit": "file_path",
    "MultiEdit": "file_path",
    "Write": "file_path",
    "NotebookEdit": "notebook_path",
}
_COUNTS = ("oldStart", "oldLines", "newStart", "newLines")


def edits(tool: str, given: Mapping[str, Any], answer: object) -> Sequence[FileEdit]:
    """The edit a finished tool made; none for tools that do not edit.

    Hunks are given only when all of them are well formed: half an edit would be a wrong one.
    """
    path = given.get(PATHS.get(tool, ""))
    if not isinstance(path, str) or not path:
        return ()
    told = answer if isinstance(answer, Mapping) else {}
    return (FileEdit(path, _hunks(told.get("structuredPatch")), created=told.get("type") == "create"),)


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
