"""The unit of work: state, commands and events of one writing transaction."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, update

from chorus.db import tables
from chorus.db.run_states import RunStates
from chorus.model import Event
from chorus.model.events import EventKind

log = logging.getLogger(__name__)


def new_id() -> str:
    """Return a new random identifier."""
    return uuid.uuid4().hex


def now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


class Unit:
    """One writing transaction. Its events get their place in the event log last, just before the commit."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.at = now()
        self.events: list[tuple[str, str | None, str, Mapping[str, Any]]] = []
        self.wakes_host = False
        #: What is known of runs in this transaction.
        self.run_states = RunStates(connection)
        self._on_commit: list[Callable[[], object]] = []
        self._on_rollback: list[Callable[[], object]] = []

    def on_commit(self, callback: Callable[[], object]) -> None:
        """Call back on the event loop once this unit is committed, before its caller goes on."""
        self._on_commit.append(callback)

    def on_rollback(self, callback: Callable[[], object]) -> None:
        """Call back if this unit is rolled back: on the writer's thread, before the next unit begins."""
        self._on_rollback.append(callback)

    def committed(self) -> list[Callable[[], object]]:
        """Return what is to be called after the commit, in the order in which it was asked for."""
        return self._on_commit

    def rolled_back(self) -> None:
        """Run the callbacks of a rollback, the last one first."""
        for callback in reversed(self._on_rollback):
            try:
                callback()
            except Exception:
                log.exception("a callback after a rollback failed")

    def finish(self) -> list[Event]:
        """Write what is known of runs, then the events, which are the last thing of a transaction."""
        self.run_states.flush()
        return self.append_events()

    def emit(self, event: EventKind, *, task_id: str | None, source: str) -> None:
        """Have an event appended to the log when the transaction is committed."""
        self.events.append((event.kind, task_id, source, event.to_json()))

    def position(self, table: Table) -> int:
        """Return the next place in the order of creation; only one transaction writes at a time."""
        query = select(func.coalesce(func.max(table.c.position), 0))
        return int(self.connection.execute(query).scalar_one()) + 1

    def append_events(self) -> list[Event]:
        """Write the events with the next positions of the log and return them."""
        if not self.events:
            return []
        counter = tables.event_counter
        after = counter.c.seq + len(self.events)
        taken = update(counter).values(seq=after).returning(counter.c.seq)
        last = int(self.connection.execute(taken).scalar_one())
        first = last - len(self.events) + 1
        events = [
            Event(first + index, self.at, kind, task_id, source, data)
            for index, (kind, task_id, source, data) in enumerate(self.events)
        ]
        rows = [
            {
                "seq": event.seq,
                "at": event.at,
                "kind": event.kind,
                "task_id": event.task_id,
                "source": event.source,
                "data": dict(event.data),
            }
            for event in events
        ]
        self.connection.execute(insert(tables.events), rows)
        return events
