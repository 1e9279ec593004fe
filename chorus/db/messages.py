"""Messages in the database."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, bindparam, delete, insert, select

from chorus.db import rows, tables
from chorus.db.lookup import missing, next_position
from chorus.model import Message, MessageState

_MESSAGES = tables.messages
_BY_ID = select(_MESSAGES).where(_MESSAGES.c.id == bindparam("message_id"))
_OF_TASK = select(_MESSAGES).where(_MESSAGES.c.task_id == bindparam("of_task")).order_by(_MESSAGES.c.position)
_QUEUED = _OF_TASK.where(_MESSAGES.c.state == MessageState.QUEUED)
_GIVEN = (
    select(_MESSAGES)
    .where(
        _MESSAGES.c.run_id == bindparam("of_run"), _MESSAGES.c.state.in_(bindparam("states", expanding=True))
    )
    .order_by(_MESSAGES.c.position)
)
_DELIVERED_SINCE = (
    select(_MESSAGES.c.id)
    .where(
        _MESSAGES.c.run_id == bindparam("of_run"),
        _MESSAGES.c.state == MessageState.DELIVERED,
        _MESSAGES.c.delivered_at > bindparam("since"),
    )
    .limit(1)
)
_INSERT = insert(_MESSAGES).values(position=next_position(_MESSAGES))
_UPDATE = sa.update(_MESSAGES).where(_MESSAGES.c.id == bindparam("message_id"))
_DELETE = delete(_MESSAGES).where(_MESSAGES.c.id == bindparam("message_id"))
_POSITIONS = select(_MESSAGES.c.id, _MESSAGES.c.position).where(
    _MESSAGES.c.id.in_(bindparam("message_ids", expanding=True))
)
_MOVE = _UPDATE.values(position=bindparam("place"))


def get(connection: Connection, id: str) -> Message:
    """Return the message with this id. Raises NotFound."""
    row = connection.execute(_BY_ID, {"message_id": id}).first()
    if row is None:
        raise missing("message", id)
    return rows.message(row)


def of_task(connection: Connection, task_id: str) -> list[Message]:
    """Return all messages of a task, oldest first."""
    return [rows.message(row) for row in connection.execute(_OF_TASK, {"of_task": task_id}).all()]


def queued(connection: Connection, task_id: str) -> list[Message]:
    """Return what waits for the task's agent, the next one first."""
    return [rows.message(row) for row in connection.execute(_QUEUED, {"of_task": task_id}).all()]


def next_queued(connection: Connection, task_id: str) -> Message | None:
    """Return the message that the task's agent is given next; None when nothing waits."""
    row = connection.execute(_QUEUED.limit(1), {"of_task": task_id}).first()
    return rows.message(row) if row else None


def given_to(connection: Connection, run_id: str, states: Collection[MessageState]) -> list[Message]:
    """Return the messages of a run that are in one of these states, oldest first."""
    found = connection.execute(_GIVEN, {"of_run": run_id, "states": list(states)}).all()
    return [rows.message(row) for row in found]


def is_unconfirmed(connection: Connection, run_id: str, since: datetime) -> bool:
    """Return whether the run was given a message since then that its agent has not confirmed."""
    return connection.execute(_DELIVERED_SINCE, {"of_run": run_id, "since": since}).first() is not None


def add(connection: Connection, message: Message) -> None:
    """Put a new message on record, as the newest one."""
    connection.execute(_INSERT, {name: getattr(message, name) for name in Message.__slots__})


def update(connection: Connection, id: str, **values: Any) -> None:
    """Change fields of a message."""
    connection.execute(_UPDATE.values(**values), {"message_id": id})


def remove(connection: Connection, id: str) -> None:
    """Delete a message."""
    connection.execute(_DELETE, {"message_id": id})


def reorder(connection: Connection, ids: Sequence[str]) -> bool:
    """Put messages into this order in the places they have together. Returns whether that changed it."""
    found = connection.execute(_POSITIONS, {"message_ids": list(ids)}).all()
    position = {row.id: int(row.position) for row in found}
    places = sorted(position.values())
    if [position[id] for id in ids] == places:
        return False
    moves = [{"message_id": id, "place": place} for id, place in zip(ids, places, strict=True)]
    connection.execute(_MOVE, moves)
    return True


# --- what agents were given -------------------------------------------------------------------------

_NEWEST_TEXT = (
    select(_MESSAGES.c.text)
    .where(_MESSAGES.c.run_id == bindparam("of_run"))
    .order_by(_MESSAGES.c.position.desc())
    .limit(1)
)


def find(connection: Connection, id: str) -> Message | None:
    """Return the message with this id; None when there is none."""
    row = connection.execute(_BY_ID, {"message_id": id}).first()
    return rows.message(row) if row else None


def newest_text(connection: Connection, run_id: str) -> str | None:
    """Return the text of the newest message that a run was given; None when it was given none."""
    found: str | None = connection.execute(_NEWEST_TEXT, {"of_run": run_id}).scalar()
    return found
