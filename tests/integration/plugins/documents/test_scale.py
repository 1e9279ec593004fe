"""A real documentation tree, as it is and multiplied to 2,000 documents.

The tree is the documentation that the Playwright package ships; it is installed for the browser tests anyway.
"""

from __future__ import annotations

import shutil
from itertools import cycle, islice
from pathlib import Path

import playwright
import pytest
from chorus_documents import MarkdownProvider, Options
from markdown_it import MarkdownIt

from chorus.model.anchors import anchor, resolve, split_lines

TREE = Path(playwright.__file__).parent / "driver"
PAGES = sorted(page.relative_to(TREE).as_posix() for page in TREE.rglob("*.md"))


@pytest.fixture
def reader() -> MarkdownProvider:
    return MarkdownProvider(Options(include=("**/*.md",), gitignore=False))


def test_there_is_a_tree() -> None:
    assert len(PAGES) >= 10


async def test_every_page_is_listed_with_a_title(reader: MarkdownProvider) -> None:
    documents = await reader.list(str(TREE))
    assert [one.path for one in documents] == PAGES
    assert all(one.title and one.size and len(one.version) == 32 for one in documents)


@pytest.mark.parametrize("page", PAGES)
async def test_every_outline_agrees_with_the_whole_parser(reader: MarkdownProvider, page: str) -> None:
    excerpt = await reader.read(str(TREE), page)
    lines = split_lines(excerpt.text)
    outline = await reader.outline(str(TREE), page)
    matter = lines.index("---", 1) + 1 if lines[0] == "---" else 0
    tokens = MarkdownIt("commonmark").parse("\n" * matter + "\n".join(lines[matter:]))
    wanted = [
        (int(token.tag[1:]), token.map[0] + 1)
        for token in tokens
        if token.type == "heading_open" and token.level == 0 and token.map
    ]
    assert [(heading.level, heading.line) for heading in outline] == wanted
    assert len({heading.slug for heading in outline}) == len(outline)


@pytest.mark.parametrize("page", PAGES)
async def test_every_section_can_be_read_and_anchored(reader: MarkdownProvider, page: str) -> None:
    text = (await reader.read(str(TREE), page)).text
    outline = await reader.outline(str(TREE), page)
    for heading in outline:
        excerpt = await reader.read(str(TREE), page, heading=heading.slug)
        span = (excerpt.start_line, excerpt.end_line)
        assert excerpt.start_line == heading.line
        assert resolve(text, outline, anchor(text, outline, heading=heading.slug)) == span
        assert resolve(text, outline, anchor(text, outline, lines=span)) == span


@pytest.fixture
def library(root: str) -> str:
    for number, page in enumerate(islice(cycle(PAGES), 2_000)):
        folder = Path(root, "docs", str(number // 100), str(number // 10 % 10))
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(TREE / page, folder / f"{number}.md")
    Path(root, "docs/19/0/wombat.md").write_text("# An animal\n\nIt digs.\n")
    return root


async def test_two_thousand_documents_are_listed_and_searched(
    provider: MarkdownProvider, library: str
) -> None:
    documents = await provider.list(library)
    assert len(documents) == 2_001
    assert [one.path for one in documents] == sorted(one.path for one in documents)
    for match in ("WOMBAT", "an Animal", "it digs."):
        assert [one.path for one in await provider.list(library, match)] == ["docs/19/0/wombat.md"]
    assert len(await provider.list(library, "playwright")) > 100
