"""Subscriptions."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncGenerator
from contextlib import aclosing

import strawberry

from chorus.graphql.context import Info
from chorus.graphql.types import event_kinds
from chorus.graphql.types import tasks as task_types
from chorus.graphql.types.events import Event
from chorus.graphql.types.scalars import Cursor


@strawberry.type
class Subscription:
    @strawberry.subscription(
        description="Replays everything after the cursor, then follows. Without a cursor: from now on."
    )
    async def events(
        self, info: Info, after: Cursor | None = None, task_id: strawberry.ID | None = None
    ) -> AsyncGenerator[Event, None]:
        async with aclosing(info.context.services.events.follow(after, task_id=task_id)) as followed:
            async for event in followed:
                yield event_kinds.of(event)

    @strawberry.subscription(description="The task now, and again at every change.")
    async def task_changed(self, info: Info, id: strawberry.ID) -> AsyncGenerator[task_types.Task, None]:
        async with aclosing(info.context.services.browse.follow(id)) as followed:
            async for task in followed:
                yield task_types.Task.of(task)

    @strawberry.subscription(description="Terminal bytes of the task's current run, from an offset.")
    async def terminal(
        self, info: Info, task_id: strawberry.ID, after: int | None = 0
    ) -> AsyncGenerator[task_types.OutputChunk, None]:
        missing: int | None = None
        async with aclosing(info.context.services.terminals.follow(task_id, after or 0)) as pieces:
            async for piece in pieces:
                if piece.kind == "truncated":
                    missing = piece.offset if missing is None else missing
                elif piece.kind == "data":
                    yield task_types.OutputChunk(
                        run_id=strawberry.ID(piece.run_id),
                        offset=piece.offset,
                        base64=b64encode(piece.data).decode(),
                        truncated_from=missing,
                    )
                    missing = None
