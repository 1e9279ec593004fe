"""For authors of document providers: the contract as a test class, and a fake.

    class TestMyProvider(DocumentProviderContract):
        @pytest.fixture
        def library(self, tmp_path: Path) -> Library:
            def write(path: str, text: str) -> None: ...
            def remove(path: str) -> None: ...
            return Library(MyProvider(), str(tmp_path), write, remove)

Set `first` and `second` if your documents cannot have the paths given here. Needs pytest and pytest-asyncio.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, cast

import pytest

from chorus.backends import DocumentChange, DocumentProvider
from chorus.errors import BadInput, ChorusError, Forbidden, NotFound
from chorus.model import Document, Excerpt, Heading
from chorus.model.anchors import section_lines, split_lines

GUIDE = "# Guide\n\nRead me.\n\n## Install\n\nGet it.\n\n### Linux\n\nA package.\n\n## Usage\n\nRun it.\n"
NOTES = "# Notes\n\nAbout the WOMBAT.\n"
_PATIENCE = 40.0  # seconds until a change must have been told


@dataclass(frozen=True)
class Library:
    """A provider, the folder of a project, and how its documents are changed from outside."""

    provider: DocumentProvider
    root: str
    write: Callable[[str, str], None]
    remove: Callable[[str], None]


class DocumentProviderContract:
    """What every document provider promises."""

    first = "docs/guide.md"
    second = "docs/notes.md"
    pytestmark = pytest.mark.asyncio

    @pytest.fixture
    def library(self) -> Library:
        raise NotImplementedError("override the fixture `library`")

    @pytest.fixture
    def filled(self, library: Library) -> Library:
        library.write(self.second, NOTES)
        library.write(self.first, GUIDE)
        return library

    async def test_a_provider_has_a_name_and_the_shape_of_one(self, library: Library) -> None:
        assert isinstance(library.provider, DocumentProvider)
        assert re.fullmatch(r"[a-z][a-z0-9-]*", library.provider.name)

    async def test_a_project_without_documents_lists_none(self, library: Library) -> None:
        assert list(await library.provider.list(library.root)) == []

    async def test_documents_are_listed_by_path(self, filled: Library) -> None:
        documents = await filled.provider.list(filled.root)
        assert [one.path for one in documents] == sorted([self.first, self.second])
        guide = next(one for one in documents if one.path == self.first)
        assert guide.title == "Guide"
        assert guide.provider == filled.provider.name
        assert guide.size == len(GUIDE.encode())

    @pytest.mark.parametrize("match", ["wombat", "Wombat", "NOTES", "about the w"])
    async def test_a_search_looks_at_titles_and_text_and_ignores_case(
        self, filled: Library, match: str
    ) -> None:
        assert [one.path for one in await filled.provider.list(filled.root, match)] == [self.second]

    async def test_a_search_looks_at_paths(self, filled: Library) -> None:
        found = await filled.provider.list(filled.root, self.first.upper())
        assert [one.path for one in found] == [self.first]

    async def test_a_search_without_result_is_empty(self, filled: Library) -> None:
        assert list(await filled.provider.list(filled.root, "no such thing anywhere")) == []

    async def test_an_outline_has_levels_slugs_and_lines(self, filled: Library) -> None:
        assert list(await filled.provider.outline(filled.root, self.first)) == [
            Heading(1, "Guide", "guide", 1),
            Heading(2, "Install", "install", 5),
            Heading(3, "Linux", "linux", 9),
            Heading(2, "Usage", "usage", 13),
        ]

    async def test_a_document_is_read_whole(self, filled: Library) -> None:
        excerpt = await filled.provider.read(filled.root, self.first)
        assert (excerpt.path, excerpt.text) == (self.first, GUIDE)
        assert (excerpt.start_line, excerpt.end_line) == (1, 15)

    @pytest.mark.parametrize(
        ("heading", "start", "end"),
        [("guide", 1, 15), ("install", 5, 11), ("linux", 9, 11), ("usage", 13, 15)],
    )
    async def test_a_section_is_read_with_its_subsections(
        self, filled: Library, heading: str, start: int, end: int
    ) -> None:
        excerpt = await filled.provider.read(filled.root, self.first, heading=heading)
        assert (excerpt.start_line, excerpt.end_line) == (start, end)
        assert split_lines(excerpt.text) == split_lines(GUIDE)[start - 1 : end]

    @pytest.mark.parametrize("lines", [(1, 1), (3, 7), (1, 15), (15, 15)])
    async def test_a_range_of_lines_is_read(self, filled: Library, lines: tuple[int, int]) -> None:
        excerpt = await filled.provider.read(filled.root, self.first, lines=lines)
        assert (excerpt.start_line, excerpt.end_line) == lines
        assert split_lines(excerpt.text) == split_lines(GUIDE)[lines[0] - 1 : lines[1]]

    @pytest.mark.parametrize("lines", [(0, 1), (2, 1), (15, 16), (99, 100), (-3, 2)])
    async def test_lines_that_are_not_there_are_refused(
        self, filled: Library, lines: tuple[int, int]
    ) -> None:
        with pytest.raises(BadInput):
            await filled.provider.read(filled.root, self.first, lines=lines)

    async def test_a_section_and_lines_at_once_are_refused(self, filled: Library) -> None:
        with pytest.raises(BadInput):
            await filled.provider.read(filled.root, self.first, heading="guide", lines=(1, 2))

    async def test_a_heading_that_is_not_there_is_refused(self, filled: Library) -> None:
        with pytest.raises(NotFound):
            await filled.provider.read(filled.root, self.first, heading="nowhere")

    async def test_every_view_of_a_document_has_its_version(self, filled: Library) -> None:
        whole = await filled.provider.read(filled.root, self.first)
        part = await filled.provider.read(filled.root, self.first, heading="usage")
        listed = await filled.provider.list(filled.root, self.first)
        assert {whole.version, part.version, listed[0].version} == {whole.version}
        assert (await filled.provider.read(filled.root, self.second)).version != whole.version

    async def test_a_version_changes_with_the_text_and_comes_back_with_it(self, filled: Library) -> None:
        async def version() -> str:
            return (await filled.provider.read(filled.root, self.first)).version

        before = await version()
        filled.write(self.first, GUIDE.replace("Run it.", "Jog it."))
        assert await version() != before
        filled.write(self.first, GUIDE)
        assert await version() == before

    async def test_a_document_that_is_not_there_is_refused(self, filled: Library) -> None:
        absent = self.first.replace("guide", "absent")
        with pytest.raises(NotFound):
            await filled.provider.read(filled.root, absent)
        with pytest.raises(NotFound):
            await filled.provider.outline(filled.root, absent)

    @pytest.mark.parametrize(
        "path",
        ["../outside.md", "docs/../../outside.md", "/etc/passwd", "/proc/self/environ", "", "a\0b.md", ".."]
        + ["..\\outside.md", "%2e%2e%2foutside.md", "file:///etc/passwd", "\ud800.md", "x" * 5_000 + ".md"],
    )
    async def test_nothing_outside_the_project_is_read(self, filled: Library, path: str) -> None:
        with pytest.raises((NotFound, BadInput, Forbidden)):
            await filled.provider.read(filled.root, path)
        with pytest.raises(ChorusError):
            await filled.provider.outline(filled.root, path)

    async def test_changes_are_told_as_they_happen(self, filled: Library) -> None:
        watch = cast(Any, filled.provider.watch(filled.root))
        async with aclosing(watch), asyncio.timeout(_PATIENCE):
            assert list(await anext(watch)) == [], "an empty bunch says that the watch is in place"
            filled.write(self.first, GUIDE + "More.\n")
            await told(watch, DocumentChange(self.first, "modified"))
            filled.remove(self.second)
            await told(watch, DocumentChange(self.second, "deleted"))
            filled.write(self.second, NOTES)
            await told(watch, DocumentChange(self.second, "created"))


async def told(watch: AsyncIterator[Sequence[DocumentChange]], wanted: DocumentChange) -> None:
    """Wait until the watch tells this change; another one of the same document is a failure."""
    async for bunch in watch:
        for change in bunch:
            assert change == wanted or change.path != wanted.path
            if change == wanted:
                return


class MemoryDocumentProvider(DocumentProvider):
    """A fake: documents in a dictionary, headings found by their `#` only."""

    name = "memory"

    def __init__(self) -> None:
        self._texts: dict[tuple[str, str], str] = {}
        self._watchers: list[tuple[str, asyncio.Queue[DocumentChange]]] = []

    def put(self, root: str, path: str, text: str) -> None:
        kind = "modified" if (root, path) in self._texts else "created"
        self._texts[root, path] = text
        self._tell(root, DocumentChange(path, kind))

    def remove(self, root: str, path: str) -> None:
        del self._texts[root, path]
        self._tell(root, DocumentChange(path, "deleted"))

    async def list(self, root: str, match: str | None = None) -> Sequence[Document]:
        needle = (match or "").casefold()
        documents = [
            Document(path, _title(text, path), self.name, len(text.encode()), _version(text))
            for (of, path), text in sorted(self._texts.items())
            if of == root and needle in f"{path}\n{text}".casefold()
        ]
        return documents

    async def outline(self, root: str, path: str) -> Sequence[Heading]:
        return _headings(self._text(root, path))

    async def read(
        self, root: str, path: str, *, heading: str | None = None, lines: tuple[int, int] | None = None
    ) -> Excerpt:
        text = self._text(root, path)
        all_lines = split_lines(text)
        if heading is None and lines is None:
            return Excerpt(path, text, 1, len(all_lines), _version(text))
        start, end = _span(text, heading, lines)
        return Excerpt(path, "\n".join(all_lines[start - 1 : end]) + "\n", start, end, _version(text))

    async def watch(self, root: str) -> AsyncIterator[Sequence[DocumentChange]]:
        queue: asyncio.Queue[DocumentChange] = asyncio.Queue()
        self._watchers.append((root, queue))
        try:
            yield ()
            while True:
                yield (await queue.get(),)
        finally:
            self._watchers.remove((root, queue))

    def _text(self, root: str, path: str) -> str:
        try:
            return self._texts[root, path]
        except KeyError:
            raise NotFound("There is no such document.") from None

    def _tell(self, root: str, change: DocumentChange) -> None:
        for of, queue in self._watchers:
            if of == root:
                queue.put_nowait(change)


def _span(text: str, heading: str | None, lines: tuple[int, int] | None) -> tuple[int, int]:
    if heading is not None and lines is not None:
        raise BadInput("Ask for a section or for lines, not for both.")
    if lines is not None:
        if not 1 <= lines[0] <= lines[1] <= len(split_lines(text)):
            raise BadInput("There are no such lines.")
        return lines
    span = section_lines(text, _headings(text), heading or "")
    if span is None:
        raise NotFound("There is no such heading.")
    return span


def _headings(text: str) -> list[Heading]:
    found: list[Heading] = []
    for number, line in enumerate(split_lines(text), 1):
        if match := re.fullmatch(r"(#{1,6}) +(.+)", line):
            slug = match[2].lower().replace(" ", "-")
            taken = sum(one.text == match[2] for one in found)
            found.append(Heading(len(match[1]), match[2], f"{slug}-{taken}" if taken else slug, number))
    return found


def _title(text: str, path: str) -> str:
    return next((heading.text for heading in _headings(text)), path.rpartition("/")[2])


def _version(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
