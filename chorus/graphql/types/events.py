"""The event log as clients see it."""

from __future__ import annotations

from datetime import datetime
from typing import Self

import strawberry
from strawberry.scalars import JSON

from chorus import model
from chorus.graphql.paging import PageInfo
from chorus.graphql.types.scalars import Cursor


@strawberry.interface(description="A line of the event log. Each kind is a type; docs/events.md lists them.")
class Event:
    cursor: Cursor
    at: datetime
    kind: str
    task_id: strawberry.ID | None
    source: str
    data: JSON

    @classmethod
    def of(cls, event: model.Event) -> Self:
        """Return an event of the log as this type."""
        return cls(
            cursor=Cursor(event.seq),
            at=event.at,
            kind=event.kind,
            task_id=strawberry.ID(event.task_id) if event.task_id else None,
            source=event.source,
            data=JSON(dict(event.data)),
        )


@strawberry.type(description="An event of a kind without a type of its own, as those of plugins.")
class CoreEvent(Event):
    pass


@strawberry.type
class EventEdge:
    cursor: Cursor
    node: Event


@strawberry.type
class EventConnection:
    edges: list[EventEdge]
    page_info: PageInfo
