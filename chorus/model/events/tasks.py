"""Kinds of events of projects and tasks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Self

from chorus.model.enums import TaskStatus
from chorus.model.events.base import EventKind, Id, Source, camel_case


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectAddedEvent(EventKind):
    """A project was added."""

    kind = "project.added"
    sources = (Source.ACTOR,)

    id: Annotated[Id, "Id of the project."]
    name: Annotated[str, "Name of the project."]
    path: Annotated[str, "Folder of the repository on the host."]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCreatedEvent(EventKind):
    """A task was created."""

    kind = "task.created"
    sources = (Source.ACTOR,)

    title: Annotated[str, "Title of the task."]
    project_id: Annotated[Id, "Id of the project."]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskUpdatedEvent(EventKind):
    """Fields of a task have changed; a query tells their values."""

    kind = "task.updated"
    sources = (Source.ACTOR, Source.HOST, Source.CHORUS)

    fields: Annotated[Sequence[str], "Names of the fields that have changed."]

    @classmethod
    def of(cls, names: Iterable[str]) -> Self:
        """Return the event about fields of these names of the record."""
        return cls(fields=sorted(camel_case(name) for name in names))


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskStatusEvent(EventKind):
    """The status of a task has changed."""

    kind = "task.status"
    sources = (Source.ACTOR, Source.AGENT, Source.CHORUS)

    status: Annotated[TaskStatus, "The new status."]
    why: Annotated[str | None, "Why the status has changed, in words."] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDeletedEvent(EventKind):
    """A task was deleted; its events stay."""

    kind = "task.deleted"
    sources = (Source.ACTOR,)
