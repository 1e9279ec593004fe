"""Where references to documents are: put at a part of a document, and looked at again."""

from __future__ import annotations

from dataclasses import replace

from chorus.host.port import Pointed
from chorus.host.reports import Followed
from chorus.model import DocumentReference, FoundPart
from chorus.model.context import Part

#: Characters of a part that are kept to show what a stale reference was.
KEPT_CHARS = 4_000


def placed(reference: DocumentReference, pointed: Pointed) -> DocumentReference:
    """Return a reference put at a part of its document, without the text."""
    part = pointed.part
    start, end = (None, None) if part.whole else (part.start_line, part.end_line)
    return replace(
        reference,
        heading=pointed.anchor.get("slug"),
        start_line=start,
        end_line=end,
        anchor=dict(pointed.anchor),
        was=_found_part(part),
        stale=False,
        problem=None,
    )


def shown(reference: DocumentReference, pointed: Pointed) -> DocumentReference:
    """Return a reference put at a part of its document, with the text."""
    return replace(placed(reference, pointed), version=pointed.part.version, text=pointed.part.text)


def shown_now(found: Followed) -> DocumentReference:
    """Return a reference as it is to be shown; nothing is known anew about one that could not be read."""
    if not found.known:
        return replace(found.reference, problem=found.part.problem)
    if found.part.text is None:
        return lost(found.reference, found.part.problem)
    return shown(found.reference, Pointed(found.part, found.anchor))


def lost(reference: DocumentReference, problem: str | None) -> DocumentReference:
    """Return a reference that cannot be found any more, where it was when it was last found."""
    return replace(reference, stale=True, problem=problem)


def _found_part(part: Part) -> FoundPart:
    text = part.text or ""
    return FoundPart(
        heading=part.heading,
        start_line=part.start_line,
        end_line=part.end_line,
        version=part.version,
        text=text[:KEPT_CHARS],
        truncated=len(text) > KEPT_CHARS,
    )
