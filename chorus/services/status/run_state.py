"""The status of a run within a transaction: what is known of it, and what its task displays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from chorus.db.run_states import DisplayedStatus, OpenRequest, RunState
from chorus.db.unit import Unit
from chorus.model import AgentStatus, Evidence, Run, StatusReading, ToolKind, derive
from chorus.model.events import AgentStatusEvent

#: What a request is called that is no approval of a tool; a plan calls itself one.
_WAITS_FOR = {ToolKind.QUESTION: "Asks: ", ToolKind.PLAN: ""}


def of(unit: Unit, run_id: str) -> RunState:
    """Return the state of a run as this transaction has made it."""
    return unit.run_states.get(run_id)


def apply(unit: Unit, run_id: str, change: Callable[[Evidence], Evidence]) -> StatusReading:
    """Change what is known of a run and return its status.

    Its task displays the status if the run is its current one.
    """
    state = unit.run_states.get(run_id)
    evidence = replace(change(state.evidence), asked=_waiting(state.requests))
    reading = derive(evidence)
    displayed = _displayed(state.displayed, run_id, reading)
    if displayed is not state.displayed:
        event = AgentStatusEvent.of(run_id, reading)
        unit.emit(event, task_id=state.run.task_id, source=reading.source)
    unit.run_states.put(replace(state, evidence=evidence, displayed=displayed))
    return reading


def refresh(unit: Unit, run_id: str) -> StatusReading:
    """Derive the status of a run anew, after its permission requests have changed."""
    return apply(unit, run_id, lambda known: known)


def publish(unit: Unit, run: Run) -> None:
    """Display a run that has just become the current one of its task."""
    unit.run_states.forget()
    refresh(unit, run.id)
    unit.run_states.flush()


def _displayed(before: DisplayedStatus, run_id: str, reading: StatusReading) -> DisplayedStatus:
    """Return what the task displays after this reading; the same object when nothing changes."""
    same = (before.status, before.activity, before.source) == (
        reading.status,
        reading.activity,
        reading.source,
    )
    if same or before.run_id != run_id:
        return before
    since = before.since if before.status == reading.status else datetime.fromtimestamp(reading.at, UTC)
    return DisplayedStatus(run_id, reading.status, reading.activity, reading.source, since)


def _waiting(requests: Sequence[OpenRequest]) -> StatusReading | None:
    """Return the oldest open permission request as a status; None when there is none."""
    if not requests:
        return None
    oldest, more = requests[0], len(requests) - 1
    words = f"{_WAITS_FOR.get(oldest.kind, 'Needs approval: ')}{oldest.summary}"
    summary = words + (f" (and {more} more)" if more else "")
    return StatusReading(AgentStatus.WAITING, summary, "permission", oldest.created_at.timestamp())
