"""The writer of agent reports: each is counted once, and those that arrive together share a transaction.

So a burst of hooks costs a few commits instead of thousands.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from chorus.backends import Verdict
from chorus.db import reports
from chorus.db.database import Database
from chorus.db.unit import Unit
from chorus.errors import ChorusError, NotFound, Unavailable
from chorus.model import PermissionAsked, Ruling, Run, Signal, ToolStarted
from chorus.services.ingest.signals import Signals
from chorus.services.permissions.broker import PermissionService

log = logging.getLogger(__name__)

#: Reports written in one transaction at most, and waiting for one before agents are told to come back.
BATCH = 200
WAITING = 5000


class RunOver(NotFound):
    """This run has ended: its token no longer counts."""


@dataclass(frozen=True, slots=True)
class AgentReport:
    """What an agent reports at once. Reports of a run with the same name are the same one."""

    run_id: str
    source: str
    name: str | None
    signals: Sequence[Signal]


@dataclass(frozen=True, slots=True)
class Held:
    """A permission request of a report, and the verdict if there is one already."""

    request_id: str
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a report asks for: answers to its requests, rulings on the tools it is about to use."""

    held: Sequence[Held] = ()
    rulings: Sequence[Ruling] = ()


@dataclass(frozen=True, slots=True)
class _Waiting:
    report: AgentReport
    outcome: asyncio.Future[Outcome] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def settle(self, outcome: Outcome | Exception) -> None:
        if self.outcome.cancelled():
            return
        if isinstance(outcome, Exception):
            self.outcome.set_exception(outcome)
        else:
            self.outcome.set_result(outcome)


class ReportWriter:
    def __init__(self, database: Database, permissions: PermissionService, signals: Signals) -> None:
        self._database = database
        self._permissions = permissions
        self.signals = signals
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue(WAITING)

    async def write(self, report: AgentReport) -> Outcome:
        """Put a report on record and return its outcome after the commit. Raises RunOver."""
        waiting = _Waiting(report)
        try:
            self._queue.put_nowait(waiting)
        except asyncio.QueueFull:
            raise Unavailable("Too many reports at once; send this one again in a second.") from None
        return await waiting.outcome

    async def run(self) -> None:
        """Write reports as they come, until cancelled."""
        while True:
            batch = [await self._queue.get()]
            await asyncio.sleep(0)  # those that arrived at the same moment share the transaction
            while len(batch) < BATCH and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            await self._write(batch)

    async def _write(self, batch: Sequence[_Waiting]) -> None:
        try:
            outcomes = await self._database.write(self.apply, [waiting.report for waiting in batch])
        except Exception as error:
            await self._write_apart(batch, error)
            return
        for waiting, outcome in zip(batch, outcomes, strict=True):
            waiting.settle(outcome)

    async def _write_apart(self, batch: Sequence[_Waiting], error: Exception) -> None:
        """Write each report by itself: one bad report must not take the others with it."""
        if len(batch) > 1:
            for waiting in batch:
                await self._write([waiting])
            return
        if not isinstance(error, ChorusError):
            run_id = batch[0].report.run_id
            log.exception("a report of run %s could not be applied", run_id, exc_info=error)
        batch[0].settle(error)

    # --- within the transaction -------------------------------------------------------------------

    def apply(self, unit: Unit, batch: Sequence[AgentReport]) -> list[Outcome | RunOver]:
        """Apply reports in their order. What they have in common is read and written once."""
        states = unit.run_states.load({report.run_id for report in batch})
        live = {run_id: state.run for run_id, state in states.items() if state.run.ended_at is None}
        new = _count(unit, [report for report in batch if report.run_id in live])
        outcomes: list[Outcome | RunOver] = []
        for report in batch:
            run = live.get(report.run_id)
            if run is None:
                outcomes.append(RunOver())
            elif report.name is None or (run.id, report.name) in new:
                new.discard((run.id, report.name or ""))
                outcomes.append(self._first(unit, run, report))
            else:
                outcomes.append(self._again(unit, run, report, report.name))
        return outcomes

    def _first(self, unit: Unit, run: Run, report: AgentReport) -> Outcome:
        rulings = self._rulings(unit, run, report)
        asked = [signal for signal in report.signals if isinstance(signal, PermissionAsked)]
        requests = self._permissions.requests
        held = [Held(*requests.ask(unit, run, one, report.source, report.name)) for one in asked]
        self.signals.apply(unit, run, report.signals, report.source)
        return Outcome(held, rulings)

    def _again(self, unit: Unit, run: Run, report: AgentReport, name: str) -> Outcome:
        """Answer a report that came before: nothing happens twice, but an agent may wait again."""
        asked = self._permissions.requests.asked_before(unit, run.id, name)
        return Outcome([Held(*asked)] if asked else [], self._rulings(unit, run, report))

    def _rulings(self, unit: Unit, run: Run, report: AgentReport) -> list[Ruling]:
        started = [signal for signal in report.signals if isinstance(signal, ToolStarted)]
        found = [self._permissions.decisions.before_use(unit, run, signal) for signal in started]
        return [ruling for ruling in found if ruling is not None]


def _count(unit: Unit, batch: Sequence[AgentReport]) -> set[tuple[str, str]]:
    """Count the reports that have a name, and return run and name of those that are new."""
    named = [(report.run_id, report.name) for report in batch if report.name is not None]
    return reports.add(unit.connection, named)
