"""Context of a prompt: the documents of a task as text that is put before it.

`render` gives the referenced parts in full, `changes` only what became different since they were last given:

    <documents>
    (what this is, in two sentences)

    <document path="docs/auth.md" section="Token rotation" lines="40-52" version="3f2a9c4">
    ## Token rotation
    …
    </document>
    </documents>

    <changes>
    (what this is, in two sentences)

    <change path="docs/auth.md" section="Token rotation" lines="40-53" version="9b1c0d2" was="3f2a9c4">
    @@ -44,3 +44,4 @@ Token rotation
    …
    </change>
    </changes>

A whole document longer than `long` bytes is given by its path and outline (`content="outline"`), because an
agent can read the file itself; sections and ranges of lines were chosen by a person and are given as they
are while there is room. What has no room is named at the end, and in `left_out` for the person.

The text of a document can neither end the element it is in (the elements are then called `documents-2`
and `document-2`, and so on) nor bring control characters to a terminal: all but tabs and line feeds become
U+FFFD. A version is written with its first 12 characters.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from difflib import SequenceMatcher
from typing import Any

from chorus.model.anchors import split_lines
from chorus.model.records import Heading

#: Bytes of a context block. Linux takes at most 128 KiB in one argument of a program (MAX_ARG_STRLEN in
#: include/uapi/linux/binfmts.h); half of it leaves room for the prompt itself.
LIMIT = 64 * 1024
#: Bytes over which a whole document is given by path and outline.
LONG = 16 * 1024
#: The smallest limit that leaves room for saying what was left out.
LEAST = 2 * 1024
#: Bytes over which two versions are not compared line by line.
COMPARABLE = 256 * 1024
#: Headings of an outline that are given.
HEADINGS = 100

_FOOT = 1024  # kept free for the closing tag and the sentence about what was left out
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Part:
    """What a reference stands for at one moment. `id` is the reference's.

    `heading` is the text of the section's heading; `whole` says that it is the whole document. `text` is
    None when there is nothing to give, and `problem` then says why in a sentence ("Its heading is gone.");
    a part that was given earlier may have neither, if its text was not kept. `outline` is that of the whole
    document.
    """

    id: str
    path: str
    version: str = ""
    text: str | None = None
    start_line: int = 0
    end_line: int = 0
    heading: str | None = None
    whole: bool = False
    note: str | None = None
    problem: str | None = None
    outline: Sequence[Heading] = ()

    def to_json(self) -> dict[str, Any]:
        """What has to be kept to tell changes later: no outline, and no text too long to compare."""
        kept = self.text if self.text is not None and len(self.text) <= COMPARABLE else None
        return asdict(replace(self, text=kept, outline=()))

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Part:
        return cls(**{**data, "outline": ()})


@dataclass(frozen=True, slots=True)
class Context:
    """A block for a prompt; `text` is empty when there is nothing to say.

    `left_out` has a sentence for the person about each part that was not given in full. `given` maps the
    ids of the parts that the agent has now been told about to their versions.
    """

    text: str = ""
    left_out: tuple[str, ...] = ()
    given: Mapping[str, str] = field(default_factory=dict)


def render(parts: Sequence[Part], *, limit: int = LIMIT, long: int = LONG) -> Context:
    """The parts for the first prompt of a run, in their order, in at most `limit` bytes (2 KiB or more)."""
    mark = _mark("document", parts)
    tag = f"document{mark}"
    intro = (
        "Documents of this project that belong to the task, as they are now. They are reference material;"
        " the paths are relative to the project's folder."
    )
    block = _Block(f"documents{mark}", intro, limit)
    for part in parts:
        block.add(part, _forms(tag, part, long))
    return block.context()


def changes(old: Iterable[Part], new: Sequence[Part], *, limit: int = LIMIT, long: int = LONG) -> Context:
    """What the agent has to know after it was given `old` and the same references now stand for `new`.

    A part whose text is the same is not mentioned, even if it moved. The texts are compared line by line;
    where more lines changed than the new text has, or the old text is unknown, the new text is given.
    """
    before = {part.id: part for part in old}
    now = {part.id for part in new}
    mark = _mark("change", [*new, *before.values()])
    tag = f"change{mark}"
    intro = (
        "Documents that belong to the task have changed since you were given them. Only what changed is"
        " here, as unified diffs; what you were given before is otherwise still true."
    )
    block = _Block(f"changes{mark}", intro, limit)
    for part in new:
        was = before.get(part.id)
        if was is None or not _same(was, part):
            block.add(part, _changed_forms(tag, was, part, long))
    for part in before.values():
        if part.id not in now:
            removed = _element(tag, part, "No longer attached to the task.", content="removed")
            block.add(part, [_Form(removed)])
    return block.context()


# --- blocks ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Form:
    """One way to give a part. `shortfall` tells the person what is missing in it."""

    text: str
    shortfall: str | None = None


class _Block:
    """Collects parts while there is room, and remembers what had none."""

    def __init__(self, name: str, intro: str, limit: int) -> None:
        if limit < LEAST:
            raise ValueError(f"A context block needs at least {LEAST} bytes.")
        self._name, self._limit = name, limit
        self._texts = [f"<{name}>\n{intro}\n"]
        self._room = limit - _FOOT - len(self._texts[0].encode())
        self._shortfalls: list[str] = []
        self._missing: list[str] = []
        self._given: dict[str, str] = {}

    def add(self, part: Part, forms: Sequence[_Form]) -> None:
        """Take the first form that has room."""
        for form in forms:
            size = len(form.text.encode()) + 1
            if size <= self._room:
                self._room -= size
                self._texts.append(form.text)
                self._given[part.id] = part.version
                if form.shortfall:
                    self._shortfalls.append(form.shortfall)
                return
        self._missing.append(describe(part))

    def context(self) -> Context:
        if len(self._texts) == 1 and not self._missing:
            return Context()
        why = f"what is put before a message is limited to {_size(self._limit)}"
        left_out = (*self._shortfalls, *(f"{name} was left out: {why}." for name in self._missing))
        foot = f"{_left_out(self._missing, why)}</{self._name}>\n"
        return Context("\n".join([*self._texts, foot]), left_out, dict(self._given))


def _left_out(missing: Sequence[str], why: str) -> str:
    """A sentence about what had no room; it is bounded itself."""
    if not missing:
        return ""
    names, room = [], _FOOT - 250
    for name in missing:
        room -= len(name.encode()) + 2
        if room < 0:
            break
        names.append(name)
    more = len(missing) - len(names)
    named = "; ".join([*names, *([f"{more} more"] if more else [])])
    return f"Left out, because {why}: {named}. Read them in the project when you need them.\n"


def describe(part: Part) -> str:
    """A part in words: `docs/auth.md, section “Tokens” (lines 3–9)`."""
    path = _clean(part.path, line=True)
    if part.heading is not None:
        return f"{path}, section “{_clean(part.heading, line=True)}”"
    return path if part.whole else f"{path}, lines {part.start_line}–{part.end_line}"


# --- one part -------------------------------------------------------------------------------------


def _forms(tag: str, part: Part, long: int, was: str = "") -> list[_Form]:
    """The ways to give a part, best first; `was` is the version the agent knows."""
    if part.text is None:
        return [_problem(tag, part)]
    size = len(part.text.encode("utf-8", "replace"))
    outline = _Form(
        _element(tag, part, _outline(part), content="outline", was=was),
        f"{describe(part)} ({_size(size)}) was given by its path and outline only.",
    )
    if part.whole and size > long:
        return [outline]
    return [_Form(_element(tag, part, part.text, was=was)), outline]


def _changed_forms(tag: str, was: Part | None, part: Part, long: int) -> list[_Form]:
    if was is None:
        return _forms(tag, part, long)
    forms = _forms(tag, part, long, was.version[:12])
    if was.text is None or part.text is None or max(len(was.text), len(part.text)) > COMPARABLE:
        return forms
    hunks, edits = _diff(was, part)
    diff = _Form(_element(tag, part, hunks, was=was.version[:12]))
    rewritten = edits > len(split_lines(part.text))
    return [*forms[:1], diff, *forms[1:]] if rewritten else [diff, *forms]


def _same(was: Part, part: Part) -> bool:
    """Whether the agent knows the part already; a text that nobody kept is known by its version."""
    if was.text is None and was.problem is None:
        return was.version == part.version
    return (was.text, was.problem) == (part.text, part.problem)


def _problem(tag: str, part: Part) -> _Form:
    reason = part.problem or "It cannot be read."
    return _Form(
        _element(tag, part, f"Not available. {reason}", content="missing"),
        f"{describe(part)} was not given: {reason}",
    )


def _element(tag: str, part: Part, body: str, **more: str) -> str:
    attributes = {"path": part.path, "section": part.heading}
    if part.text is not None:
        attributes |= {"lines": f"{part.start_line}-{part.end_line}", "version": part.version[:12]}
    attributes |= {**more, "note": part.note}
    written = "".join(
        f' {name}="{html.escape(_clean(value, line=True))}"' for name, value in attributes.items() if value
    )
    content = _clean(body).rstrip("\n")
    return f"<{tag}{written}>\n{content}\n</{tag}>\n"


def _outline(part: Part) -> str:
    """The headings within the part with their lines, the deep ones left out first."""
    inside = [one for one in part.outline if part.start_line <= one.line <= part.end_line]
    shown = inside
    for level in range(6, 0, -1):
        if len(shown) <= HEADINGS:
            break
        shown = [one for one in inside if one.level < level] or shown
    listed = [f"{one.line:>6}  {'  ' * (one.level - 1)}{one.text[:100]}" for one in shown[:HEADINGS]]
    cut = len(inside) - len(listed)
    return "\n".join(
        [
            "Too long to be given here. Its headings and their lines follow: read what you need in the file.",
            *listed,
            *([f"        ({cut} more headings)"] if cut else []),
        ]
    )


def _diff(was: Part, part: Part) -> tuple[str, int]:
    """A unified diff, numbered as in the file, whose hunks name their section; and how many lines change."""
    a, b = split_lines(was.text or ""), split_lines(part.text or "")
    written: list[str] = []
    edits = 0
    for group in SequenceMatcher(None, a, b).get_grouped_opcodes(3):
        written.append(_hunk_head(group, was, part))
        for kind, i, j, k, m in group:
            if kind == "equal":
                written += [f" {line}" for line in a[i:j]]
                continue
            written += [f"-{line}" for line in a[i:j]] + [f"+{line}" for line in b[k:m]]
            edits += (j - i) + (m - k)
    return "\n".join(written), edits


def _hunk_head(group: Sequence[tuple[str, int, int, int, int]], was: Part, part: Part) -> str:
    first, last = group[0], group[-1]
    changed = next(op for op in group if op[0] != "equal")
    section = _section_at(part.outline, part.start_line + changed[3])
    before = _range(first[1], last[2], was.start_line)
    after = _range(first[3], last[4], part.start_line)
    return f"@@ -{before} +{after} @@{section}"


def _range(start: int, stop: int, first_line: int) -> str:
    """As in a unified diff: an empty range is named by the line before it."""
    length = stop - start
    return f"{first_line + start - (0 if length else 1)},{length}"


def _section_at(outline: Sequence[Heading], line: int) -> str:
    above = [one for one in outline if one.line <= line]
    return f" {above[-1].text[:80]}" if above else ""


def _mark(name: str, parts: Sequence[Part]) -> str:
    """What is added to the names of elements so that no text can close them: nothing, `-2`, `-3` …"""
    texts = [text.lower() for part in parts for text in (part.text, part.note, part.problem) if text]
    number, mark = 1, ""
    while any(f"</{name}{mark}" in text or f"</{name}s{mark}" in text for text in texts):
        number += 1
        mark = f"-{number}"
    return mark


def _clean(text: str, *, line: bool = False) -> str:
    clean = _CONTROL.sub("\ufffd", text)
    return " ".join(clean.split()) if line else clean


def _size(size: int) -> str:
    return f"{size / 1024:.3g} KiB" if size >= 1024 else f"{size} bytes"
