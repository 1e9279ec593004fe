"""Commands for hosts in the database: what somebody wants done, each once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select

from chorus.db import tables
from chorus.db.rows import AnyRow
from chorus.db.unit import Unit
from chorus.model import Task

_COMMANDS = tables.commands
_INSERT = insert(_COMMANDS).values(state="PENDING")
_BY_KEY = select(_COMMANDS).where(_COMMANDS.c.key == bindparam("command_key"))
_PENDING = (
    select(_COMMANDS)
    .where(
        _COMMANDS.c.task_id == bindparam("of_task"),
        _COMMANDS.c.state == "PENDING",
        _COMMANDS.c.kind.in_(bindparam("kinds", expanding=True)),
    )
    .order_by(_COMMANDS.c.seq)
    .limit(1)
)
_PENDING_OF_RUN = _PENDING.where(_COMMANDS.c.run_id == bindparam("of_run"))

#: The commands that give a message to an agent.
GIVING = ("start", "deliver")


@dataclass(frozen=True, slots=True)
class CommandRecord:
    """A command as it is on record. `error` is why it failed, or while it is PENDING why it has to wait."""

    seq: int
    host_id: str
    task_id: str
    run_id: str | None
    kind: str
    payload: Mapping[str, Any]
    key: str
    actor: str
    state: str
    error: str | None
    created_at: datetime
    finished_at: datetime | None


def order(
    unit: Unit,
    task: Task,
    kind: str,
    *,
    key: str,
    actor: str,
    run_id: str | None = None,
    payload: Mapping[str, Any] | None = None,
) -> None:
    """Have the task's host do something. A known key is the same intent: nothing is added."""
    if find(unit.connection, key) is not None:
        return
    values = {"host_id": task.host_id, "task_id": task.id, "run_id": run_id, "kind": kind, "key": key}
    more = {"payload": dict(payload or {}), "actor": actor, "created_at": unit.at}
    unit.connection.execute(_INSERT, {**values, **more})
    unit.wakes_host = True


def find(connection: Connection, key: str) -> CommandRecord | None:
    """Return the command with this key; None when nobody wanted that."""
    return _record(connection.execute(_BY_KEY, {"command_key": key}).first())


def find_pending(
    connection: Connection, task_id: str, kinds: Collection[str], run_id: str | None = None
) -> CommandRecord | None:
    """Return the first command of these kinds that the host has not done yet, of the task or one run."""
    values: dict[str, Any] = {"of_task": task_id, "kinds": list(kinds)}
    if run_id is None:
        return _record(connection.execute(_PENDING, values).first())
    return _record(connection.execute(_PENDING_OF_RUN, {**values, "of_run": run_id}).first())


def _record(row: AnyRow | None) -> CommandRecord | None:
    return CommandRecord(**row._mapping) if row is not None else None
