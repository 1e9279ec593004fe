"""References that survive edits: what is followed, and what becomes stale."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from chorus.model import Heading
from chorus.model.anchors import MAX_RANGE, anchor, resolve, section_lines, split_lines

GUIDE = """\
# Guide

Read this first.

## Install

Get the package from the registry and put it
where your shell finds it. That is all there is to do.

### Linux

Use the package manager.

## Usage

Run it. The limit is 10 MB for each upload, and
it is checked before anything is stored.

```sh
tool --help
```

Nothing else is needed.

## Licence

Free.
"""


def outline_of(text: str) -> list[Heading]:
    """The headings of simple texts: hash marks outside fences, and a slug for each."""
    found: list[Heading] = []
    fenced = False
    for number, line in enumerate(split_lines(text), 1):
        fenced ^= line.startswith("```")
        if not fenced and (match := re.fullmatch(r"(#{1,6}) (.*?) *", line)):
            slug = f"{match[2].lower().replace(' ', '-')}"
            taken = sum(one.text == match[2] for one in found)
            found.append(Heading(len(match[1]), match[2], f"{slug}-{taken}" if taken else slug, number))
    return found


def follow_section(before: str, after: str, slug: str) -> str | None:
    """The section's text after an edit, through JSON as a database would keep the anchor."""
    kept = json.loads(json.dumps(anchor(before, outline_of(before), heading=slug)))
    return cut(after, resolve(after, outline_of(after), kept))


def follow_lines(before: str, after: str, first: str, last: str | None = None) -> str | None:
    """The text of the lines from one that begins with `first` to one that begins with `last`."""
    lines = split_lines(before)
    start = next(at for at, line in enumerate(lines, 1) if line.startswith(first))
    end = next(at for at, line in enumerate(lines, 1) if line.startswith(last or first) and at >= start)
    kept = json.loads(json.dumps(anchor(before, outline_of(before), lines=(start, end))))
    return cut(after, resolve(after, outline_of(after), kept))


def cut(text: str, span: tuple[int, int] | None) -> str | None:
    return None if span is None else "\n".join(split_lines(text)[span[0] - 1 : span[1]])


# --- texts and sections -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("a", ["a"]),
        ("a\n", ["a"]),
        ("a\n\n", ["a", ""]),
        ("a\u2028b\x0cc\nd", ["a\u2028b\x0cc", "d"]),
    ],
)
def test_only_a_line_feed_ends_a_line(text: str, lines: list[str]) -> None:
    assert split_lines(text) == lines


@pytest.mark.parametrize(
    ("slug", "span"),
    [("guide", (1, 27)), ("install", (5, 12)), ("linux", (10, 12)), ("usage", (14, 23)), ("absent", None)],
)
def test_a_section_ends_before_the_next_heading_that_is_not_below_it(
    slug: str, span: tuple[int, int] | None
) -> None:
    assert section_lines(GUIDE, outline_of(GUIDE), slug) == span


# --- every edit that must not matter ------------------------------------------------------------


def unrelated_edits() -> Iterator[tuple[str, str]]:
    yield "nothing", GUIDE
    yield "lines above", "A banner.\n\nOf two lines.\n\n" + GUIDE
    yield "a section above", GUIDE.replace("## Install", "## Before\n\nSomething new.\n\n## Install")
    yield "white space at the ends of lines", GUIDE.replace("\n", "  \n")
    yield "another section deleted", GUIDE.replace("## Licence\n\nFree.\n", "")
    yield "another section renamed", GUIDE.replace("## Licence", "## Terms")
    install, usage = GUIDE[GUIDE.index("## Install") : GUIDE.index("## Usage")], "## Usage"
    yield "the order of sections", GUIDE.replace(install, "").replace("## Licence", install + "## Licence")
    yield "a part moved to the end", GUIDE.replace(install, "") + "\n" + install
    assert usage in GUIDE


@pytest.mark.parametrize("edit", [pytest.param(text, id=name) for name, text in unrelated_edits()])
@pytest.mark.parametrize("slug", ["install", "linux", "usage"])
def test_a_section_is_followed_through_edits_elsewhere(edit: str, slug: str) -> None:
    followed = follow_section(GUIDE, edit, slug)
    assert followed is not None
    assert [line.rstrip() for line in split_lines(followed)] == split_lines(cut_section(GUIDE, slug))


def cut_section(text: str, slug: str) -> str:
    found = cut(text, section_lines(text, outline_of(text), slug))
    assert found is not None
    return found


@pytest.mark.parametrize("edit", [pytest.param(text, id=name) for name, text in unrelated_edits()])
@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("Get the", "where your"),
        ("Run it.", "Nothing"),
        ("```sh", "tool"),
        ("Use the", "Use the"),
        ("## Usage", "Run"),
    ],
)
def test_a_range_is_followed_through_edits_elsewhere(edit: str, first: str, last: str) -> None:
    followed = follow_lines(GUIDE, edit, first, last)
    assert followed is not None
    assert [line.rstrip() for line in split_lines(followed)] == split_lines(cut_range(first, last))


def cut_range(first: str, last: str) -> str:
    lines = split_lines(GUIDE)
    start = next(at for at, line in enumerate(lines) if line.startswith(first))
    end = next(at for at, line in enumerate(lines) if line.startswith(last) and at >= start)
    return "\n".join(lines[start : end + 1])


@pytest.mark.parametrize("at", range(1, 28))
def test_every_single_line_is_itself_or_stale_after_a_line_is_put_above(at: int) -> None:
    kept = anchor(GUIDE, [], lines=(at, at))
    after = "New first line.\n" + GUIDE
    assert resolve(after, [], kept) in ((at + 1, at + 1), None)
    if split_lines(GUIDE)[at - 1]:
        assert resolve(after, [], kept) == (at + 1, at + 1)


# --- sections: what is evidence -----------------------------------------------------------------

TWO = "# API\n\n## Usage\n\nCall it.\n\n# CLI\n\n## Usage\n\nType it.\n"
SAME = "# API\n\n## Notes\n\nTBD\n\n# CLI\n\n## Notes\n\nTBD\n"
TWINS = "# Log\n\n## Fixed\n\nOne thing.\n\n## Fixed\n\nAnother thing.\n"


@pytest.mark.parametrize(
    ("before", "slug", "after", "found"),
    [
        pytest.param(
            GUIDE, "usage", GUIDE.replace("Run it.", "Walk."), "## Usage\n\nWalk.", id="its own text edited"
        ),
        pytest.param(
            GUIDE, "usage", GUIDE.replace("## Usage", "#### Usage"), "#### Usage\n\nRun", id="another level"
        ),
        pytest.param(
            TWO, "usage-1", TWO.replace("Type", "Write"), "## Usage\n\nWrite", id="a namesake elsewhere"
        ),
        pytest.param(
            TWO,
            "usage-1",
            TWO.replace("# CLI", "# GUI\n\n## Usage\n\nClick.\n\n# CLI"),
            "## Usage\n\nType",
            id="a new namesake before it",
        ),
        pytest.param(
            SAME, "notes", SAME.replace("TBD", "Done", 1), "## Notes\n\nDone", id="same content edited"
        ),
        pytest.param(
            TWINS, "fixed-1", TWINS.replace("Another", "Other"), "## Fixed\n\nOther", id="a twin edited"
        ),
        pytest.param(
            TWINS,
            "fixed-1",
            TWINS.replace("## Fixed", "## Fixed\n\nNew.\n\n## Fixed", 1),
            "## Fixed\n\nAnother",
            id="a third twin, content unchanged",
        ),
        pytest.param(
            GUIDE,
            "install",
            GUIDE.replace("## Install", "## Get it"),
            "## Get it\n\nGet the",
            id="renamed with its content unchanged",
        ),
    ],
)
def test_sections_that_are_followed(before: str, slug: str, after: str, found: str) -> None:
    followed = follow_section(before, after, slug)
    assert followed is not None
    assert followed.startswith(found)


@pytest.mark.parametrize(
    ("before", "slug", "after"),
    [
        pytest.param(GUIDE, "usage", GUIDE.replace("## Usage", "Usage"), id="no heading any more"),
        pytest.param(
            GUIDE, "licence", GUIDE.replace("## Licence", "## Terms"), id="renamed with little content"
        ),
        pytest.param(
            GUIDE,
            "install",
            GUIDE.replace("## Install", "## Get it").replace("That is all", "Now"),
            id="renamed and edited",
        ),
        pytest.param(TWO, "usage", TWO[TWO.index("# CLI") :], id="its namesake survived"),
        pytest.param(
            SAME, "notes", SAME[SAME.index("# CLI") :], id="a namesake of the same content survived"
        ),
        pytest.param(TWINS, "fixed", TWINS.replace("## Fixed\n\nOne thing.\n\n", ""), id="its twin survived"),
        pytest.param(
            TWINS, "fixed", TWINS.replace("One", "Some").replace("Another", "Other"), id="both twins edited"
        ),
        pytest.param(
            TWO,
            "usage",
            TWO.replace("Call it.", "New here.") + "\n# Old\n\n## Usage\n\nCall it.\n",
            id="moved, and a new one in its place",
        ),
        pytest.param(GUIDE, "usage", "", id="everything deleted"),
    ],
)
def test_sections_that_become_stale(before: str, slug: str, after: str) -> None:
    assert follow_section(before, after, slug) is None


# --- ranges: what is evidence -------------------------------------------------------------------

BLOCKS = "alpha\n---\nsame\n---\nbeta\n---\nsame\n---\ngamma\n"


@pytest.mark.parametrize(
    ("first", "last", "after", "found"),
    [
        pytest.param(
            "Run it.",
            "it is checked",
            GUIDE.replace("10 MB", "20 MB"),
            "Run it. The limit is 20 MB",
            id="a number in it",
        ),
        pytest.param(
            "Get the",
            "where your",
            GUIDE.replace("Get the", "Fetch the"),
            "Fetch the",
            id="its first line edited",
        ),
        pytest.param(
            "Run it.",
            "Nothing",
            GUIDE.replace("tool --help\n", "tool --help\ntool --version\n"),
            "Run it.",
            id="a line put inside",
        ),
        pytest.param(
            "Run it.",
            "Nothing",
            "Moved.\n" + GUIDE.replace("tool --help", "tool -h"),
            "Run it.",
            id="moved and edited",
        ),
        pytest.param("Use the", None, GUIDE.replace("Use the", "Use your"), "Use your", id="one line edited"),
    ],
)
def test_ranges_that_are_followed(first: str, last: str | None, after: str, found: str) -> None:
    followed = follow_lines(GUIDE, after, first, last)
    assert followed is not None
    assert followed.startswith(found)


@pytest.mark.parametrize(
    ("first", "last", "after"),
    [
        pytest.param("Use the", None, GUIDE.replace("Use the package manager.\n", ""), id="deleted"),
        pytest.param(
            "Use the", None, GUIDE.replace("Use the package manager.", "See below."), id="rewritten"
        ),
        pytest.param(
            "Get the",
            "where your",
            GUIDE.replace("Get the", "Fetch the").replace("## Install\n\n", ""),
            id="an end that nothing marks",
        ),
        pytest.param(
            "```sh", "```sh", GUIDE.replace("```sh\ntool --help\n```\n", ""), id="a fence without its text"
        ),
        pytest.param("Run it.", "Nothing", "", id="everything deleted"),
    ],
)
def test_ranges_that_become_stale(first: str, last: str | None, after: str) -> None:
    assert follow_lines(GUIDE, after, first, last) is None


@pytest.mark.parametrize(
    ("lines", "after", "found"),
    [
        pytest.param((3, 3), "new\n" + BLOCKS, (4, 4), id="the first copy, by its context"),
        pytest.param((7, 7), "new\n" + BLOCKS, (8, 8), id="the second copy, by its context"),
        pytest.param((3, 3), BLOCKS, (3, 3), id="an unchanged text needs no evidence"),
        pytest.param(
            (3, 3), BLOCKS.replace("alpha\n---\nsame\n---\n", ""), None, id="only the other copy is left"
        ),
        pytest.param((3, 3), "new\n" + BLOCKS + BLOCKS, None, id="two copies with the same context"),
    ],
)
def test_copies_are_told_apart_by_what_is_around_them(
    lines: tuple[int, int], after: str, found: tuple[int, int] | None
) -> None:
    assert resolve(after, [], anchor(BLOCKS, [], lines=lines)) == found


def test_a_copy_made_elsewhere_does_not_steal_the_reference() -> None:
    kept = anchor(GUIDE, [], lines=(7, 8))
    copied = cut_range("Get the", "where your")
    assert resolve(copied + "\n\n" + GUIDE, [], kept) == (10, 11)


def test_ends_that_are_everywhere_are_ambiguous_and_cost_nothing() -> None:
    before = "---\nthe words of this range\n---\n"
    after = "---\n" * 20_000 + "the other words of this range\n" + "---\n" * 20_000
    assert resolve(after, [], anchor(before, [], lines=(1, 3))) is None


# --- whole documents and bad input --------------------------------------------------------------


def test_a_whole_document_is_never_stale() -> None:
    kept = anchor(GUIDE, outline_of(GUIDE))
    assert resolve("Something else.\n", [], kept) == (1, 1)
    assert resolve("", [], kept) == (1, 1)


@pytest.mark.parametrize("lines", [(0, 1), (3, 2), (1, 28), (-1, -1)])
def test_lines_outside_the_text_are_refused(lines: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="not in a text of 27 lines"):
        anchor(GUIDE, [], lines=lines)


def test_a_range_too_long_to_keep_is_refused_with_advice() -> None:
    with pytest.raises(ValueError, match="refer to a section or to the whole document"):
        anchor("x" * (MAX_RANGE + 1), [], lines=(1, 1))


def test_an_unknown_heading_is_refused() -> None:
    with pytest.raises(LookupError, match="nowhere"):
        anchor(GUIDE, outline_of(GUIDE), heading="nowhere")


@pytest.mark.parametrize(
    "kept",
    [
        {},
        {"kind": "page"},
        {"kind": "section"},
        {"kind": "lines", "document": 1},
        {"kind": "section", "text": []},
        {
            "kind": "section",
            "text": "Usage",
            "count": 2,
            "bodies": [],
            "occurrence": 5,
            "unique": True,
            "level": 2,
            "path": ["Guide"],
        },
    ],
)
def test_an_anchor_that_is_not_understood_is_stale(kept: dict[str, object]) -> None:
    assert resolve(GUIDE, outline_of(GUIDE), kept) is None
