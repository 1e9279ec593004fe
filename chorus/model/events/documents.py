"""Kinds of events of documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Self

from chorus.model.events.base import EventKind, Source
from chorus.model.records import GivenDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentChangedEvent(EventKind):
    """A document of a project was written, moved or removed."""

    kind = "document.changed"
    sources = (Source.HOST,)

    project_id: Annotated[str, "Project of the document."]
    path: Annotated[str, "Its path in the project."]
    change: Annotated[str, "What happened to it."]
    task_ids: Annotated[Sequence[str], "Ids of the tasks that refer to it."] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentReferenceEvent(EventKind):
    """What a task refers to has changed since, or was found again."""

    kind = "document.reference"
    sources = (Source.HOST,)

    id: Annotated[str, "Id of the reference."]
    path: Annotated[str, "Path of the document in the project."]
    stale: Annotated[bool, "Whether it is not there as it was."]
    problem: Annotated[str | None, "Why, for a person."] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenPart:
    """A part of a document that an agent was told."""

    reference_id: Annotated[str, "Id of the reference."]
    path: Annotated[str, "Path of the document in the project."]
    heading: Annotated[str | None, "Heading of the section."] = None
    start_line: Annotated[int | None, "First line, from 1."] = None
    end_line: Annotated[int | None, "Last line."] = None
    version: Annotated[str | None, "Version of the document that was told."] = None
    problem: Annotated[str | None, "Why there was nothing to tell."] = None

    @classmethod
    def of(cls, document: GivenDocument) -> Self:
        """Return what the event says of a document."""
        return cls(
            reference_id=document.reference_id,
            path=document.path,
            heading=document.heading,
            start_line=document.start_line,
            end_line=document.end_line,
            version=document.version,
            problem=document.problem,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentGivenEvent(EventKind):
    """An agent was told documents that it did not know yet, before a message or its first prompt."""

    kind = "document.given"
    sources = (Source.HOST,)

    run_id: Annotated[str, "Id of the run."]
    message_id: Annotated[str | None, "The message; without one, the first prompt."] = None
    documents: Annotated[Sequence[GivenPart], "What it was told."] = ()
    left_out: Annotated[Sequence[str], "What it was not told in full, a sentence each."] = ()
