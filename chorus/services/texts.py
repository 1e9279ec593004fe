"""Comparing what was sent to an agent with what it says it was given."""

from __future__ import annotations


def same_text(sent: str, taken: str) -> bool:
    """Whether an accepted prompt is the one that was sent: agents trim it and may put a word in front."""
    squeezed, accepted = " ".join(sent.split()), " ".join(taken.split())
    return bool(squeezed) and (squeezed == accepted or squeezed in accepted)
