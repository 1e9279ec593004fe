"""Runs as hosts report them: started, ended, and those that nobody can listen to any more."""

from __future__ import annotations

from dataclasses import replace

from chorus.db import messages, runs
from chorus.db.unit import Unit
from chorus.host.reports import RunEnded, RunStarted, SessionOrphaned, Unheard
from chorus.model import MessageState, Run, RunEnd
from chorus.model.events import HostErrorEvent, HostOrphanEvent, RunEndedEvent, RunStartedEvent
from chorus.services.ingest import retries, turns
from chorus.services.messages import set_message
from chorus.services.permissions.broker import PermissionService
from chorus.services.runs.admission import Admission
from chorus.services.runs.delivery import Delivery
from chorus.services.runs.restart_policy import Restart, RestartPolicy
from chorus.services.status import run_state


class RunReports:
    def __init__(
        self,
        permissions: PermissionService,
        delivery: Delivery,
        admission: Admission,
        restarts: RestartPolicy,
    ) -> None:
        self._permissions = permissions
        self._delivery = delivery
        self._admission = admission
        self._restarts = restarts

    def started(self, unit: Unit, report: RunStarted) -> None:
        """Record the process of a run; the prompt it was started with is delivered with it."""
        run = runs.find(unit.connection, report.run_id)
        if run is None or run.pid is not None or run.ended_at is not None:
            return
        runs.update(unit.connection, run.id, pid=report.pid, pid_start=report.pid_start)
        unit.emit(RunStartedEvent.of(run), task_id=run.task_id, source="host")
        retries.over(unit, run)
        for message in messages.given_to(unit.connection, run.id, [MessageState.QUEUED]):
            set_message(unit, message.id, MessageState.DELIVERED)

    def ended(self, unit: Unit, report: RunEnded) -> None:
        """End a run: what it asked is withdrawn, what it changed is committed, and the task goes on."""
        run = runs.find(unit.connection, report.run_id)
        if run is None or run.ended_at is not None:
            return
        end, detail = judge(report, run.stop_wanted)
        restart = self._restarts.plan(unit, run, end)
        if restart is not None:
            detail = f"{detail}. {restart.words}"
        run = _end(unit, run, report, end, detail)
        self._permissions.withdrawals.of_run(unit, run.id, "the agent has ended")
        self._settle_messages(unit, run, restart)
        at = unit.at.timestamp()
        run_state.apply(unit, run.id, lambda known: replace(known, ended=end, ended_at=at, ended_why=detail))
        turns.sweep_after_run(unit, run)
        self._go_on(unit, run, restart)

    def _settle_messages(self, unit: Unit, run: Run, restart: Restart | None) -> None:
        if restart is not None and restart.at is not None:
            self._delivery.take_back(unit, run)
        else:
            _give_up(unit, run)

    def _go_on(self, unit: Unit, run: Run, restart: Restart | None) -> None:
        """Use the place that is free now: for the task's own next run, then for others that wait."""
        self._delivery.advance(unit, run.task_id, revive=run.end is RunEnd.FINISHED)
        if restart is not None:
            self._restarts.order(unit, run.task_id, restart)
        self._admission.fill(unit)

    def unheard(self, unit: Unit, report: Unheard) -> None:
        """Tell that a live agent reports to an address where this server cannot listen."""
        run = runs.find(unit.connection, report.run_id)
        if run is None or run.ended_at is not None:
            return
        message = (
            f"This agent reports to {report.url}, which is not Chorus any more: {report.why} Until the agent "
            "is restarted, Chorus is not asked before it uses a tool, and sees it from outside only."
        )
        event = HostErrorEvent(command="listen", code="CONFLICT", message=message)
        unit.emit(event, task_id=run.task_id, source="host")

    def session_orphaned(self, unit: Unit, report: SessionOrphaned) -> None:
        """Tell that a session belongs to no open task."""
        session, run_id = report.task_id, report.run_id
        event = HostOrphanEvent(session=session, run_id=run_id, backend=report.backend)
        unit.emit(event, task_id=None, source="host")


def judge(report: RunEnded, stop_wanted: str | None) -> tuple[RunEnd, str]:
    """Return how a run ended, and the sentence that explains it."""
    if report.end is not None:
        return report.end, report.detail or report.end.value.lower()
    if stop_wanted is not None:
        return RunEnd.KILLED, f"Ended by {stop_wanted}"
    if report.signal is not None:
        return RunEnd.CRASHED, report.detail or f"Killed by {report.signal}, which Chorus did not send"
    if report.exit_code is None:
        return RunEnd.INTERRUPTED, report.detail or "Its terminal session ended"
    if report.exit_code == 0:
        return RunEnd.FINISHED, report.detail or "Finished"
    return RunEnd.ERRORED, report.detail or f"Exited with code {report.exit_code}"


def _end(unit: Unit, run: Run, report: RunEnded, end: RunEnd, detail: str) -> Run:
    ended = replace(
        run, ended_at=unit.at, end=end, end_detail=detail, exit_code=report.exit_code, signal=report.signal
    )
    changed = ("ended_at", "end", "end_detail", "exit_code", "signal")
    runs.update(unit.connection, run.id, **{name: getattr(ended, name) for name in changed})
    unit.emit(RunEndedEvent.of(ended, report.failure), task_id=run.task_id, source="host")
    return ended


def _give_up(unit: Unit, run: Run) -> None:
    """Fail what an agent that did not finish never took up: the prompt of its start, or a typed one."""
    if run.end is RunEnd.FINISHED:
        return
    for message in messages.given_to(unit.connection, run.id, [MessageState.QUEUED]):
        set_message(unit, message.id, MessageState.FAILED, error=run.end_detail)
