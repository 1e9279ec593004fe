"""Commands that a host has carried out, or cannot."""

from __future__ import annotations

from chorus.db import commands, runs
from chorus.db.commands import CommandRecord
from chorus.db.unit import Unit
from chorus.host.reports import CommandDone, CommandFailed, RunEnded
from chorus.model import MessageState, RunEnd
from chorus.model.events import HostErrorEvent, VcsErrorEvent, failure_fields
from chorus.services.ingest import turns, workspaces
from chorus.services.ingest.runs import RunReports
from chorus.services.messages import set_message
from chorus.services.runs.delivery import Delivery

#: Commands that work on a repository.
_OF_VCS = ("commit", "close")


class CommandReports:
    def __init__(self, runs: RunReports, delivery: Delivery) -> None:
        self._runs = runs
        self._delivery = delivery

    def done(self, unit: Unit, report: CommandDone) -> None:
        """Finish a command and move the task's queue on."""
        command = commands.find_by_seq(unit.connection, report.seq)
        if command is None or command.state != "PENDING":
            return
        commands.finish(unit.connection, command.seq, unit.at)
        if command.kind == "interrupt" and command.run_id:
            turns.interrupted(unit, command.run_id, command.actor)
        self._delivery.advance(unit, command.task_id, revive=_has_missed_its_agent(unit, command))

    def failed(self, unit: Unit, report: CommandFailed) -> None:
        """Finish a command that cannot be carried out and say what that means for what was wanted."""
        command = commands.find_by_seq(unit.connection, report.seq)
        if command is None or command.state != "PENDING":
            return
        commands.finish(unit.connection, command.seq, unit.at, report.message)
        match command.kind:
            case "start":
                self._not_started(unit, command, report)
            case "deliver":
                id = command.payload["message"]
                set_message(unit, id, MessageState.FAILED, error=report.message)
            case _:
                _tell(unit, command, report)
        if command.kind == "close":
            workspaces.not_put_away(unit, command.task_id, report.message)

    def _not_started(self, unit: Unit, command: CommandRecord, report: CommandFailed) -> None:
        assert command.run_id is not None
        detail = f"It could not be started: {report.message}"
        failure = {**report.details, "code": report.code}
        self._runs.ended(unit, RunEnded(command.run_id, None, None, detail, RunEnd.ERRORED, failure))


def _has_missed_its_agent(unit: Unit, command: CommandRecord) -> bool:
    """Return whether a message found its agent gone, as it should be: then it begins the next run."""
    run = runs.find(unit.connection, command.run_id) if command.kind == "deliver" else None
    return run is not None and run.end is RunEnd.FINISHED


def _tell(unit: Unit, command: CommandRecord, report: CommandFailed) -> None:
    kind = VcsErrorEvent if command.kind in _OF_VCS else HostErrorEvent
    failure = failure_fields({**report.details, "code": report.code})
    event = kind(command=command.kind, message=report.message, **failure)
    unit.emit(event, task_id=command.task_id, source="host")
