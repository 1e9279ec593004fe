"""Retries: what the host cannot do just now, said where somebody waits for it."""

from __future__ import annotations

from dataclasses import replace

from chorus.db import commands, messages, runs
from chorus.db.unit import Unit
from chorus.host.reports import CommandDelayed
from chorus.model import AgentStatus, MessageState, Run, StatusReading
from chorus.model.events import HostRetryEvent, MessageDelayedEvent
from chorus.services.status import run_state

#: The source of a status that says why an agent has not been started yet.
DELAY = "host"


def delayed(unit: Unit, report: CommandDelayed) -> None:
    """Record why a command waits. The same reason once more is nothing new."""
    command = commands.find_by_seq(unit.connection, report.seq)
    if command is None or command.state != "PENDING" or command.error == report.message:
        return
    commands.delay(unit.connection, command.seq, report.message)
    event = HostRetryEvent(command=command.kind, code=report.code, message=report.message)
    unit.emit(event, task_id=command.task_id, source=DELAY)
    if command.kind == "deliver":
        _delay_message(unit, command.payload["message"], report.message)
    elif command.kind == "start":
        _delay_start(unit, command.run_id, report.message)


def over(unit: Unit, run: Run) -> None:
    """Forget the delay of an agent that has started."""
    reported = run_state.of(unit, run.id).evidence.reported
    if reported is not None and reported.source == DELAY:
        run_state.apply(unit, run.id, lambda known: replace(known, reported=None))


def _delay_message(unit: Unit, id: str, why: str) -> None:
    message = messages.find(unit.connection, id)
    if message is None or message.state is not MessageState.QUEUED:
        return
    messages.update(unit.connection, id, error=why)
    event = MessageDelayedEvent.of(replace(message, error=why))
    unit.emit(event, task_id=message.task_id, source=DELAY)


def _delay_start(unit: Unit, run_id: str | None, why: str) -> None:
    run = runs.find(unit.connection, run_id)
    if run is not None and run.ended_at is None:
        reading = StatusReading(AgentStatus.STARTING, f"Waiting to start: {why}", DELAY, unit.at.timestamp())
        run_state.apply(unit, run.id, lambda known: known.with_report(reading))
