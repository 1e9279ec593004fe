"""The messages that wait for an agent: changed, removed and put into another order by people.

A message can be touched while it is queued and not yet on its way. What is being given to the agent this
instant is refused like what was given: so it arrives exactly once, and as it is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import delete, select, update

from chorus.db import lookup, rows, tables
from chorus.db.database import Database
from chorus.db.rows import AnyRow
from chorus.db.unit import Unit
from chorus.errors import BadInput, Conflict, NotFound
from chorus.model import Message, MessageState
from chorus.services import events, validation

#: The commands that give a message to an agent.
GIVING = ("start", "deliver")


class MessageService:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def update(self, id: str, text: str, *, actor: str) -> Message:
        validation.text(text, "message", required=True)

        def work(unit: Unit) -> Message:
            message = replace(rows.message(_waiting(unit, id, "changed")), text=text)
            table = tables.messages
            unit.connection.execute(update(table).where(table.c.id == id).values(text=text))
            events.message(unit, "updated", message, actor)
            return message

        message = await self._database.write(work)
        return message

    async def remove(self, id: str, *, actor: str) -> str:
        """Take a message out of the queue; the event keeps its text."""

        def work(unit: Unit) -> None:
            message = rows.message(_waiting(unit, id, "removed"))
            unit.connection.execute(delete(tables.messages).where(tables.messages.c.id == id))
            events.message(unit, "removed", message, actor)

        await self._database.write(work)
        return id

    async def reorder(self, task_id: str, ids: Sequence[str], *, actor: str) -> list[Message]:
        """Put these messages into this order in the places they have; the queue as it is then.

        What is not named keeps its place: a message that came meanwhile stays the last one.
        """
        if len(set(ids)) != len(ids):
            raise BadInput("Each message can be named once.", field="ids")

        def work(unit: Unit) -> list[Message]:
            lookup.task(unit.connection, task_id)
            named = [self._of_task(unit, task_id, id) for id in ids]
            places = sorted(row.position for row in named)
            table = tables.messages
            for row, position in zip(named, places, strict=True):
                unit.connection.execute(update(table).where(table.c.id == row.id).values(position=position))
            queue = queued(unit, task_id)
            if [row.position for row in named] != places:
                data = {"ids": [message.id for message in queue]}
                unit.emit("message.reordered", task_id, actor, data)
            return queue

        queue = await self._database.write(work)
        return queue

    def _of_task(self, unit: Unit, task_id: str, id: str) -> AnyRow:
        row = _waiting(unit, id, "moved")
        if row.task_id != task_id:
            raise NotFound(f"The task has no message with the id {id[:60]!r}.")
        return row


def queued(unit: Unit, task_id: str) -> list[Message]:
    """What waits for the task's agent, the next one first."""
    table = tables.messages
    query = select(table).where(table.c.task_id == task_id, table.c.state == MessageState.QUEUED)
    found = unit.connection.execute(query.order_by(table.c.position))
    return [rows.message(row) for row in found.all()]


def _waiting(unit: Unit, id: str, what: str) -> AnyRow:
    """The message, if it still waits. Conflict when it is too late."""
    row = lookup.row(unit.connection, tables.messages, "message", id)
    if row.state != MessageState.QUEUED:
        raise Conflict(
            f"This message is {row.state.lower()}; only one that is still queued can be {what}.",
            state=row.state,
        )
    commands = tables.commands
    query = select(commands.c.error).where(
        commands.c.task_id == row.task_id,
        commands.c.run_id == row.run_id,
        commands.c.state == "PENDING",
        commands.c.kind.in_(GIVING),
    )
    giving = (unit.connection.execute(query.limit(1))).first() if row.run_id is not None else None
    if giving is not None:
        raise Conflict(_too_late(what, giving.error))
    return row


def _too_late(what: str, delay: str | None) -> str:
    """`delay`: why the host could not do it yet."""
    if delay is None:
        return f"This message is being given to the agent and cannot be {what} any more."
    return (
        f"This message is being given to the agent, which has to wait: {delay} Part of it may have reached "
        f"the agent, so it cannot be {what}. It is given when that works; send another one to correct it."
    )


def same_text(sent: str, taken: str) -> bool:
    """Whether an accepted prompt is the one that was sent: agents trim it and may put a word in front."""
    squeezed, accepted = " ".join(sent.split()), " ".join(taken.split())
    return bool(squeezed) and (squeezed == accepted or squeezed in accepted)
