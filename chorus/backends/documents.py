"""Document providers: context for agents."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from chorus.model import Document, Excerpt, Heading


@dataclass(frozen=True, slots=True)
class DocumentChange:
    """`kind` is created, modified or deleted."""

    path: str
    kind: str


@runtime_checkable
class DocumentProvider(Protocol):
    """Finds documents of a project and reads parts of them. `root` is the project's folder; paths are
    relative to it.
    """

    name: str

    async def list(self, root: str, match: str | None = None) -> Sequence[Document]:
        """The documents, by path; `match` searches paths, titles and text, ignoring case."""
        ...

    async def outline(self, root: str, path: str) -> Sequence[Heading]: ...

    async def read(
        self, root: str, path: str, *, heading: str | None = None, lines: tuple[int, int] | None = None
    ) -> Excerpt:
        """The whole text, one section (by slug, with its subsections) or a range of lines; NotFound,
        BadInput or Forbidden otherwise.
        """
        ...

    def watch(self, root: str) -> AsyncIterator[Sequence[DocumentChange]]:
        """Changes as they happen, in bunches, until closed."""
        ...
