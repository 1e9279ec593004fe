"""What agents did while nobody heard: taken from what they wrote down themselves.

A report of an agent is lost when no server is there to take it. What its transcript says is applied then,
and only then: everything here looks first whether the report has come after all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from chorus.backends import Entry
from chorus.db import lookup, rows, tables
from chorus.db.unit import Unit
from chorus.host.reports import TranscriptRead
from chorus.model import (
    AgentStatus,
    MessageState,
    PromptAccepted,
    Run,
    Seen,
    StatusSeen,
    ToolFinished,
    TurnEnded,
    one_line,
)
from chorus.services import usage
from chorus.services.ingest.commits import order_commit, turns, why
from chorus.services.messages import same_text, set_message
from chorus.services.permissions.broker import PermissionService
from chorus.services.status import updates

SOURCE = "transcript"

_INSERTS: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def offsets(connection: Connection, task_id: str) -> Mapping[str, int]:
    """Up to where the transcripts of a task's conversations have been read, by path."""
    table = tables.transcripts
    query = select(table.c.path, table.c.offset).where(table.c.task_id == task_id)
    return {path: offset for path, offset in (connection.execute(query)).all()}


class CatchingUp:
    def __init__(self, permissions: PermissionService) -> None:
        self._permissions = permissions

    def take(self, unit: Unit, report: TranscriptRead) -> None:
        """Put on record what was read: usage, what was lost, and up to where."""
        run = lookup.run(unit.connection, report.run_id)
        if run is None:
            return
        if report.usages:
            usage.count(unit, run, report.usages, SOURCE)
        for entry in report.lost:
            self._apply(unit, run, entry)
        _record(unit, run.task_id, report.offsets)

    def _apply(self, unit: Unit, run: Run, entry: Entry) -> None:
        for signal in entry.signals:
            match signal:
                case PromptAccepted():
                    self._prompt(unit, run, signal.text, entry.at)
                case ToolFinished() if signal.use_id:
                    self._edited(unit, run, signal)
                case TurnEnded() if self._unheard(unit, run, entry.at):
                    self._turn_ended(unit, run, signal.text, entry.at)
                case StatusSeen() if self._unheard(unit, run, entry.at):
                    self._seen(unit, run, signal.status, signal.activity, entry.at)

    def _unheard(self, unit: Unit, run: Run, at: float) -> bool:
        """Whether the live agent has said nothing since: what it writes down comes before its report."""
        reported = updates.standing(unit, run).evidence.reported
        return run.ended_at is None and (reported is None or reported.at < at)

    def _prompt(self, unit: Unit, run: Run, text: str, at: float) -> None:
        messages = tables.messages
        open_ones = (MessageState.QUEUED, MessageState.DELIVERED)
        query = select(messages).where(messages.c.run_id == run.id, messages.c.state.in_(open_ones))
        for row in (unit.connection.execute(query.order_by(messages.c.position))).all():
            if same_text(rows.message(row).text, text):
                unit.emit("agent.prompt", run.task_id, SOURCE, {"runId": run.id, "text": text})
                set_message(unit, row.id, MessageState.ACCEPTED)
                break
        if self._unheard(unit, run, at):
            self._seen(unit, run, AgentStatus.THINKING, text, at)

    def _edited(self, unit: Unit, run: Run, signal: ToolFinished) -> None:
        """Its key makes the commit one with that of the report, should that have come."""
        task = lookup.task(unit.connection, run.task_id)
        key = f"edit:{run.id}:{signal.use_id}"
        order_commit(unit, task, run, key, signal.edits, why(unit, run), signal.use_id)

    def _turn_ended(self, unit: Unit, run: Run, text: str | None, at: float) -> None:
        self._seen(unit, run, AgentStatus.IDLE, text, at)
        data = {"runId": run.id, "text": text, "background": 0}
        unit.emit("agent.turn", run.task_id, SOURCE, data)
        self._permissions.withdrawals.of_run(unit, run.id, "the turn is over")
        task = lookup.task(unit.connection, run.task_id)
        key = f"turn:{run.id}:{turns(unit, run)}"
        order_commit(unit, task, run, key, None, why(unit, run))

    def _seen(self, unit: Unit, run: Run, status: AgentStatus, activity: str | None, at: float) -> None:
        seen = Seen(status, one_line(activity), SOURCE, at)
        updates.weigh(unit, run, lambda evidence: evidence.with_report(seen))


def _record(unit: Unit, task_id: str, found: Mapping[str, int]) -> None:
    table = tables.transcripts
    for path, offset in found.items():
        insert = _INSERTS[unit.connection.dialect.name](table)
        row = insert.values(task_id=task_id, path=path, offset=offset)
        keys: Sequence[Any] = [table.c.task_id, table.c.path]
        unit.connection.execute(row.on_conflict_do_update(index_elements=keys, set_={"offset": offset}))
