"""What is known of runs within one transaction, read once and written once.

The evidence of a run and the status that its task displays change with every report, and a burst of reports
shares a transaction. Within a unit they are read and changed here alone; a `Task` or `Run` that is read from
the database meanwhile may show the status as it was, until `flush`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, exists, select, update

from chorus.db import rows, tables
from chorus.db.lookup import missing
from chorus.db.rows import AnyRow
from chorus.model import AgentStatus, Evidence, PermissionState, Run, ToolKind

_RUNS, _TASKS, _REQUESTS = tables.runs, tables.tasks, tables.permission_requests
_IS_PENDING = _REQUESTS.c.state == PermissionState.PENDING
_RUN_IDS: BindParameter[str] = bindparam("run_ids", expanding=True)

_LOAD = (
    select(
        _RUNS,
        _TASKS.c.vcs_backend,
        _TASKS.c.current_run_id,
        _TASKS.c.agent_status,
        _TASKS.c.activity,
        _TASKS.c.status_source,
        _TASKS.c.status_since,
        exists().where(_REQUESTS.c.run_id == _RUNS.c.id, _IS_PENDING).label("asks"),
    )
    .join(_TASKS, _TASKS.c.id == _RUNS.c.task_id)
    .where(_RUNS.c.id.in_(_RUN_IDS))
)
_LOAD_REQUESTS = (
    select(_REQUESTS.c.run_id, _REQUESTS.c.tool_use, _REQUESTS.c.summary, _REQUESTS.c.created_at)
    .where(_REQUESTS.c.run_id.in_(_RUN_IDS), _IS_PENDING)
    .order_by(_REQUESTS.c.position)
)
_WRITE_EVIDENCE = (
    update(_RUNS).where(_RUNS.c.id == bindparam("of_run")).values(evidence=bindparam("new_evidence"))
)
_WRITE_STATUS = (
    update(_TASKS)
    .where(_TASKS.c.id == bindparam("of_task"), _TASKS.c.current_run_id == bindparam("of_run"))
    .values(
        agent_status=bindparam("new_status"),
        activity=bindparam("new_activity"),
        status_source=bindparam("new_source"),
        status_since=bindparam("new_since"),
    )
)
_LIVE = (
    select(_RUNS)
    .join(_TASKS, _TASKS.c.current_run_id == _RUNS.c.id)
    .where(_RUNS.c.ended_at.is_(None), _TASKS.c.agent_status.in_(bindparam("statuses", expanding=True)))
)


@dataclass(frozen=True, slots=True)
class DisplayedStatus:
    """What a task displays of its agent, and which run it displays."""

    run_id: str | None
    status: AgentStatus
    activity: str | None
    source: str | None
    since: datetime | None


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """A permission request that nobody has answered."""

    kind: ToolKind
    summary: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class RunState:
    """A run with the VCS backend of its task and all that its status depends on."""

    run: Run
    vcs_backend: str
    evidence: Evidence
    displayed: DisplayedStatus
    requests: Sequence[OpenRequest]


class RunStates:
    """The states of the runs that a transaction is about."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._states: dict[str, RunState] = {}
        self._written: dict[str, RunState] = {}
        self._requests_changed: set[str] = set()

    def load(self, run_ids: Collection[str]) -> Mapping[str, RunState]:
        """Read these runs at once, without those that do not exist, and return them by id."""
        found = self._connection.execute(_LOAD, {"run_ids": list(run_ids)}).all()
        requests = self._open_requests([row.id for row in found if row.asks])
        states = {row.id: _state(row, requests.get(row.id, ())) for row in found}
        self._states.update(states)
        self._written.update(states)
        return states

    def get(self, run_id: str) -> RunState:
        """Return the state of a run as this transaction has made it. Raises NotFound."""
        if run_id not in self._states and run_id not in self.load([run_id]):
            raise missing("run", run_id)
        if run_id in self._requests_changed:
            self._requests_changed.remove(run_id)
            requests = self._open_requests([run_id]).get(run_id, ())
            self._states[run_id] = replace(self._states[run_id], requests=requests)
        return self._states[run_id]

    def put(self, state: RunState) -> None:
        """Keep what has become of a run; `flush` writes it."""
        self._states[state.run.id] = state

    def asks_nothing(self, run_id: str) -> bool:
        """Return whether the run is known, without a query, to have no open permission request."""
        state = self._states.get(run_id)
        return state is not None and not state.requests and run_id not in self._requests_changed

    def requests_changed(self, run_id: str) -> None:
        """Have the open requests of a run read again: one was made, decided or withdrawn."""
        if run_id in self._states:
            self._requests_changed.add(run_id)

    def flush(self) -> None:
        """Write what has changed: one statement for all runs, one for all tasks."""
        changed = [state for id, state in self._states.items() if state is not self._written[id]]
        written = [self._written[state.run.id] for state in changed]
        pairs = list(zip(changed, written, strict=True))
        evidence = [_evidence(now) for now, before in pairs if now.evidence != before.evidence]
        if evidence:
            self._connection.execute(_WRITE_EVIDENCE, evidence)
        displayed = [_status(now) for now, before in pairs if now.displayed != before.displayed]
        if displayed:
            self._connection.execute(_WRITE_STATUS, displayed)
        self._written.update(self._states)

    def forget(self) -> None:
        """Write what has changed and read everything anew: a task displays another run from now on."""
        self.flush()
        self._states.clear()
        self._written.clear()
        self._requests_changed.clear()

    def _open_requests(self, run_ids: Sequence[str]) -> Mapping[str, Sequence[OpenRequest]]:
        if not run_ids:
            return {}
        found: dict[str, list[OpenRequest]] = {}
        for row in self._connection.execute(_LOAD_REQUESTS, {"run_ids": run_ids}).all():
            kind = ToolKind(row.tool_use.get("kind", ToolKind.OTHER))
            request = OpenRequest(kind, row.summary, row.created_at)
            found.setdefault(row.run_id, []).append(request)
        return found


def live(
    connection: Connection, statuses: Iterable[AgentStatus] = tuple(AgentStatus)
) -> list[tuple[Run, Evidence]]:
    """Return the live runs that their tasks display in one of these statuses, with what is known of each."""
    found = connection.execute(_LIVE, {"statuses": list(statuses)}).all()
    return [(rows.run(row), Evidence.from_json(row.evidence)) for row in found]


def _state(row: AnyRow, requests: Sequence[OpenRequest]) -> RunState:
    displayed = DisplayedStatus(
        row.current_run_id, AgentStatus(row.agent_status), row.activity, row.status_source, row.status_since
    )
    return RunState(rows.run(row), row.vcs_backend, Evidence.from_json(row.evidence), displayed, requests)


def _evidence(state: RunState) -> dict[str, Any]:
    return {"of_run": state.run.id, "new_evidence": state.evidence.to_json()}


def _status(state: RunState) -> dict[str, Any]:
    displayed = state.displayed
    return {
        "of_task": state.run.task_id,
        "of_run": state.run.id,
        "new_status": displayed.status,
        "new_activity": displayed.activity,
        "new_source": displayed.source,
        "new_since": displayed.since,
    }
