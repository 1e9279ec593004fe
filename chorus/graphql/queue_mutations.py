"""Mutations of the queues: messages for an agent, and tasks for their start."""

from __future__ import annotations

import strawberry

from chorus.graphql.context import Info
from chorus.graphql.types import tasks


@strawberry.type
class QueueMutation:
    @strawberry.mutation(description="Changes a message that is still queued; CONFLICT when it is too late.")
    async def update_message(self, info: Info, id: strawberry.ID, text: str) -> tasks.Message:
        found = await info.context.services.messages.update(id, text, actor=info.context.actor)
        return tasks.Message.of(found)

    @strawberry.mutation(
        description="Takes a message that is still queued away; CONFLICT when it is too late."
    )
    async def remove_message(self, info: Info, id: strawberry.ID) -> strawberry.ID:
        removed = await info.context.services.messages.remove(id, actor=info.context.actor)
        return strawberry.ID(removed)

    @strawberry.mutation(
        description="Puts queued messages of a task into this order, in the places they have among them; "
        "answers with the queue."
    )
    async def reorder_messages(
        self, info: Info, task_id: strawberry.ID, ids: list[strawberry.ID]
    ) -> list[tasks.Message]:
        found = await info.context.services.messages.reorder(task_id, ids, actor=info.context.actor)
        return [tasks.Message.of(message) for message in found]

    @strawberry.mutation(
        description="Puts a task that waits to be started before another one, or last; it takes over the "
        "priority it needs there."
    )
    async def move_task(
        self, info: Info, id: strawberry.ID, before: strawberry.ID | None = None
    ) -> tasks.Task:
        task = await info.context.services.start_queue.move(id, before, actor=info.context.actor)
        return tasks.Task.of(task)

    @strawberry.mutation(
        description="Takes a task out of the start queue; what never ran is PENDING again, its prompt stays "
        "in its queue of messages."
    )
    async def unqueue_task(self, info: Info, id: strawberry.ID) -> tasks.Task:
        task = await info.context.services.start_queue.unqueue(id, actor=info.context.actor)
        return tasks.Task.of(task)
