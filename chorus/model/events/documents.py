"""Kinds of events of documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Self

from chorus.model.events.base import EventKind, Id, Source
from chorus.model.records import GivenDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentChangedEvent(EventKind):
    """A document of a project has changed."""

    kind = "document.changed"
    sources = (Source.HOST,)

    project_id: Annotated[Id, "Id of the project."]
    path: Annotated[str, "Path of the document in the project."]
    change: Annotated[str, "Kind of the change."]
    task_ids: Annotated[Sequence[Id], "Ids of the tasks that refer to the document."] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentReferenceEvent(EventKind):
    """The text of a document reference was lost or was found again."""

    kind = "document.reference"
    sources = (Source.HOST,)

    id: Annotated[Id, "Id of the reference."]
    path: Annotated[str, "Path of the document in the project."]
    stale: Annotated[bool, "Whether the text was lost."]
    problem: Annotated[str | None, "Why the text was lost, in words."] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenPart:
    """A part of a document that was given to an agent."""

    reference_id: Annotated[Id, "Id of the reference."]
    path: Annotated[str, "Path of the document in the project."]
    heading: Annotated[str | None, "Heading of the section, as a slug."] = None
    start_line: Annotated[int | None, "First line, counted from 1."] = None
    end_line: Annotated[int | None, "Last line."] = None
    version: Annotated[str | None, "Version of the document."] = None
    problem: Annotated[str | None, "Why there was no text to give, in words."] = None

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
    """New or changed documents were given to an agent before a prompt."""

    kind = "document.given"
    sources = (Source.HOST,)

    run_id: Annotated[Id, "Id of the run."]
    message_id: Annotated[Id | None, "Id of the message; null for the first prompt of the run."] = None
    documents: Annotated[Sequence[GivenPart], "Parts of documents that were given."] = ()
    left_out: Annotated[Sequence[str], "What was left out, one sentence for each part."] = ()
