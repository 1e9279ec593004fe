"""Commands for hosts in the database: what somebody wants done, each once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, update

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


# --- what hosts do ----------------------------------------------------------------------------------

_BY_SEQ = select(_COMMANDS).where(_COMMANDS.c.seq == bindparam("command_seq"))
_OF_HOST = (
    select(_COMMANDS)
    .where(_COMMANDS.c.host_id == bindparam("of_host"), _COMMANDS.c.state == "PENDING")
    .order_by(_COMMANDS.c.seq)
    .limit(bindparam("most"))
)
_FINISH = (
    update(_COMMANDS)
    .where(_COMMANDS.c.seq == bindparam("command_seq"))
    .values(state=bindparam("new_state"), error=bindparam("why"), finished_at=bindparam("at"))
)
_FORGET_TOKEN = (
    update(_COMMANDS)
    .where(_COMMANDS.c.seq == bindparam("command_seq"), _COMMANDS.c.kind == "start")
    .values(payload={})
)
_DELAY = update(_COMMANDS).where(_COMMANDS.c.seq == bindparam("command_seq")).values(error=bindparam("why"))
_KEYS = select(func.count()).where(
    _COMMANDS.c.run_id == bindparam("of_run"),
    _COMMANDS.c.key.startswith(bindparam("start"), autoescape=False),
)


def find_by_seq(connection: Connection, seq: int) -> CommandRecord | None:
    """Return the command with this number; None when there is none."""
    return _record(connection.execute(_BY_SEQ, {"command_seq": seq}).first())


def pending_of_host(connection: Connection, host_id: str, most: int) -> list[CommandRecord]:
    """Return what a host has not done yet, in the order in which it was wanted."""
    found = connection.execute(_OF_HOST, {"of_host": host_id, "most": most}).all()
    return [CommandRecord(**row._mapping) for row in found]


def finish(connection: Connection, seq: int, at: datetime, error: str | None = None) -> None:
    """Record that a command is done, or that it failed with this error."""
    state = "DONE" if error is None else "FAILED"
    values = {"command_seq": seq, "new_state": state, "why": error, "at": at}
    connection.execute(_FINISH, values)
    # The payload of a start holds the run's token: once it is carried out nobody needs that again.
    connection.execute(_FORGET_TOKEN, {"command_seq": seq})


def delay(connection: Connection, seq: int, why: str) -> None:
    """Record why a command has to wait."""
    connection.execute(_DELAY, {"command_seq": seq, "why": why})


def count_with_key(connection: Connection, run_id: str, start: str) -> int:
    """Return how many commands of a run have a key that starts so."""
    return int(connection.execute(_KEYS, {"of_run": run_id, "start": start}).scalar_one())
