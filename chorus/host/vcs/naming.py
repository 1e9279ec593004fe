"""Names of branches."""

from __future__ import annotations

import re
import unicodedata

_SLUG = re.compile(r"[^a-z0-9]+")


def branch_name(title: str, task_id: str) -> str:
    """A safe and unique name: what can be read of the title, and a piece of the task's id."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = _SLUG.sub("-", plain).strip("-")[:40].strip("-")
    return f"chorus/{slug + '-' if slug else ''}{task_id[:8]}"
