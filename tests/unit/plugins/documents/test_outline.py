"""Titles, outlines, slugs and front matter, through the provider."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from chorus_documents import MarkdownProvider
from chorus_documents.markdown import MAX_HEADINGS

from chorus.errors import NotFound

Write = Callable[[str, str | bytes], Path]
SPEC: list[dict[str, Any]] = json.loads(Path(__file__).with_name("commonmark_headings.json").read_text())[
    "examples"
]


@pytest.mark.parametrize("example", [pytest.param(one, id=str(one["example"])) for one in SPEC])
async def test_headings_are_those_of_the_commonmark_specification(
    provider: MarkdownProvider, root: str, write: Write, example: dict[str, Any]
) -> None:
    write("a.md", example["markdown"])
    outline = await provider.outline(root, "a.md")
    assert [[heading.level, heading.text] for heading in outline] == example["headings"]


def test_all_examples_of_both_sections_are_there() -> None:
    assert [one["example"] for one in SPEC] == list(range(62, 107))


async def slugs(provider: MarkdownProvider, root: str, write: Write, text: str) -> list[str]:
    write("a.md", text)
    return [heading.slug for heading in await provider.outline(root, "a.md")]


@pytest.mark.parametrize(
    ("heading", "slug"),
    [
        ("Getting started", "getting-started"),
        ("bravoCharlieDelta", "bravocharliedelta"),
        ("with a - dash", "with-a---dash"),
        ("snake_case and CAPS", "snake_case-and-caps"),
        ("version 1.2.3", "version-123"),
        ("What's new?", "whats-new"),
        ("a  b", "a--b"),
        ("🚀 Launch", "-launch"),
        ("Launch 🚀", "launch-"),
        ("😄-😄 faces", "--faces"),
        ("⚙\ufe0f Setup", "\ufe0f-setup"),
        (":rocket: Launch", "rocket-launch"),
        ("Привет 你好", "привет-你好"),
        ("Ünïcödé Ⅳ", "ünïcödé-ⅳ"),
        ("en–dash—em", "endashem"),
        ("`code()` and `more`", "code-and-more"),
        ("A [link](https://a.example/b) here", "a-link-here"),
        ("*Emphasis* and **more**", "emphasis-and-more"),
        ("~~Old~~ new", "old-new"),
        ("An ![image](a.png) too", "an--too"),
        ('With <a name="x"></a>HTML', "with-html"),
        ("&amp; &lt;b&gt; &copy;", "-b-"),
        (r"\*not emphasis\*", "not-emphasis"),
        ("https://a.example/b", "httpsaexampleb"),
        ("__proto__", "proto"),
        ("trailing ##", "trailing"),
    ],
)
async def test_slugs_are_made_as_github_makes_them(
    provider: MarkdownProvider, root: str, write: Write, heading: str, slug: str
) -> None:
    assert await slugs(provider, root, write, f"# {heading}\n") == [slug]


@pytest.mark.parametrize(
    ("headings", "expected"),
    [
        (["a", "a", "a"], ["a", "a-1", "a-2"]),
        (["echo", "echo", "echo 1", "echo-1", "echo"], ["echo", "echo-1", "echo-1-1", "echo-1-2", "echo-2"]),
        (["foxtrot-1", "foxtrot", "foxtrot"], ["foxtrot-1", "foxtrot", "foxtrot-2"]),
        (["A", "a!", "`a`"], ["a", "a-1", "a-2"]),
        (["🦉", "🦉", "!"], ["", "-1", "-2"]),
    ],
)
async def test_repeated_headings_are_numbered_as_github_does(
    provider: MarkdownProvider, root: str, write: Write, headings: list[str], expected: list[str]
) -> None:
    assert await slugs(provider, root, write, "".join(f"## {one}\n\n" for one in headings)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "```\n# no\n```\n",
        "~~~md\n# no\n~~~\n",
        "````\n```\n# no\n````\n",
        "```\n# no, and the fence is never closed\n",
        "    # no\n",
        "<!--\n# no\n-->\n",
        "<pre>\n# no\n</pre>\n",
        "\\# no\n",
        "#no\n",
        "####### no\n",
        "- no\n---\n",
    ],
)
async def test_what_looks_like_a_heading_and_is_none(
    provider: MarkdownProvider, root: str, write: Write, text: str
) -> None:
    assert await slugs(provider, root, write, text) == []


async def test_quoted_headings_are_not_in_the_outline_but_take_a_name(
    provider: MarkdownProvider, root: str, write: Write
) -> None:
    text = "# One\n\n> # Quoted\n\n- # Listed\n\n# Quoted\n\n# Listed\n"
    assert await slugs(provider, root, write, text) == ["one", "quoted-1", "listed-1"]
    assert (await provider.read(root, "a.md", heading="one")).end_line == 5


async def test_lines_are_those_of_the_file(provider: MarkdownProvider, root: str, write: Write) -> None:
    write(
        "a.md", "---\ntitle: T\n---\nintro\n\n# One\n\n```\n# no\n```\n\nTwo\nlines\n===\n\n### Three ###\n"
    )
    outline = await provider.outline(root, "a.md")
    assert [(one.level, one.text, one.slug, one.line) for one in outline] == [
        (1, "One", "one", 6),
        (1, "Two lines", "twolines", 12),
        (3, "Three", "three", 16),
    ]


async def test_an_outline_is_bounded(provider: MarkdownProvider, root: str, write: Write) -> None:
    write("a.md", "# x\n" * (MAX_HEADINGS * 3))
    assert len(await provider.outline(root, "a.md")) == MAX_HEADINGS


# --- titles and front matter ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "title", "fields"),
    [
        ("---\ntitle: From matter\n---\n# Heading\n", "From matter", {"title": "From matter"}),
        ("---\ntitle: 2024\n---\n", "2024", {"title": 2024}),
        ("---\ntags: [a, b]\n---\n# Heading\n", "Heading", {"tags": ["a", "b"]}),
        ("---\ntitle: ''\n---\n# Heading\n", "Heading", {"title": ""}),
        ("---\ntitle: [a]\n---\n# Heading\n", "Heading", {"title": ["a"]}),
        ("---\ntitle: true\n---\n# Heading\n", "Heading", {"title": True}),
        ("---\ndate: 2024-05-01\n---\n", "file", {"date": "2024-05-01"}),
        ("---\na: {b: [1, 2.5, null]}\n---\n", "file", {"a": {"b": [1, 2.5, None]}}),
        ("---\na: .inf\n---\n", "file", {"a": "inf"}),
        ('---\na: "\\ud800"\n---\n', "file", {"a": "?"}),
        ("---\n---\n# Heading\n", "Heading", {}),
        ("---\ntitle: Dots\n...\n# Heading\n", "Dots", {"title": "Dots"}),
        ("\ufeff---\ntitle: Mark\n---\n", "Mark", {"title": "Mark"}),
        ("---\r\ntitle: Windows\r\n---\r\n# Heading\r\n", "Windows", {"title": "Windows"}),
        ('---\ntitle: "never closed\n---\n# Heading\n', "Heading", {}),
        ("---\ntitle: !!python/object/apply:os.getpid []\n---\n# Heading\n", "Heading", {}),
        ("---\ndate: 2024-99-99\n---\n# Heading\n", "Heading", {}),
        ("# Heading\n\n---\ntitle: no\n---\n", "Heading", {}),
        ("\n---\ntitle: no\n---\n", "title: no", {}),
        ("---\ntitle: no end\n", "file", {}),
        ("## Second level\n\n# First level\n", "Second level", {}),
        ("#\n\n# Heading\n", "Heading", {}),
        ("# `Code` and [link](x)\n", "Code and link", {}),
        ("no heading\n", "file", {}),
        ("", "file", {}),
    ],
)
async def test_titles_and_fields(
    provider: MarkdownProvider, root: str, write: Write, text: str, title: str, fields: dict[str, Any]
) -> None:
    write("file.md", text)
    assert [one.title for one in await provider.list(root)] == [title]
    assert await provider.fields(root, "file.md") == fields


async def test_a_thematic_break_at_the_top_is_no_front_matter(
    provider: MarkdownProvider, root: str, write: Write
) -> None:
    assert await slugs(provider, root, write, "---\nFoo\n---\nBar\n---\nBaz") == ["foo", "bar"]


@pytest.mark.parametrize(
    "matter",
    [
        "a: &a [x, x]\nb: &b [*a, *a]\n" + "".join(f"c{n}: [*b, *b, *b, *b]\n" for n in range(200)),
        "a: &a [*a]\n",
        "a: " + "[" * 5_000 + "\n",
        "".join(f"k{n}: {n}\n" for n in range(5_000)),
    ],
    ids=["aliases", "itself", "deep", "long"],
)
async def test_front_matter_that_would_grow_is_not_read(
    provider: MarkdownProvider, root: str, write: Write, matter: str
) -> None:
    write("a.md", f"---\n{matter}---\n\n# Heading\n")
    assert await provider.fields(root, "a.md") == {}
    assert "Heading" in [one.text for one in await provider.outline(root, "a.md")]


# --- encodings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data", [b"\xef\xbb\xbf# A\n\nb\n", b"# A\r\n\r\nb\r\n", b"# A\r\rb\r", b"# A\n\r\nb\n"]
)
async def test_marks_and_line_ends_of_other_systems_are_evened_out(
    provider: MarkdownProvider, root: str, write: Write, data: bytes
) -> None:
    write("a.md", data)
    excerpt = await provider.read(root, "a.md")
    assert (excerpt.text, excerpt.end_line) == ("# A\n\nb\n", 3)
    assert (await provider.read(root, "a.md", heading="a")).text == "# A\n\nb\n"


@pytest.mark.parametrize("match", ["ÜBER", "über", "Straße", "STRASSE ä", "привет", "b\nc", "ROW", "É"])
async def test_a_search_ignores_case_in_all_scripts_and_line_ends(
    provider: MarkdownProvider, root: str, write: Write, match: str
) -> None:
    write("a.md", "Über Straße ä ПРИВЕТ row é\r\na b\r\nc\r\n")
    write("b.md", "nothing\n")
    assert [one.path for one in await provider.list(root, match)] == ["a.md"]


async def test_other_separators_are_text(provider: MarkdownProvider, root: str, write: Write) -> None:
    write("a.md", "# A\u2028\x0cB\n\nc\x85d\n")
    assert (await provider.read(root, "a.md", lines=(3, 3))).text == "c\x85d\n"


async def test_the_version_is_that_of_the_bytes(provider: MarkdownProvider, root: str, write: Write) -> None:
    versions = set()
    for data in (b"a\n", b"a\r\n", b"\xef\xbb\xbfa\n", b"a"):
        write("a.md", data)
        versions.add((await provider.read(root, "a.md")).version)
    assert len(versions) == 4


async def test_an_empty_document_has_one_empty_line(
    provider: MarkdownProvider, root: str, write: Write
) -> None:
    write("a.md", "")
    excerpt = await provider.read(root, "a.md")
    assert (excerpt.text, excerpt.start_line, excerpt.end_line) == ("", 1, 1)
    assert (await provider.read(root, "a.md", lines=(1, 1))).text == "\n"


async def test_a_section_may_be_named_as_in_a_link_and_a_near_miss_is_helped(
    provider: MarkdownProvider, root: str, write: Write
) -> None:
    write("a.md", "# Installation\n\n# Usage\n")
    assert (await provider.read(root, "a.md", heading="#usage")).text == "# Usage\n"
    with pytest.raises(NotFound, match="has no heading “instalation”. Did you mean installation"):
        await provider.read(root, "a.md", heading="instalation")
