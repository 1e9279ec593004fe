"""Edits of files as commands carry them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chorus.model import FileEdit, Hunk


def edits_from_json(data: Sequence[dict[str, Any]] | None) -> tuple[FileEdit, ...] | None:
    if data is None:
        return None
    return tuple(
        FileEdit(one["path"], tuple(_hunk(hunk) for hunk in one["hunks"]), one["created"]) for one in data
    )


def _hunk(data: dict[str, Any]) -> Hunk:
    return Hunk(**{**data, "lines": tuple(data["lines"])})
