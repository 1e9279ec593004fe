"""Anchors in a text that survive edits: where a section or a range of lines is now.

An anchor is made once, when somebody points at a part of a document, and is plain JSON. Later it is
resolved against the text as it has become. The answer is a range of lines or None, and None means
stale: the part is gone, or it cannot be told from another. A wrong answer would be worse than none,
so every rule below asks for evidence and gives up when two pieces of evidence disagree.

A **section** follows its heading. Evidence is, in any order, and all there is must agree:

- the heading's text was unique and still is;
- exactly one heading of this text has the very content the section had, which was unique;
- under the same parent headings there are as many headings of this text and level as there were,
  and all of them but the wanted one still have the content they had.

A heading that was renamed is followed only when the content under it is unchanged, unique in the
document and at least MIN_BODY characters long.

A **range of lines** follows its content. If it is found unchanged once, and was there once, that is the
place; several copies are told apart by the CONTEXT lines around them, of which more than half must match.
If it is not found unchanged, both of its ends must be: the first (last) line itself, or the nearest line
before (after) the range that is not blank; and the words in between must be MIN_RATIO alike in the sense
of `difflib.SequenceMatcher.ratio`, in one place only.

White space at the ends of lines is ignored throughout. Lines are 1-based and inclusive.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from chorus.model.records import Heading

#: Lines kept on each side of a range.
CONTEXT = 3
#: How alike the words of an edited range must be, from 0 to 1.
MIN_RATIO = 0.75
#: Characters (white space not counted) under a renamed heading that are enough to know it by.
MIN_BODY = 40
#: Bytes of a range that can be anchored: as much as the context block of a prompt holds by default.
MAX_RANGE = 64 * 1024
#: Places in which an edited range is looked for. More than this is ambiguous anyway.
MAX_PLACES = 20
#: Pairs of a possible first and a possible last line that are looked at: ends so common tell nothing.
MAX_PAIRS = 10_000

Span = tuple[int, int]


def anchor(
    text: str, outline: Sequence[Heading], *, heading: str | None = None, lines: Span | None = None
) -> dict[str, Any]:
    """An anchor for a section (by slug), a range of lines or, with neither, the whole text.

    Raises LookupError when there is no such heading, and ValueError when the lines are not in the text or
    are more than MAX_RANGE bytes. The message of both is a sentence for a person.
    """
    if heading is not None:
        return _anchor_section(text, outline, heading)
    if lines is not None:
        return _anchor_lines(split_lines(text), lines)
    return {"kind": "document"}


def resolve(text: str, outline: Sequence[Heading], anchor: Mapping[str, Any]) -> Span | None:
    """The lines (first, last) the anchor stands for now, or None when it is stale.

    An anchor that this version does not understand is stale, too.
    """
    lines = split_lines(text)
    try:
        match anchor["kind"]:
            case "document":
                return (1, len(lines))
            case "section":
                return _resolve_section(lines, outline, anchor)
            case "lines":
                return _resolve_lines(_trimmed(lines), anchor)
    except (KeyError, TypeError, ValueError, IndexError):
        pass
    return None


def split_lines(text: str) -> list[str]:
    """The lines of a text in which only a line feed ends a line; an empty text is one empty line."""
    lines = text.split("\n")
    return lines[:-1] if len(lines) > 1 and not lines[-1] else lines


def section_lines(text: str, outline: Sequence[Heading], slug: str) -> Span | None:
    """The lines of a section: its heading, and all up to the next heading that is not below it.

    Blank lines at the end are left out. None when no heading has the slug.
    """
    lines = split_lines(text)
    for index, heading in enumerate(outline):
        if heading.slug == slug:
            return _span(lines, outline, index)
    return None


# --- sections -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Section:
    heading: Heading
    path: tuple[str, ...]  #: the headings above it, outermost first
    span: Span
    body: str  #: a digest of what is under the heading
    substance: int  #: characters of it that are not white space


def _span(lines: Sequence[str], outline: Sequence[Heading], index: int) -> Span:
    heading = outline[index]
    after = (other.line for other in outline[index + 1 :] if other.level <= heading.level)
    end = next(after, len(lines) + 1) - 1
    while end > heading.line and not lines[end - 1].strip():
        end -= 1
    return (heading.line, end)


def _sections(lines: Sequence[str], outline: Sequence[Heading]) -> list[_Section]:
    found: list[_Section] = []
    above: list[Heading] = []
    for index, heading in enumerate(outline):
        while above and above[-1].level >= heading.level:
            above.pop()
        span = _span(lines, outline, index)
        body = "\n".join(_trimmed(lines[span[0] : span[1]])).strip("\n")
        path = tuple(parent.text for parent in above)
        found.append(_Section(heading, path, span, _digest(body), len("".join(body.split()))))
        above.append(heading)
    return found


def _anchor_section(text: str, outline: Sequence[Heading], slug: str) -> dict[str, Any]:
    sections = _sections(split_lines(text), outline)
    section = next((one for one in sections if one.heading.slug == slug), None)
    if section is None:
        raise LookupError(f"There is no heading “{slug}”.")
    namesakes = _namesakes(sections, section.heading.text, section.heading.level, section.path)
    return {
        "kind": "section",
        "slug": slug,
        "text": section.heading.text,
        "level": section.heading.level,
        "path": list(section.path),
        "occurrence": namesakes.index(section),
        "bodies": [one.body for one in namesakes],
        "count": sum(one.heading.text == section.heading.text for one in sections),
        "unique": sum(one.body == section.body for one in sections) == 1,
        "substance": section.substance,
    }


def _namesakes(sections: Sequence[_Section], text: str, level: int, path: Sequence[str]) -> list[_Section]:
    return [
        one
        for one in sections
        if one.heading.text == text and one.heading.level == level and list(one.path) == list(path)
    ]


def _resolve_section(
    lines: Sequence[str], outline: Sequence[Heading], anchor: Mapping[str, Any]
) -> Span | None:
    sections = _sections(lines, outline)
    named = [one for one in sections if one.heading.text == anchor["text"]]
    if not named:
        return _renamed(sections, anchor)
    evidence = (
        named[0] if len(named) == anchor["count"] == 1 else None,
        _by_body(named, anchor),
        _by_place(sections, anchor),
    )
    spans = {section.span for section in evidence if section is not None}
    return spans.pop() if len(spans) == 1 else None


def _by_body(sections: Sequence[_Section], anchor: Mapping[str, Any]) -> _Section | None:
    same = [one for one in sections if one.body == anchor["bodies"][anchor["occurrence"]]]
    return same[0] if anchor["unique"] and len(same) == 1 else None


def _by_place(sections: Sequence[_Section], anchor: Mapping[str, Any]) -> _Section | None:
    namesakes = _namesakes(sections, anchor["text"], anchor["level"], anchor["path"])
    wanted, bodies = anchor["occurrence"], anchor["bodies"]
    if len(namesakes) != len(bodies):
        return None
    others = all(one.body == bodies[at] for at, one in enumerate(namesakes) if at != wanted)
    return namesakes[wanted] if others else None


def _renamed(sections: Sequence[_Section], anchor: Mapping[str, Any]) -> Span | None:
    if anchor["substance"] < MIN_BODY:
        return None
    section = _by_body([one for one in sections if one.heading.level == anchor["level"]], anchor)
    return section.span if section is not None else None


# --- ranges of lines ----------------------------------------------------------------------------


def _anchor_lines(lines: Sequence[str], span: Span) -> dict[str, Any]:
    start, end = span
    if not 1 <= start <= end <= len(lines):
        raise ValueError(f"Lines {start}–{end} are not in a text of {len(lines)} lines.")
    plain = _trimmed(lines)
    text = "\n".join(plain[start - 1 : end])
    if len(text.encode()) > MAX_RANGE:
        raise ValueError(
            f"Lines {start}–{end} are more than {MAX_RANGE // 1024} KiB: "
            "refer to a section or to the whole document instead."
        )
    return {
        "kind": "lines",
        "start": start,
        "end": end,
        "text": text,
        "before": plain[max(0, start - 1 - CONTEXT) : start - 1],
        "after": plain[end : end + CONTEXT],
        "copies": sum(1 for _ in _copies(plain, text)),
        "document": _digest("\n".join(plain)),
    }


def _resolve_lines(lines: Sequence[str], anchor: Mapping[str, Any]) -> Span | None:
    if _digest("\n".join(lines)) == anchor["document"]:
        return (anchor["start"], anchor["end"])
    spans = list(_copies(lines, anchor["text"]))
    if not spans:
        return _edited(lines, anchor)
    if len(spans) == anchor["copies"] == 1:
        return spans[0]
    return _by_context(lines, spans, anchor)


def _copies(lines: Sequence[str], text: str) -> Iterator[Span]:
    """Where the text is found unchanged; copies may overlap."""
    whole, wanted = "\n" + "\n".join(lines) + "\n", "\n" + text + "\n"
    size = text.count("\n")
    line, seen = 1, 0
    at = whole.find(wanted)
    while at >= 0:
        line += whole.count("\n", seen, at)
        seen = at
        yield (line, line + size)
        at = whole.find(wanted, at + 1)


def _by_context(lines: Sequence[str], spans: Sequence[Span], anchor: Mapping[str, Any]) -> Span | None:
    scores = [_matching_context(lines, span, anchor) for span in spans]
    best = max(scores)
    lines_kept = sum(1 for line in (*anchor["before"], *anchor["after"]) if line)
    if not best or best * 2 <= lines_kept or scores.count(best) > 1:
        return None
    return spans[scores.index(best)]


def _matching_context(lines: Sequence[str], span: Span, anchor: Mapping[str, Any]) -> int:
    above = zip(reversed(anchor["before"]), reversed(lines[: span[0] - 1]), strict=False)
    below = zip(anchor["after"], lines[span[1] :], strict=False)
    return sum(1 for kept, line in (*above, *below) if kept and kept == line)


def _edited(lines: Sequence[str], anchor: Mapping[str, Any]) -> Span | None:
    """The one place between known ends whose words are nearly those of the range."""
    old = anchor["text"].split("\n")
    places = _places(lines, old, anchor)
    if len(places) > MAX_PLACES:
        return None
    matcher = SequenceMatcher()
    matcher.set_seq2(_words(anchor["text"]))
    rated: list[tuple[float, int, Span]] = []
    for start, end in places:
        matcher.set_seq1(_words("\n".join(lines[start - 1 : end])))
        if matcher.quick_ratio() >= MIN_RATIO and (ratio := matcher.ratio()) >= MIN_RATIO:
            rated.append((ratio, start - end, (start, end)))
    if not rated:
        return None
    best = max(rated)[2]
    apart = any(span[1] < best[0] or best[1] < span[0] for _, _, span in rated)
    return None if apart else best


def _places(lines: Sequence[str], old: Sequence[str], anchor: Mapping[str, Any]) -> list[Span]:
    starts = {at for at, line in enumerate(lines, 1) if line and line == old[0]}
    starts |= _beside(lines, list(reversed(anchor["before"])), 1)
    ends = {at for at, line in enumerate(lines, 1) if line and line == old[-1]}
    ends |= _beside(lines, anchor["after"], -1)
    if len(starts) * len(ends) > MAX_PAIRS:
        return []
    least, most = (len(old) + 1) // 2, len(old) * 2
    return [(s, e) for s in sorted(starts) for e in sorted(ends) if least <= e - s + 1 <= most]


def _beside(lines: Sequence[str], context: Sequence[str], step: int) -> set[int]:
    """The lines that are as far from the nearest context line that is not blank as the range was."""
    for distance, kept in enumerate(context, 1):
        if kept:
            found = {at + step * distance for at, line in enumerate(lines, 1) if line == kept}
            return {at for at in found if 1 <= at <= len(lines)}
    return set()


def _words(text: str) -> list[str]:
    return re.findall(r"\w+|[^\w\s]", text)


def _trimmed(lines: Sequence[str]) -> list[str]:
    return [line.rstrip() for line in lines]


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
