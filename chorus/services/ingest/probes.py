"""Probes: what a host sees of an agent from outside."""

from __future__ import annotations

from dataclasses import replace

from chorus.db import runs
from chorus.db.unit import Unit
from chorus.host.reports import ProbeResult
from chorus.model import AgentStatus, Evidence, Run, StatusReading
from chorus.services.ingest.commits import order_commit
from chorus.services.permissions.broker import PermissionService
from chorus.services.runs.delivery import Delivery
from chorus.services.status import run_state


class ProbeReports:
    def __init__(self, permissions: PermissionService, delivery: Delivery) -> None:
        self._permissions = permissions
        self._delivery = delivery

    def record(self, unit: Unit, report: ProbeResult) -> None:
        """Record what is seen of a live agent; a turn may have ended without a report."""
        run = runs.find(unit.connection, report.run_id)
        if run is None or run.ended_at is not None:
            return
        before = run_state.of(unit, run.id).displayed
        since = _waits_for_nobody_since(report)
        if since is not None:
            self._permissions.withdrawals.left_behind(unit, run.id, since)
        reading = run_state.apply(unit, run.id, lambda known: _with(known, report))
        if before.status.busy and reading.status is AgentStatus.IDLE:
            self._end_silent_turn(unit, run, reading)
        self._delivery.advance(unit, run.task_id)

    def _end_silent_turn(self, unit: Unit, run: Run, reading: StatusReading) -> None:
        """End a turn that nobody reported: Escape, or an end while no server was there to hear of it."""
        self._permissions.withdrawals.of_run(unit, run.id, "answered or left in the terminal")
        key = f"look:{run.id}:{reading.at:.3f}"
        order_commit(unit, run, key, None, why=run.prompt or "(no prompt)")


def _waits_for_nobody_since(report: ProbeResult) -> float | None:
    """Return since when the agent waits for nobody; None when it may wait for somebody.

    A title is enough only when it says that the agent works: one that seems to rest may be about to ask.
    """
    if report.file is not None:
        return report.file.at if report.file.status is not AgentStatus.WAITING else None
    works = report.title is not None and report.title.status is AgentStatus.THINKING
    return report.title.at if report.title and works and report.dialog is None else None


def _with(known: Evidence, report: ProbeResult) -> Evidence:
    """Return the evidence with all that can be seen: what was not found is not there any more."""
    return replace(known, file=report.file, dialog=report.dialog, notice=report.notice, title=report.title)
