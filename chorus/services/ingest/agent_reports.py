"""What agents report: each report counted once, applied in one transaction, answered after the commit.

Reports that arrive together are written together: one writer takes all that have queued up, so that a
burst of hooks costs a few commits instead of thousands.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from chorus.backends import StatusSource, SupportsGuard, Verdict
from chorus.db import lookup, runs, tables
from chorus.db.database import Database
from chorus.db.runs import ReportingRun
from chorus.db.unit import PUT_OFF, Unit
from chorus.errors import BadInput, ChorusError, NotFound, Unauthenticated, Unavailable
from chorus.host.backends.calls import ask
from chorus.host.port import HostPort
from chorus.model import (
    LinesLost,
    PermissionAsked,
    Project,
    Ruling,
    Run,
    Signal,
    Task,
    ToolDecision,
    ToolFinished,
    ToolStarted,
)
from chorus.plugins import Plugins
from chorus.services.ingest.signals import Signals
from chorus.services.permissions.broker import PermissionService
from chorus.services.runs.launcher import token_hash
from chorus.services.status.run_state import Standings

log = logging.getLogger(__name__)

#: Reports written in one transaction at most, and waiting for one before agents are told to come back.
BATCH = 200
WAITING = 5000


#: The field in which any agent may name its report, so that it can send it again and it counts once.
REPORT_ID = "chorus_report_id"
NAME_CHARS = 100


#: Tokens that are remembered with their runs: a burst of reports is one look-up.
TOKENS = 1000

_INSERTS: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class RunOver(NotFound):
    """This run has ended: its token no longer counts."""


@dataclass
class _Report:
    run_id: str
    source: str
    source_id: str | None
    signals: list[Signal]
    done: asyncio.Future[_Outcome]


@dataclass(frozen=True)
class _Held:
    request_id: str
    verdict: Verdict | None


@dataclass
class _Outcome:
    """What a report asks for: answers to its requests, rulings on the tools it is about to use."""

    held: list[_Held] = field(default_factory=list)
    rulings: list[Ruling] = field(default_factory=list)


@dataclass
class ReportService:
    """The door for agents: a token, a raw report, an answer."""

    database: Database
    plugins: Plugins
    permissions: PermissionService
    signals: Signals
    host: HostPort
    #: The server is about to stop: agents that wait will ask again, their requests stay open.
    stopping: bool = False
    #: Runs by the hash of their token. Whether a run is over is looked at when its report is written.
    _known: dict[str, ReportingRun] = field(default_factory=dict)
    _queue: asyncio.Queue[_Report] = field(default_factory=lambda: asyncio.Queue(WAITING))

    async def receive(
        self, token: str, body: Mapping[str, Any], gone: asyncio.Event
    ) -> Mapping[str, Any] | None:
        """Take a report of the run the token belongs to; the body of the answer, if there is one.

        A permission request is answered when somebody decides, however long that takes. When the agent
        lets go first (`gone`), the request is withdrawn; when the server stops, it stays open.
        """
        sender, source = await self._identify(token)
        return await self._take(sender, source, body, _name(body, source), gone)

    async def heard(
        self, run_id: str, source: str, line: Mapping[str, Any], name: str, gone: asyncio.Event
    ) -> Mapping[str, Any] | None:
        """The same for what an agent said in its channel, which the host has read."""
        sender = await self._of_run(run_id)
        return await self._take(sender, self.plugins.sources[source], line, name, gone)

    async def lost(self, run_id: str, source: str, begin: int, until: int) -> None:
        """Take that these bytes of what an agent said in its channel are gone."""
        sender = await self._of_run(run_id)
        await self._written(sender.run, source, f"lost:{begin}", [LinesLost(begin, until)])

    async def _take(
        self,
        sender: ReportingRun,
        source: StatusSource,
        body: Mapping[str, Any],
        name: str | None,
        gone: asyncio.Event,
    ) -> Mapping[str, Any] | None:
        signals = ask(_label(source), _interpreted, source, body)
        outcome = await self._written(sender.run, source.name, name, signals)
        if outcome.held:
            held = outcome.held[0]
            verdict = held.verdict or await self._decision(held.request_id, gone)
            return ask(_label(source), source.answer, body, verdict) if verdict else None
        if not any(ruling.decision is ToolDecision.DENY for ruling in outcome.rulings):
            await self._heed(sender, signals)
        if outcome.rulings and isinstance(source, SupportsGuard):
            return ask(_label(source), source.guard, body, outcome.rulings[0])
        return None

    async def _written(self, run: Run, source: str, name: str | None, signals: list[Signal]) -> _Outcome:
        """Have it on record; what it asks for."""
        report = _Report(run.id, source, name, signals, asyncio.get_running_loop().create_future())
        try:
            self._queue.put_nowait(report)
        except asyncio.QueueFull:
            raise Unavailable("Too many reports at once; send this one again in a second.") from None
        return await report.done

    async def _heed(self, sender: ReportingRun, signals: list[Signal]) -> None:
        """Where tasks share a folder, a tool that writes may have to wait a moment for another one."""
        of_tools = any(isinstance(one, ToolStarted | ToolFinished) for one in signals)
        if of_tools and self.plugins.shares_tree(sender.vcs_backend):

            def work(connection: Connection) -> tuple[Project, Task]:
                task = lookup.task(connection, sender.run.task_id)
                project = lookup.project(connection, task.project_id)
                return project, task

            project, task = await self.database.read(work)
            await self.host.heed(task, project, signals)

    async def _decision(self, request_id: str, gone: asyncio.Event) -> Verdict | None:
        """The verdict when somebody decides; None when nobody needs it any more."""
        deciding = asyncio.ensure_future(self.permissions.waiters.wait(request_id))
        leaving = asyncio.ensure_future(gone.wait())
        try:
            await asyncio.wait({deciding, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if deciding.done():
                return deciding.result()
            if self.stopping:
                raise Unavailable("The server stops; the request stays open. Ask again in a moment.")
            why = "answered in the terminal, or the agent went on without it"
            await self.permissions.withdraw(request_id, why)
            return None
        finally:
            deciding.cancel()
            leaving.cancel()

    async def _identify(self, token: str) -> tuple[ReportingRun, StatusSource]:
        hashed = token_hash(token)
        sender = await self._remembered(hashed, runs.reporting_by_token, hashed)
        return sender, self.plugins.sources[self.plugins.agents[sender.agent].status_source]

    async def _of_run(self, run_id: str) -> ReportingRun:
        return await self._remembered(f"run {run_id}", runs.reporting, run_id)

    async def _remembered(
        self, name: str, find: Callable[[Connection, str], ReportingRun | None], value: str
    ) -> ReportingRun:
        known = self._known.get(name)
        if known is None:
            known = _alive(await self.database.read(find, value))
            if len(self._known) >= TOKENS:
                self._known.clear()
            self._known[name] = known
        return known

    # --- the writer ------------------------------------------------------------------------------

    async def run(self) -> None:
        """Write reports as they come, until cancelled."""
        while True:
            batch = [await self._queue.get()]
            await asyncio.sleep(0)  # those that arrived at the same moment share the transaction
            while len(batch) < BATCH and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            await self._write(batch)

    async def _write(self, batch: list[_Report]) -> None:
        try:

            def work(unit: Unit) -> Any:
                outcomes = self._apply_all(unit, batch)
                return outcomes

            outcomes = await self.database.write(work)
        except Exception as error:
            if len(batch) > 1:
                # One bad report must not take the others with it.
                for report in batch:
                    await self._write([report])
                return
            self._fail(batch[0], error)
            return
        for report, outcome in zip(batch, outcomes, strict=True):
            if report.done.cancelled():
                continue
            if isinstance(outcome, RunOver):
                report.done.set_exception(outcome)
            else:
                report.done.set_result(outcome)

    def _fail(self, report: _Report, error: Exception) -> None:
        if not isinstance(error, ChorusError):
            log.exception("a report of run %s could not be applied", report.run_id, exc_info=error)
        if not report.done.cancelled():
            report.done.set_exception(error)

    def _apply_all(self, unit: Unit, batch: list[_Report]) -> list[_Outcome | RunOver]:
        """Apply reports in their order. What they have in common is read and written once."""
        standings = Standings()
        unit.defer(standings)
        standings.load(unit, {report.run_id for report in batch})
        live = {run_id: run for run_id, run in standings.runs().items() if run.ended_at is None}
        first = _count(unit, [report for report in batch if report.run_id in live])
        outcomes: list[_Outcome | RunOver] = []
        for report in batch:
            run, name = live.get(report.run_id), (report.run_id, report.source_id)
            if run is None:
                outcomes.append(RunOver())
            elif report.source_id is None or name in first:
                first.discard(name)
                outcomes.append(self._apply(unit, run, report))
            else:
                outcomes.append(self._again(unit, run, report))
        return outcomes

    def _apply(self, unit: Unit, run: Run, report: _Report) -> _Outcome:
        outcome = _Outcome(rulings=self._rulings(unit, run, report))
        for signal in report.signals:
            if isinstance(signal, PermissionAsked):
                asked = self.permissions.requests.ask(unit, run, signal, report.source, report.source_id)
                outcome.held.append(_Held(*asked))
        self.signals.apply(unit, run, report.signals, report.source)
        return outcome

    def _rulings(self, unit: Unit, run: Run, report: _Report) -> list[Ruling]:
        started = [signal for signal in report.signals if isinstance(signal, ToolStarted)]
        found = [self.permissions.decisions.before_use(unit, run, signal) for signal in started]
        return [ruling for ruling in found if ruling is not None]

    def _again(self, unit: Unit, run: Run, report: _Report) -> _Outcome:
        """The same report once more: nothing happens twice, but who waits for an answer may wait again."""
        asked = self.permissions.requests.asked_before(unit, report.run_id, report.source_id or "")
        return _Outcome([_Held(*asked)] if asked else [], self._rulings(unit, run, report))


def _count(unit: Unit, batch: list[_Report]) -> set[tuple[str, str | None]]:
    """Put the reports that have a name on record; run and name of those that came for the first time."""
    names = [(report.run_id, report.source_id) for report in batch if report.source_id is not None]
    if not names:
        return set()
    table = tables.reports
    insert = _INSERTS[unit.connection.dialect.name](table).on_conflict_do_nothing()
    new = insert.returning(table.c.run_id, table.c.source_id).execution_options(**PUT_OFF)
    values = [{"run_id": run_id, "source_id": source_id} for run_id, source_id in names]
    return {(row.run_id, row.source_id) for row in (unit.connection.execute(new, values)).all()}


def _alive(sender: ReportingRun | None) -> ReportingRun:
    if sender is None:
        raise Unauthenticated("This token belongs to no run.")
    if sender.run.ended_at is not None:
        raise RunOver()
    return sender


def _label(source: StatusSource) -> str:
    return f"status source {source.name}"


def _interpreted(source: StatusSource, body: Mapping[str, Any]) -> list[Signal]:
    signals = list(source.interpret(body))
    for signal in signals:
        if not isinstance(signal, Signal):
            raise TypeError(f"it answered with {type(signal).__name__}")
    return signals


def _name(body: Mapping[str, Any], source: StatusSource) -> str | None:
    """What makes a report sent twice the same one; None when nothing does."""
    name = body.get(REPORT_ID)
    if name is None:
        return ask(_label(source), source.source_id, body)
    if not isinstance(name, str) or not 0 < len(name) <= NAME_CHARS:
        raise BadInput(f"{REPORT_ID} must be a text of 1 to {NAME_CHARS} characters.")
    return f"id:{name}"
