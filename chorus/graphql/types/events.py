"""The event log as clients see it."""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry.scalars import JSON

from chorus import model
from chorus.graphql.paging import PageInfo
from chorus.graphql.types.scalars import Cursor


@strawberry.interface(description="One line of the event log.")
class Event:
    cursor: Cursor
    at: datetime
    kind: str
    task_id: strawberry.ID | None
    source: str
    data: JSON


@strawberry.type(description="An event of a kind that needs no fields of its own.")
class CoreEvent(Event):
    @classmethod
    def of(cls, event: model.Event) -> CoreEvent:
        return cls(
            cursor=Cursor(event.seq),
            at=event.at,
            kind=event.kind,
            task_id=strawberry.ID(event.task_id) if event.task_id else None,
            source=event.source,
            data=JSON(dict(event.data)),
        )


@strawberry.type
class EventEdge:
    cursor: Cursor
    node: Event


@strawberry.type
class EventConnection:
    edges: list[EventEdge]
    page_info: PageInfo
