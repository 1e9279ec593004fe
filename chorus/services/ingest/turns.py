"""What is written when an agent's turn ends: its status, an event, and a commit of what is left."""

from __future__ import annotations

from chorus.db import commands, runs, tasks
from chorus.db.unit import Unit
from chorus.model import AgentStatus, Run, StatusReading, TaskStatus, TurnEnded, TurnFailed, one_line
from chorus.model.events import AgentErrorEvent, AgentTurnEvent
from chorus.services.ingest.commits import order_commit
from chorus.services.permissions.broker import PermissionService
from chorus.services.runs.usage_limits import UsageLimits
from chorus.services.status import run_state


class Turns:
    def __init__(self, permissions: PermissionService, limits: UsageLimits) -> None:
        self._permissions = permissions
        self._limits = limits

    def ended(self, unit: Unit, run: Run, signal: TurnEnded, source: str) -> None:
        """Record that the agent has finished its turn."""
        end_turn(unit, run, signal, source, unit.at.timestamp(), self._permissions)

    def failed(self, unit: Unit, run: Run, signal: TurnFailed, source: str) -> None:
        """Record that a turn ended with an error; the task waits where that was a usage limit."""
        self._permissions.withdrawals.of_run(unit, run.id, "the turn failed")
        text = ": ".join(part for part in (signal.error, one_line(signal.text)) if part)
        reading = StatusReading(AgentStatus.ERRORED, one_line(text), source, unit.at.timestamp())
        run_state.apply(unit, run.id, lambda known: known.with_report(reading))
        event = AgentErrorEvent(run_id=run.id, error=signal.error, text=signal.text)
        unit.emit(event, task_id=run.task_id, source=source)
        self._limits.reached(unit, run, signal, source)


def end_turn(
    unit: Unit, run: Run, signal: TurnEnded, source: str, at: float, permissions: PermissionService
) -> None:
    """Record the end of a turn that `source` tells; it was over at this moment."""
    permissions.withdrawals.of_run(unit, run.id, "the turn is over")
    reading = _after_turn(signal, source, at)
    run_state.apply(unit, run.id, lambda known: known.with_report(reading))
    event = AgentTurnEvent(run_id=run.id, text=signal.text, background=signal.background)
    unit.emit(event, task_id=run.task_id, source=source)
    # What commands and formatters changed was named by no report: it is swept up when the turn is over.
    number = commands.count_with_key(unit.connection, run.id, f"commit:turn:{run.id}:")
    order_commit(unit, run, f"turn:{run.id}:{number}", None)


def interrupted(unit: Unit, run_id: str, actor: str) -> None:
    """Record that a person has ended a turn: no hook tells of an Escape."""
    run = runs.find(unit.connection, run_id)
    if run is None or run.ended_at is not None:
        return
    reading = StatusReading(AgentStatus.IDLE, f"Interrupted by {actor}", "chorus", unit.at.timestamp())
    run_state.apply(unit, run.id, lambda known: known.with_report(reading))
    event = AgentTurnEvent(run_id=run.id, interrupted=True)
    unit.emit(event, task_id=run.task_id, source=actor)


def sweep_after_run(unit: Unit, run: Run) -> None:
    """Have committed what no report named, as at the end of a turn: many programs report nothing.

    A task that is put away has that done in its own time.
    """
    task = tasks.get(unit.connection, run.task_id)
    if task.worktree is not None and task.status in (TaskStatus.RUNNING, TaskStatus.WAITING):
        order_commit(unit, run, f"end:{run.id}", None)


def _after_turn(signal: TurnEnded, source: str, at: float) -> StatusReading:
    if not signal.background:
        return StatusReading(AgentStatus.IDLE, one_line(signal.text), source, at)
    plural = "" if signal.background == 1 else "s"
    text = f"Waiting for {signal.background} background task{plural}"
    return StatusReading(AgentStatus.RUNNING, text, source, at, free=True)
