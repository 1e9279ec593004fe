"""Kinds of events of projects and tasks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Self

from chorus.model.enums import TaskStatus
from chorus.model.events.base import EventKind, Source, camel_case


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectAddedEvent(EventKind):
    """A project was added."""

    kind = "project.added"
    sources = (Source.ACTOR,)

    id: Annotated[str, "Id of the project."]
    name: Annotated[str, "Its name."]
    path: Annotated[str, "Its folder on the host."]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCreatedEvent(EventKind):
    """A task was created."""

    kind = "task.created"
    sources = (Source.ACTOR,)

    title: Annotated[str, "Its title."]
    project_id: Annotated[str, "Its project."]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskUpdatedEvent(EventKind):
    """Fields of a task have other values, which a query tells."""

    kind = "task.updated"
    sources = (Source.ACTOR, Source.HOST, Source.CHORUS)

    fields: Annotated[Sequence[str], "Names of the fields."]

    @classmethod
    def of(cls, names: Iterable[str]) -> Self:
        """Return the event about fields of these names of the record."""
        return cls(fields=sorted(camel_case(name) for name in names))


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskStatusEvent(EventKind):
    """The status of a task has changed."""

    kind = "task.status"
    sources = (Source.ACTOR, Source.AGENT, Source.CHORUS)

    status: Annotated[TaskStatus, "The status from now on."]
    why: Annotated[str | None, "Why it has changed, for a person."] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDeletedEvent(EventKind):
    """A task was deleted with all that belongs to it but its events."""

    kind = "task.deleted"
    sources = (Source.ACTOR,)
