"""Architecture decision records as documents: the numbered Markdown files in a project's `adr` folder."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from chorus import PluginConfig, hookimpl
from chorus.backends import DocumentChange, DocumentProvider
from chorus.errors import BadInput, NotFound
from chorus.model import Document, Excerpt, Heading
from chorus.model.anchors import section_lines, split_lines


class AdrProvider(DocumentProvider):
    name = "adr"

    async def list(self, root: str, match: str | None = None) -> Sequence[Document]:
        records, needle = await asyncio.to_thread(records_of, root), (match or "").casefold()
        found = ((path, text) for path, text in records.items() if needle in f"{path}\n{text}".casefold())
        return [Document(path, title(text), "adr", len(text.encode()), version(text)) for path, text in found]

    async def outline(self, root: str, path: str) -> Sequence[Heading]:
        return headings((await self.read(root, path)).text)

    async def read(
        self, root: str, path: str, *, heading: str | None = None, lines: tuple[int, int] | None = None
    ) -> Excerpt:
        text = (await asyncio.to_thread(records_of, root)).get(path)
        if text is None:
            raise NotFound(f"There is no decision record {path!r}.")
        every = split_lines(text)
        span = section_lines(text, headings(text), heading) if heading else lines or (1, len(every))
        if span is None:
            raise NotFound(f"{path} has no heading {heading!r}.")
        if (heading and lines) or not 1 <= span[0] <= span[1] <= len(every):
            raise BadInput(f"Ask for a heading of {path}, or for lines between 1 and {len(every)}.")
        return Excerpt(path, "\n".join(every[span[0] - 1 : span[1]]) + "\n", *span, version(text))

    async def watch(self, root: str) -> AsyncIterator[Sequence[DocumentChange]]:
        seen = await asyncio.to_thread(records_of, root)
        yield ()  # the watch is in place
        while True:
            await asyncio.sleep(0.5)
            now = await asyncio.to_thread(records_of, root)
            if bunch := changes(seen, now):
                yield bunch
            seen = now


def records_of(root: str) -> dict[str, str]:
    """All records by path. Nothing else can be read, so no path leads out of the folder."""
    files = sorted(Path(root, "adr").glob("[0-9]*.md"))
    return {f"adr/{file.name}": file.read_text() for file in files if not file.is_symlink()}


def changes(seen: Mapping[str, str], now: Mapping[str, str]) -> list[DocumentChange]:
    gone = [DocumentChange(path, "deleted") for path in seen if path not in now]
    written = [path for path in now if now[path] != seen.get(path)]
    return gone + [DocumentChange(path, "modified" if path in seen else "created") for path in written]


def headings(text: str) -> list[Heading]:
    marks = ((at, re.fullmatch(r"(#+) +(.+)", line)) for at, line in enumerate(split_lines(text), 1))
    return [
        Heading(len(mark[1]), mark[2], mark[2].lower().replace(" ", "-"), at) for at, mark in marks if mark
    ]


def title(text: str) -> str:
    return split_lines(text)[0].strip("# ")


def version(text: str) -> str:
    return sha256(text.encode()).hexdigest()


@hookimpl
def chorus_document_providers(config: PluginConfig) -> list[DocumentProvider]:
    return [AdrProvider()]
