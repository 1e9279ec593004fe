"""Small translations between what is on record and what backends take."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from chorus.model import FileEdit, Hunk

_SLUG = re.compile(r"[^a-z0-9]+")


def branch_name(title: str, task_id: str) -> str:
    """A safe and unique name: what can be read of the title, and a piece of the task's id."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = _SLUG.sub("-", plain).strip("-")[:40].strip("-")
    return f"chorus/{slug + '-' if slug else ''}{task_id[:8]}"


def edits_from_json(data: Sequence[dict[str, Any]] | None) -> tuple[FileEdit, ...] | None:
    if data is None:
        return None
    return tuple(
        FileEdit(one["path"], tuple(_hunk(hunk) for hunk in one["hunks"]), one["created"]) for one in data
    )


def _hunk(data: dict[str, Any]) -> Hunk:
    return Hunk(**{**data, "lines": tuple(data["lines"])})
