"""The messages that wait for an agent: added, changed, removed and put into another order.

A message can be touched while it is queued and not yet on its way. What is being given to the agent this
instant is refused like what was given: so it arrives exactly once, and as it is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chorus.db import commands, messages, tasks
from chorus.db.database import Connection, Database
from chorus.db.unit import Unit, new_id
from chorus.errors import BadInput, Conflict, NotFound
from chorus.model import Message, MessageState, Task
from chorus.model.events import (
    REACHED,
    MessageQueuedEvent,
    MessageRemovedEvent,
    MessageReorderedEvent,
    MessageUpdatedEvent,
)
from chorus.services import validation

_MOMENTS = {MessageState.DELIVERED: "delivered_at", MessageState.ACCEPTED: "accepted_at"}


class MessageService:
    """What people change about the messages that wait for an agent."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def update(self, id: str, text: str, *, actor: str) -> Message:
        """Change the text of a message that waits."""
        validation.text(text, "message", required=True)
        return await self._database.write(_update, id, text, actor)

    async def remove(self, id: str, *, actor: str) -> str:
        """Take a message out of the queue; the event keeps its text."""
        await self._database.write(_remove, id, actor)
        return id

    async def reorder(self, task_id: str, ids: Sequence[str], *, actor: str) -> list[Message]:
        """Put these messages into this order in the places they have; return the queue as it is then.

        What is not named keeps its place: a message that came meanwhile stays the last one.
        """
        if len(set(ids)) != len(ids):
            raise BadInput("Each message can be named once.", field="ids")
        return await self._database.write(_reorder, task_id, ids, actor)


def _update(unit: Unit, id: str, text: str, actor: str) -> Message:
    message = replace(_waiting(unit.connection, id, "changed"), text=text)
    messages.update(unit.connection, id, text=text)
    unit.emit(MessageUpdatedEvent.of(message), task_id=message.task_id, source=actor)
    return message


def _remove(unit: Unit, id: str, actor: str) -> None:
    message = _waiting(unit.connection, id, "removed")
    messages.remove(unit.connection, id)
    unit.emit(MessageRemovedEvent.of(message), task_id=message.task_id, source=actor)


def _reorder(unit: Unit, task_id: str, ids: Sequence[str], actor: str) -> list[Message]:
    tasks.get(unit.connection, task_id)
    for id in ids:
        if _waiting(unit.connection, id, "moved").task_id != task_id:
            raise NotFound(f"The task has no message with the id {id[:60]!r}.")
    changed = messages.reorder(unit.connection, ids)
    queue = messages.queued(unit.connection, task_id)
    if changed:
        reordered = MessageReorderedEvent(ids=[message.id for message in queue])
        unit.emit(reordered, task_id=task_id, source=actor)
    return queue


def _waiting(connection: Connection, id: str, what: str) -> Message:
    """Return the message if it still waits. Raise Conflict if it is too late to have it `what`."""
    message = messages.get(connection, id)
    if message.state is not MessageState.QUEUED:
        state = message.state.value
        raise Conflict(
            f"This message is {state.lower()}; only one that is still queued can be {what}.", state=state
        )
    giving = None
    if message.run_id is not None:
        giving = commands.find_pending(connection, message.task_id, commands.GIVING, message.run_id)
    if giving is not None:
        raise Conflict(_too_late(what, giving.error))
    return message


def _too_late(what: str, delay: str | None) -> str:
    """Return why a message that is on its way cannot be touched; `delay` is why the host has to wait."""
    if delay is None:
        return f"This message is being given to the agent and cannot be {what} any more."
    return (
        f"This message is being given to the agent, which has to wait: {delay} Part of it may have reached "
        f"the agent, so it cannot be {what}. It is given when that works; send another one to correct it."
    )


# --- used within the transactions of others ---------------------------------------------------------


def add_message(unit: Unit, task: Task, text: str, author: str, *, run_id: str | None = None) -> Message:
    """Put a message for the task's agent on record, as the last one of its queue."""
    message = Message(
        id=new_id(),
        task_id=task.id,
        run_id=run_id,
        text=text,
        state=MessageState.QUEUED,
        author=author,
        created_at=unit.at,
        error=None,
    )
    messages.add(unit.connection, message)
    unit.emit(MessageQueuedEvent.of(message), task_id=task.id, source=author)
    return message


def set_message(unit: Unit, id: str, new: MessageState, *, error: str | None = None) -> None:
    """Move a message on and tell; a message that is there already, or further, is left as it is."""
    message = messages.get(unit.connection, id)
    # An agent may confirm a prompt before the host has reported that it was typed.
    further = (message.state, new) == (MessageState.ACCEPTED, MessageState.DELIVERED)
    if message.state is new or further:
        return
    moment = {_MOMENTS[new]: unit.at} if new in _MOMENTS else {}
    messages.update(unit.connection, id, state=new, error=error, **moment)
    event = REACHED[new].of(replace(message, state=new, error=error))
    unit.emit(event, task_id=message.task_id, source="host")


def same_text(sent: str, taken: str) -> bool:
    """Return whether an accepted prompt is the one that was sent.

    Agents trim it and may put a word in front.
    """
    squeezed, accepted = " ".join(sent.split()), " ".join(taken.split())
    return bool(squeezed) and (squeezed == accepted or squeezed in accepted)
