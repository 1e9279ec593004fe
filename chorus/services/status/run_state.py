"""What is known of runs within one transaction, read once and written once.

Reports that arrive together share a transaction, and each moves the status of its run. So what they weigh is
kept here and written when somebody else reads or writes, at the latest before the commit: nobody ever sees
the database lag behind.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Table, bindparam, exists, select, update

from chorus.db import rows, tables
from chorus.db.unit import PUT_OFF, Unit
from chorus.model import AgentStatus, Evidence, PermissionState, Run, Seen, derive
from chorus.services import events

_WRITE_EVIDENCE = (
    update(tables.runs)
    .where(tables.runs.c.id == bindparam("of_run"))
    .values(evidence=bindparam("new_evidence"))
    .execution_options(**PUT_OFF)
)
_WRITE_STATUS = (
    update(tables.tasks)
    .where(tables.tasks.c.id == bindparam("of_task"))
    .values(
        agent_status=bindparam("new_status"),
        activity=bindparam("new_activity"),
        status_source=bindparam("new_source"),
        status_since=bindparam("new_since"),
    )
    .execution_options(**PUT_OFF)
)


_REQUESTS = tables.permission_requests
_PENDING = _REQUESTS.c.state == PermissionState.PENDING
_OF_TASK = ("current_run_id", "agent_status", "activity", "status_source", "status_since")
_LOAD = (
    select(
        tables.runs,
        tables.tasks.c.vcs_backend,
        *(tables.tasks.c[name].label(f"task_{name}") for name in _OF_TASK),
        exists().where(_REQUESTS.c.run_id == tables.runs.c.id, _PENDING).label("asks"),
    )
    .join(tables.tasks, tables.tasks.c.id == tables.runs.c.task_id)
    .execution_options(**PUT_OFF)
)

#: What a request is called that is no approval of a tool; a plan calls itself one.
_WAITS_FOR = {"AskUserQuestion": "Asks: ", "ExitPlanMode": ""}


@dataclass(frozen=True, slots=True)
class Shown:
    """What a task shows of its agent."""

    current_run_id: str | None
    agent_status: AgentStatus
    activity: str | None
    status_source: str | None
    status_since: datetime | None


@dataclass
class Standing:
    """A run with the VCS backend of its task, what is known of it, and what its task shows."""

    run: Run
    vcs_backend: str
    shown: Shown
    evidence: Evidence
    asked: Seen | None
    evidence_is_new: bool = False
    shown_is_new: bool = False

    def weigh(self, unit: Unit, evidence: Evidence) -> Seen:
        """Take new evidence, and tell when the task's status differs; an earlier run changes nothing."""
        self.evidence = replace(evidence, asked=self.asked)
        self.evidence_is_new = True
        seen, shown = derive(self.evidence), self.shown
        before = (shown.agent_status, shown.activity, shown.status_source)
        if shown.current_run_id == self.run.id and before != (seen.status, seen.activity, seen.source):
            same = shown.agent_status == seen.status
            since = shown.status_since if same else datetime.fromtimestamp(seen.at, UTC)
            self.shown = Shown(shown.current_run_id, seen.status, seen.activity, seen.source, since)
            self.shown_is_new = True
            events.agent_status(unit, self.run.task_id, self.run.id, seen)
        return seen


class Standings:
    """The standings of a transaction. As `unit.deferred` they put writes off until somebody looks."""

    def __init__(self) -> None:
        self._known: dict[str, Standing] = {}

    def of(self, unit: Unit, run_id: str) -> Standing:
        if run_id not in self._known:
            self.load(unit, [run_id])
        return self._known[run_id]

    def load(self, unit: Unit, run_ids: Iterable[str]) -> None:
        """Read these runs with what is known of them."""
        query = _LOAD.where(tables.runs.c.id.in_(list(run_ids)))
        found = (unit.connection.execute(query)).all()
        asked = _asked(unit, [row.id for row in found if row.asks])
        for row in found:
            current, status, *others = (getattr(row, f"task_{name}") for name in _OF_TASK)
            shown = Shown(current, AgentStatus(status), *others)
            self._known[row.id] = Standing(
                rows.run(row), row.vcs_backend, shown, Evidence.from_json(row.evidence), asked.get(row.id)
            )

    def runs(self) -> dict[str, Run]:
        """The runs that are known, by id."""
        return {run_id: standing.run for run_id, standing in self._known.items()}

    def get(self, run_id: str) -> Standing | None:
        """What is known already, without asking the database."""
        return self._known.get(run_id)

    # --- as what a transaction puts off ------------------------------------------------------------

    def flush(self, connection: Connection) -> None:
        """Write what was put off: one statement for all runs, one for all tasks."""
        evidence = [one for one in self._known.values() if one.evidence_is_new]
        if evidence:
            values = [{"of_run": one.run.id, "new_evidence": one.evidence.to_json()} for one in evidence]
            connection.execute(_WRITE_EVIDENCE, values)
        shown = [one for one in self._known.values() if one.shown_is_new]
        if shown:
            connection.execute(_WRITE_STATUS, [_status(one) for one in shown])
        for one in evidence:
            one.evidence_is_new = one.shown_is_new = False

    def written(self, table: Table) -> None:
        """Somebody else has written: what depends on that table is read again when it is needed."""
        if table in (tables.runs, tables.tasks, tables.permission_requests):
            self._known.clear()


def _status(standing: Standing) -> dict[str, Any]:
    shown = standing.shown
    return {
        "of_task": standing.run.task_id,
        "new_status": shown.agent_status,
        "new_activity": shown.activity,
        "new_source": shown.status_source,
        "new_since": shown.status_since,
    }


def _asked(unit: Unit, run_ids: list[str]) -> dict[str, Seen]:
    """The oldest open permission request of each run that has one, as a status."""
    if not run_ids:
        return {}
    columns = [_REQUESTS.c[name] for name in ("run_id", "tool_name", "summary", "created_at")]
    query = select(*columns).where(_REQUESTS.c.run_id.in_(run_ids), _PENDING).order_by(_REQUESTS.c.position)
    found: dict[str, list[Any]] = {}
    for row in (unit.connection.execute(query.execution_options(**PUT_OFF))).all():
        found.setdefault(row.run_id, []).append(row)
    return {run_id: _as_seen(requests) for run_id, requests in found.items()}


def _as_seen(requests: list[Any]) -> Seen:
    oldest, more = requests[0], len(requests) - 1
    words = f"{_WAITS_FOR.get(oldest.tool_name, 'Needs approval: ')}{oldest.summary}"
    summary = words + (f" (and {more} more)" if more else "")
    return Seen(AgentStatus.WAITING, summary, "permission", oldest.created_at.timestamp())
