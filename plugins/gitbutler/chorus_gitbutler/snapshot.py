"""A file as it was before an agent edited it, to tell what happened to it meanwhile (a formatter, say)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from pathlib import Path

from chorus_gitbutler.answers import Lines

#: Larger files are not compared: what the agent itself reports of them has to do.
MOST_BYTES = 1024 * 1024
MOST_LINES = 5000


def read_lines(path: Path) -> tuple[str, ...] | None:
    """The lines of a file; none when it does not exist, None when it is too large or not a plain file."""
    try:
        if not path.is_file() or path.is_symlink():
            return None if path.exists() else ()
        if path.stat().st_size > MOST_BYTES:
            return None
        text = path.read_bytes().decode(errors="surrogateescape")
    except OSError:
        return None
    lines = tuple(line.rstrip("\r") for line in text.removesuffix("\n").split("\n")) if text else ()
    return lines if len(lines) <= MOST_LINES else None


def lines_between(before: Sequence[str] | None, after: Sequence[str] | None) -> Lines:
    """The lines that were removed and added from one state to the other."""
    changed: Lines = Counter()
    if before is None or after is None:
        return changed
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            changed.update(f"-{line}" for line in before[a:b])
            changed.update(f"+{line}" for line in after[c:d])
    return changed
