"""Reader of documents: what references to them stand for now, and where it has moved."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from chorus.backends import DocumentProvider
from chorus.errors import BadInput, Busy, ChorusError, Forbidden, NotFound
from chorus.host.backends.calls import call
from chorus.host.port import Pointed
from chorus.host.reports import Followed
from chorus.model import DocumentReference, Excerpt, Heading, Project
from chorus.model.anchors import Span, anchor, resolve, split_lines
from chorus.model.context import Part
from chorus.plugins import Plugins

#: Seconds one reference may take: a provider that hangs must not keep a message from its agent.
LOOK_SECONDS = 10.0
#: References that are looked at together.
CONCURRENT = 8
#: How often a document that changes while it is looked at is looked at again.
ATTEMPTS = 5

_GONE_TEXTS = {
    "section": "Its heading is gone, or can no longer be told from another.",
    "lines": "Its lines are gone, or can no longer be told from others.",
}


@dataclass(frozen=True, slots=True)
class DocumentVersion:
    """A document and the outline of that very version."""

    excerpt: Excerpt
    outline: Sequence[Heading]


class DocumentReader:
    """Reads documents of projects through whichever provider has them.

    Providers are asked in the order of their names: where two have the same path, it is the first one's.
    """

    def __init__(self, plugins: Plugins) -> None:
        self._plugins = plugins

    async def provider(self, project: Project, path: str) -> tuple[DocumentProvider, Sequence[Heading]]:
        """The provider that has this document, and its outline. Raises the providers' own refusals."""
        refusals: dict[str, None] = {}
        for name in sorted(self._plugins.documents):
            provider = self._plugins.documents[name]
            try:
                outline = await call(f"documents {name}", provider.outline(project.path, path))
            except NotFound as error:
                refusals[error.message] = None
            else:
                return provider, outline
        raise NotFound(" ".join(refusals) or "No plugin provides documents.")

    async def whole(self, project: Project, path: str) -> DocumentVersion:
        """A document in one version. Raises Busy when it changes all the time."""
        provider, outline = await self.provider(project, path)
        before = await self._read(provider, project, path)
        for _ in range(ATTEMPTS):
            outline = await call(f"documents {provider.name}", provider.outline(project.path, path))
            after = await self._read(provider, project, path)
            if after.version == before.version:
                return DocumentVersion(after, outline)
            before = after
        raise Busy(f"{before.path} is being written right now; try again in a moment.")

    async def _read(self, provider: DocumentProvider, project: Project, path: str) -> Excerpt:
        return await call(f"documents {provider.name}", provider.read(project.path, path))

    async def point(
        self, project: Project, path: str, heading: str | None, lines: tuple[int, int] | None
    ) -> Pointed:
        """An anchor at a part as it is now."""
        whole = await self.whole(project, path)
        return await asyncio.to_thread(_pointed, whole, heading, lines)

    async def follow(self, project: Project, references: Sequence[DocumentReference]) -> list[Followed]:
        """What the references stand for now, in their order."""
        slots = asyncio.Semaphore(CONCURRENT)

        async def one(reference: DocumentReference) -> Followed:
            async with slots:
                return await self._follow(project, reference)

        return list(await asyncio.gather(*(one(reference) for reference in references)))

    async def _follow(self, project: Project, reference: DocumentReference) -> Followed:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                whole = await self.whole(project, reference.path)
                return await asyncio.to_thread(_followed, reference, whole)
        except (NotFound, BadInput, Forbidden) as error:
            return _lost(reference, error.message)
        except ChorusError as error:
            return _lost(reference, error.message, known=False)
        except TimeoutError:
            message = f"{reference.path} could not be read within {LOOK_SECONDS:.0f} s."
            return _lost(reference, message, known=False)


# --- in threads: large documents take a moment -----------------------------------------------------


def _pointed(whole: DocumentVersion, heading: str | None, lines: tuple[int, int] | None) -> Pointed:
    text = whole.excerpt.text
    slug = heading.removeprefix("#") if heading is not None else None
    try:
        made = anchor(text, whole.outline, heading=slug, lines=lines)
    except LookupError as error:
        raise NotFound(f"{whole.excerpt.path}: {error.args[0]}", field="heading") from error
    except ValueError as error:
        raise BadInput(f"{whole.excerpt.path}: {error}", field="startLine") from error
    span = resolve(text, whole.outline, made)
    if span is None:
        message = f"{whole.excerpt.path}: this part cannot be told from others; refer to one around it."
        raise BadInput(message, field="startLine")
    return Pointed(_part("", None, whole, span, str(made["kind"])), made)


def _followed(reference: DocumentReference, whole: DocumentVersion) -> Followed:
    kind = str(reference.anchor.get("kind", ""))
    span = resolve(whole.excerpt.text, whole.outline, reference.anchor)
    if span is None:
        return _lost(reference, _GONE_TEXTS.get(kind, "It can no longer be found in the document."))
    part = _part(reference.id, reference.note, whole, span, kind)
    if reference.was is not None and reference.was.version == part.version and not reference.stale:
        return Followed(reference, part, reference.anchor)
    return Followed(reference, part, _renewed(reference, whole, span, kind))


def _renewed(
    reference: DocumentReference, whole: DocumentVersion, span: Span, kind: str
) -> dict[str, object]:
    """The anchor made again where the part is now, so that many small edits do not add up to a large one."""
    try:
        if kind == "section":
            slug = next(one.slug for one in whole.outline if one.line == span[0])
            return anchor(whole.excerpt.text, whole.outline, heading=slug)
        if kind == "lines":
            return anchor(whole.excerpt.text, whole.outline, lines=span)
    except ValueError:
        pass  # the range has grown too large to be anchored: the old anchor goes on
    return dict(reference.anchor)


def _part(id: str, note: str | None, whole: DocumentVersion, span: Span, kind: str) -> Part:
    text = whole.excerpt.text
    if kind != "document":
        text = "\n".join(split_lines(text)[span[0] - 1 : span[1]]) + "\n"
    heading = next((one.text for one in whole.outline if one.line == span[0]), None)
    return Part(
        id=id,
        path=whole.excerpt.path,
        version=whole.excerpt.version,
        text=text,
        start_line=span[0],
        end_line=span[1],
        heading=heading if kind == "section" else None,
        whole=kind == "document",
        note=note,
        outline=whole.outline,
    )


def _lost(reference: DocumentReference, why: str, *, known: bool = True) -> Followed:
    was = reference.was
    part = Part(
        reference.id,
        reference.path,
        start_line=reference.start_line or 0,
        end_line=reference.end_line or 0,
        heading=(was.heading if was else None) or reference.heading,
        whole=reference.anchor.get("kind") == "document",
        note=reference.note,
        problem=why,
    )
    return Followed(reference, part, reference.anchor, known)
