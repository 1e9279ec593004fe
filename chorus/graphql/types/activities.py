"""API type of an activity."""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry.scalars import JSON

from chorus.db.event_log import encode_cursor
from chorus.graphql.types.convert import convert
from chorus.model import AgentStatus, activities


@strawberry.type(description="What an agent did for a while.")
class Activity:
    id: strawberry.ID
    at: datetime
    ended_at: datetime | None = strawberry.field(description="Null: it still does.")
    agent_status: AgentStatus
    activity: str | None
    source: str | None = strawberry.field(description="What it is known from.")
    detail: JSON | None

    @classmethod
    def of(cls, activity: activities.Activity) -> Activity:
        id = strawberry.ID(encode_cursor(activity.seq))
        return convert(cls, activity, id=id, detail=JSON(dict(activity.detail)))
