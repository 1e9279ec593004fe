"""The event log in the database, and the cursors by which clients know places in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, select, update

from chorus.db import tables
from chorus.db.rows import AnyRow
from chorus.db.unit import Unit
from chorus.errors import BadInput, CursorExpired
from chorus.model import Event

#: Events read in one query while catching up.
PAGE = 500

_EVENTS, _COUNTER = tables.events, tables.event_counter

_BOUNDS = select(_COUNTER.c.pruned, _COUNTER.c.seq)
_FIRST_SINCE = (
    select(_EVENTS.c.seq).where(_EVENTS.c.at >= bindparam("since")).order_by(_EVENTS.c.seq).limit(1)
)
_DELETE = delete(_EVENTS).where(_EVENTS.c.seq <= bindparam("until"))
_MARK_PRUNED = update(_COUNTER).values(pruned=bindparam("until"))


def encode_cursor(seq: int) -> str:
    """Return the opaque cursor of a position."""
    return f"e{seq}"


def decode_cursor(cursor: str) -> int:
    """Return the position behind an opaque cursor. Raises BadInput for anything else."""
    digits = cursor[1:]
    if not cursor.startswith("e") or not digits.isascii() or not digits.isdigit() or len(digits) > 18:
        raise BadInput(f"{cursor[:40]!r} is not a cursor of this event log.")
    return int(digits)


def bounds(connection: Connection) -> tuple[int, int]:
    """Return the last position that was pruned, and the last position of all."""
    row = connection.execute(_BOUNDS).one()
    return row.pruned, row.seq


def page(
    connection: Connection,
    after: int,
    *,
    task_id: str | None = None,
    kinds: Sequence[str] | None = None,
    limit: int = PAGE,
) -> list[Event]:
    """Return up to `limit` events after a position, oldest first.

    Raises CursorExpired when some of them are gone, BadInput when the log has not come that far.
    """
    pruned, last = bounds(connection)
    if after < pruned:
        raise CursorExpired(oldest=encode_cursor(pruned), newest=encode_cursor(last))
    if after > last:
        raise BadInput(f"The cursor {encode_cursor(after)} is ahead of this event log.")
    query = _chosen(task_id, kinds).where(_EVENTS.c.seq > after).order_by(_EVENTS.c.seq)
    return _all(connection, query.limit(limit))


def page_back(
    connection: Connection,
    before: int,
    *,
    task_id: str | None = None,
    kinds: Sequence[str] | None = None,
    limit: int = PAGE,
) -> list[Event]:
    """Return the newest `limit` events before a position, oldest first; pruned events are just not there."""
    query = _chosen(task_id, kinds).where(_EVENTS.c.seq < before).order_by(_EVENTS.c.seq.desc())
    return _all(connection, query.limit(limit))[::-1]


def prunable(connection: Connection, keep: int, since: datetime) -> tuple[int, int]:
    """Return how many events are beyond the newest `keep` or before `since`, and the last of them."""
    pruned, last = bounds(connection)
    first_kept = connection.execute(_FIRST_SINCE, {"since": since}).scalar()
    until = max(last - keep, last if first_kept is None else first_kept - 1)
    return max(0, until - pruned), until


def prune(unit: Unit, until: int) -> None:
    """Delete the events up to a position."""
    unit.connection.execute(_DELETE, {"until": until})
    unit.connection.execute(_MARK_PRUNED, {"until": until})


def _chosen(task_id: str | None, kinds: Sequence[str] | None) -> Select[Any]:
    query = select(_EVENTS)
    if task_id is not None:
        query = query.where(_EVENTS.c.task_id == task_id)
    if kinds is not None:
        query = query.where(_EVENTS.c.kind.in_(kinds))
    return query


def _all(connection: Connection, query: Select[Any]) -> list[Event]:
    return [_event(row) for row in connection.execute(query).all()]


def _event(row: AnyRow) -> Event:
    return Event(row.seq, row.at, row.kind, row.task_id, row.source, row.data)
