"""What the host cannot do just now and tries again: on record, and said where somebody waits for it."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select, update

from chorus.db import lookup, rows, tables
from chorus.db.rows import AnyRow
from chorus.db.unit import Unit
from chorus.host.reports import CommandDelayed
from chorus.model import AgentStatus, MessageState, Run, Seen
from chorus.services import events
from chorus.services.status import updates

#: The source of a status that says why an agent has not been started yet.
DELAY = "host"


def delayed(unit: Unit, report: CommandDelayed) -> None:
    """Note why a command waits. The same reason once more is nothing new."""
    commands = tables.commands
    row = (unit.connection.execute(select(commands).where(commands.c.seq == report.seq))).first()
    if row is None or row.state != "PENDING" or row.error == report.message:
        return
    unit.connection.execute(update(commands).where(commands.c.seq == report.seq).values(error=report.message))
    data = {"command": row.kind, "code": report.code, "message": report.message}
    unit.emit("host.retry", row.task_id, DELAY, data)
    if row.kind == "deliver":
        _message(unit, row.payload["message"], report.message)
    elif row.kind == "start":
        _start(unit, row, report.message)


def _message(unit: Unit, id: str, why: str) -> None:
    messages = tables.messages
    row = (unit.connection.execute(select(messages).where(messages.c.id == id))).first()
    if row is None or row.state != MessageState.QUEUED:
        return
    unit.connection.execute(update(messages).where(messages.c.id == id).values(error=why))
    events.message(unit, "delayed", replace(rows.message(row), error=why), DELAY)


def _start(unit: Unit, command: AnyRow, why: str) -> None:
    run = lookup.run(unit.connection, command.run_id)
    if run is not None and run.ended_at is None:
        seen = Seen(AgentStatus.STARTING, f"Waiting to start: {why}", DELAY, unit.at.timestamp())
        updates.weigh(unit, run, lambda known: known.with_report(seen))


def over(unit: Unit, run: Run) -> None:
    """The agent has started: what was said about the delay holds no more."""
    standing = updates.standing(unit, run)
    reported = standing.evidence.reported
    if reported is not None and reported.source == DELAY:
        updates.weigh(unit, run, lambda known: replace(known, reported=None))
