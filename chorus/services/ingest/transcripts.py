"""Transcripts: what agents did while nobody heard, taken from what they wrote down themselves.

A report of an agent is lost when no server is there to take it. What its transcript says is applied then,
and only then: everything here looks first whether the report has come after all.
"""

from __future__ import annotations

from chorus.backends import Entry
from chorus.db import runs, transcripts
from chorus.db.unit import Unit
from chorus.host.reports import TranscriptRead
from chorus.model import (
    AgentStatus,
    MessageState,
    PromptAccepted,
    Run,
    StatusReading,
    StatusSeen,
    ToolFinished,
    TurnEnded,
    one_line,
)
from chorus.model.events import AgentPromptEvent
from chorus.services import usage
from chorus.services.ingest import prompts, tools, turns
from chorus.services.messages import set_message
from chorus.services.permissions.broker import PermissionService
from chorus.services.status import run_state

SOURCE = "transcript"


class TranscriptReports:
    def __init__(self, permissions: PermissionService) -> None:
        self._permissions = permissions

    def read(self, unit: Unit, report: TranscriptRead) -> None:
        """Record usage, what no report told, and up to where the transcripts were read."""
        run = runs.find(unit.connection, report.run_id)
        if run is None:
            return
        if report.usages:
            usage.count(unit, run, report.usages, SOURCE)
        for entry in report.lost:
            self._apply(unit, run, entry)
        transcripts.set_offsets(unit.connection, run.task_id, report.offsets)

    def _apply(self, unit: Unit, run: Run, entry: Entry) -> None:
        for signal in entry.signals:
            match signal:
                case PromptAccepted():
                    _accept_prompt(unit, run, signal.text, entry.at)
                case ToolFinished() if signal.use_id:
                    tools.commit_edits(unit, run, signal)
                case TurnEnded() if _is_unheard(unit, run, entry.at):
                    turn = TurnEnded(signal.text)
                    turns.end_turn(unit, run, turn, SOURCE, entry.at, self._permissions)
                case StatusSeen() if _is_unheard(unit, run, entry.at):
                    _show(unit, run, signal.status, signal.activity, entry.at)


def _is_unheard(unit: Unit, run: Run, at: float) -> bool:
    """Return whether the live agent has said nothing since: what it writes down comes before its report."""
    reported = run_state.of(unit, run.id).evidence.reported
    return run.ended_at is None and (reported is None or reported.at < at)


def _accept_prompt(unit: Unit, run: Run, text: str, at: float) -> None:
    id = prompts.find_given(unit, run, text)
    if id is not None:
        unit.emit(AgentPromptEvent(run_id=run.id, text=text), task_id=run.task_id, source=SOURCE)
        set_message(unit, id, MessageState.ACCEPTED)
    if _is_unheard(unit, run, at):
        _show(unit, run, AgentStatus.THINKING, text, at)


def _show(unit: Unit, run: Run, status: AgentStatus, activity: str | None, at: float) -> None:
    reading = StatusReading(status, one_line(activity), SOURCE, at)
    run_state.apply(unit, run.id, lambda known: known.with_report(reading))
