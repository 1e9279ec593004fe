"""The Markdown files of a project as documents. All work on files is done in threads."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
from os import stat_result
from typing import Any

from chorus.backends import DocumentChange, DocumentProvider
from chorus.errors import BadInput, Busy, ChorusError, Forbidden, NotFound
from chorus.model import Document, Excerpt, Heading
from chorus.model.anchors import section_lines, split_lines
from chorus_documents import files
from chorus_documents.cache import Cache, Known
from chorus_documents.discovery import Finder, Found
from chorus_documents.markdown import decoded, parse, untitled
from chorus_documents.options import Options
from chorus_documents.search import Needle
from chorus_documents.watching import FolderWatch


@dataclass(slots=True)
class Snapshot:
    """The versions of all documents at one moment; one that was being written (`busy`) has its old one."""

    versions: dict[str, str] = field(default_factory=dict)
    folders: list[str] = field(default_factory=list)
    busy: bool = False


class MarkdownProvider(DocumentProvider):
    """Finds Markdown files by pattern, and reads them whole, by section and by lines."""

    name = "markdown"

    def __init__(self, options: Options | None = None) -> None:
        self._options = options or Options()
        self._finder = Finder(self._options)
        self._cache = Cache()

    async def list(self, root: str, match: str | None = None) -> Sequence[Document]:
        """The documents by path. Files over the size limit are none; unreadable ones are listed by name."""
        return await asyncio.to_thread(self._list, root, Needle(match or ""))

    async def outline(self, root: str, path: str) -> Sequence[Heading]:
        return (await asyncio.to_thread(self._document, root, path)).known.parsed.outline

    async def fields(self, root: str, path: str) -> Mapping[str, Any]:
        """The fields of the document's front matter, as values JSON can hold."""
        return (await asyncio.to_thread(self._document, root, path)).known.parsed.fields

    async def read(
        self, root: str, path: str, *, heading: str | None = None, lines: tuple[int, int] | None = None
    ) -> Excerpt:
        if heading is not None and lines is not None:
            raise BadInput("Ask for a section or for lines, not for both.")
        return await asyncio.to_thread(self._read, root, path, heading, lines)

    async def watch(self, root: str) -> AsyncIterator[Sequence[DocumentChange]]:
        """Changes in bunches. The first bunch is empty and comes when the watch is in place."""
        with FolderWatch(root, self._concerns, self._options.max_watches) as watch:
            seen = await self._snapshot(root, {}, watch)
            yield ()
            while True:
                await watch.changed(soon=seen.busy)
                now = await self._snapshot(root, seen.versions, watch)
                bunch = _differences(seen.versions, now.versions)
                seen = now
                if bunch:
                    yield bunch

    # --- in threads ---

    def _list(self, root: str, needle: Needle) -> Sequence[Document]:
        with files.opened_root(root) as fd:
            found = self._finder.walk(fd)
            documents: list[Document] = []
            for path, known, size in self._known_files(root, fd, found):
                if not needle or self._matches(fd, path, known, needle):
                    title, fields = known.parsed.title, known.parsed.fields
                    documents.append(Document(path, title, self.name, size, known.version, fields))
            return documents

    def _known_files(self, root: str, fd: int, found: Found) -> Iterator[tuple[str, Known, int]]:
        for path, status in sorted(found.files.items()):
            try:
                yield path, self._look(root, fd, path, status), status.st_size
            except ChorusError:
                continue  # too large, or it went away or was locked since the folder was read

    def _matches(self, fd: int, path: str, known: Known, needle: Needle) -> bool:
        if needle.is_in(path) or needle.is_in(known.parsed.title):
            return True
        if known.problem:
            return False
        try:
            return needle.is_in_file(files.read(fd, path, self._options.max_bytes).data)
        except (ChorusError, ValueError):
            return False

    def _look(self, root: str, fd: int, path: str, status: stat_result) -> Known:
        """What is known of a file in the state it was found in."""
        if known := self._cache.get(root, path, files.stamp(status)):
            return known
        return self._learn(root, path, files.read(fd, path, self._options.max_bytes))[0]

    def _learn(self, root: str, path: str, content: files.Content) -> tuple[Known, str]:
        """What is known of this content, from the cache if possible, and its text."""
        text, problem = "", None
        try:
            text = decoded(content.data)
        except ValueError as error:
            problem = str(error)
        known = self._cache.get(root, path, content.stamp) if content.settled else None
        if known is None:
            version = hashlib.blake2b(content.data, digest_size=16).hexdigest()
            parsed = untitled(path) if problem else parse(text, path)
            known = Known(content.stamp, version, parsed, problem)
            if content.settled:
                self._cache.put(root, path, known)
        return known, text

    def _document(self, root: str, path: str) -> _Opened:
        with self._checked(root, path) as (fd, name):
            known, text = self._learn(root, name, files.read(fd, name, self._options.max_bytes))
        if known.problem:
            raise BadInput(f"{name} {known.problem}")
        return _Opened(name, known, text)

    @contextmanager
    def _checked(self, root: str, path: str) -> Iterator[tuple[int, str]]:
        """The project's folder and the path's one name, if that is a path a document can have."""
        name = files.canonical(path)
        if self._finder.patterns.denies(name):
            raise Forbidden(f"{name} is never given out: it may hold secrets.")
        if not self._finder.patterns.wants(name):
            raise NotFound(f"{name} is no document: no pattern in [documents] include takes it in.")
        with files.opened_root(root) as fd:
            if self._finder.ignored(fd, name):
                raise NotFound(f"{name} is no document: git ignores it.")
            yield fd, name

    def _read(self, root: str, path: str, heading: str | None, lines: tuple[int, int] | None) -> Excerpt:
        opened = self._document(root, path)
        if heading is not None:
            return opened.section(heading)
        return opened.lines(lines) if lines is not None else opened.whole()

    # --- watching ---

    def _concerns(self, path: str) -> bool:
        """Whether something that happens to this file can change what there is."""
        return path.rpartition("/")[2] == ".gitignore" or self._finder.patterns.wants(path)

    async def _snapshot(self, root: str, before: Mapping[str, str], watch: FolderWatch) -> Snapshot:
        """Look until no folder is new, because what came into it before it was watched made no event."""
        while True:
            snapshot = await asyncio.to_thread(self._versions, root, before)
            if not watch.follow(snapshot.folders):
                return snapshot

    def _versions(self, root: str, before: Mapping[str, str]) -> Snapshot:
        with files.opened_root(root) as fd:
            found = self._finder.walk(fd)
            snapshot = Snapshot(folders=found.folders)
            for path, status in found.files.items():
                try:
                    snapshot.versions[path] = self._look(root, fd, path, status).version
                except Busy:
                    snapshot.busy = True
                    if path in before:
                        snapshot.versions[path] = before[path]
                except ChorusError:
                    continue
            return snapshot


@dataclass(frozen=True, slots=True)
class _Opened:
    """A document that was read."""

    path: str
    known: Known
    text: str

    def whole(self) -> Excerpt:
        return Excerpt(self.path, self.text, 1, len(split_lines(self.text)), self.known.version)

    def section(self, slug: str) -> Excerpt:
        wanted = slug.removeprefix("#")
        span = section_lines(self.text, self.known.parsed.outline, wanted)
        if span is None:
            slugs = [heading.slug for heading in self.known.parsed.outline]
            close = get_close_matches(wanted[:200], slugs, 3)
            hint = f" Did you mean {' or '.join(close)}?" if close else ""
            raise NotFound(f"{self.path} has no heading “{wanted[:200]}”.{hint}")
        return self._cut(span)

    def lines(self, span: tuple[int, int]) -> Excerpt:
        start, end = span
        count = len(split_lines(self.text))
        if not 1 <= start <= end <= count:
            raise BadInput(f"{self.path} has lines 1 to {count}; there are no lines {start} to {end}.")
        return self._cut(span)

    def _cut(self, span: tuple[int, int]) -> Excerpt:
        chosen = split_lines(self.text)[span[0] - 1 : span[1]]
        return Excerpt(self.path, "\n".join(chosen) + "\n", *span, self.known.version)


def _differences(before: Mapping[str, str], now: Mapping[str, str]) -> list[DocumentChange]:
    changes: list[DocumentChange] = []
    for path in sorted(before.keys() | now.keys()):
        if path not in before:
            changes.append(DocumentChange(path, "created"))
        elif path not in now:
            changes.append(DocumentChange(path, "deleted"))
        elif before[path] != now[path]:
            changes.append(DocumentChange(path, "modified"))
    return changes
