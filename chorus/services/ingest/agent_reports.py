"""What agents report: a token, a raw report, and the answer once it is on record."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chorus.backends import StatusSource, SupportsGuard, Verdict
from chorus.db import lookup, runs, tasks
from chorus.db.database import Connection, Database
from chorus.db.runs import ReportingRun
from chorus.errors import BadInput, Unauthenticated, Unavailable
from chorus.host.backends.calls import ask
from chorus.host.port import HostPort
from chorus.model import (
    LinesLost,
    Project,
    Run,
    Signal,
    Task,
    ToolDecision,
    ToolFinished,
    ToolStarted,
)
from chorus.plugins import Plugins
from chorus.services.ingest.report_writer import AgentReport, Outcome, ReportWriter, RunOver
from chorus.services.ingest.signals import Signals
from chorus.services.permissions.broker import PermissionService
from chorus.services.runs.launcher import token_hash

#: The field in which any agent may name its report, so that it can send it again and it counts once.
REPORT_ID = "chorus_report_id"
NAME_CHARS = 100


#: Tokens that are remembered with their runs: a burst of reports is one look-up.
TOKENS = 1000


class AgentReports:
    """The entry for what agents report."""

    def __init__(
        self,
        database: Database,
        plugins: Plugins,
        permissions: PermissionService,
        signals: Signals,
        host: HostPort,
    ) -> None:
        self._database = database
        self._plugins = plugins
        self._permissions = permissions
        self._host = host
        self.writer = ReportWriter(database, permissions, signals)
        #: Whether the server is about to stop: agents that wait will ask again, their requests stay open.
        self.stopping = False
        #: Runs by the hash of their token. Whether a run is over is looked at when its report is written.
        self._known: dict[str, ReportingRun] = {}

    async def run(self) -> None:
        """Write reports as they come, until cancelled."""
        await self.writer.run()

    async def receive(
        self, token: str, body: Mapping[str, Any], gone: asyncio.Event
    ) -> Mapping[str, Any] | None:
        """Take a report of the run the token belongs to and return the body of the answer, if there is one.

        A permission request is answered when somebody decides, however long that takes. When the agent
        lets go first (`gone`), the request is withdrawn; when the server stops, it stays open.
        """
        sender, source = await self._identify(token)
        return await self._take(sender, source, body, _name(body, source), gone)

    async def heard(
        self, run_id: str, source: str, line: Mapping[str, Any], name: str, gone: asyncio.Event
    ) -> Mapping[str, Any] | None:
        """Take what an agent said in its channel, which the host has read, and return the answer."""
        sender = await self._of_run(run_id)
        return await self._take(sender, self._plugins.sources[source], line, name, gone)

    async def lost(self, run_id: str, source: str, begin: int, until: int) -> None:
        """Record that these bytes of what an agent said in its channel are gone."""
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

    async def _written(self, run: Run, source: str, name: str | None, signals: Sequence[Signal]) -> Outcome:
        """Put a report on record and return what it asks for."""
        return await self.writer.write(AgentReport(run.id, source, name, signals))

    async def _heed(self, sender: ReportingRun, signals: Sequence[Signal]) -> None:
        """Have a tool that writes into a shared folder wait a moment for another task's tool."""
        of_tools = any(isinstance(signal, ToolStarted | ToolFinished) for signal in signals)
        if of_tools and self._plugins.shares_tree(sender.vcs_backend):
            task, project = await self._database.read(_task_and_project, sender.run.task_id)
            await self._host.announce_tools(task, project, signals)

    async def _decision(self, request_id: str, gone: asyncio.Event) -> Verdict | None:
        """Return the verdict when somebody decides; None when nobody needs it any more."""
        deciding = asyncio.ensure_future(self._permissions.waiters.wait(request_id))
        leaving = asyncio.ensure_future(gone.wait())
        try:
            await asyncio.wait({deciding, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if deciding.done():
                return deciding.result()
            if self.stopping:
                raise Unavailable("The server stops; the request stays open. Ask again in a moment.")
            why = "answered in the terminal, or the agent went on without it"
            await self._permissions.withdraw(request_id, why)
            return None
        finally:
            deciding.cancel()
            leaving.cancel()

    async def _identify(self, token: str) -> tuple[ReportingRun, StatusSource]:
        hashed = token_hash(token)
        sender = await self._remembered(hashed, runs.reporting_by_token, hashed)
        return sender, self._plugins.sources[self._plugins.agents[sender.agent].status_source]

    async def _of_run(self, run_id: str) -> ReportingRun:
        return await self._remembered(f"run {run_id}", runs.reporting, run_id)

    async def _remembered(
        self, name: str, find: Callable[[Connection, str], ReportingRun | None], value: str
    ) -> ReportingRun:
        known = self._known.get(name)
        if known is None:
            known = _alive(await self._database.read(find, value))
            if len(self._known) >= TOKENS:
                self._known.clear()
            self._known[name] = known
        return known


def _task_and_project(connection: Connection, task_id: str) -> tuple[Task, Project]:
    task = tasks.get(connection, task_id)
    return task, lookup.project(connection, task.project_id)


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
    """Return what makes a report that is sent twice the same one; None when nothing does."""
    name = body.get(REPORT_ID)
    if name is None:
        return ask(_label(source), source.source_id, body)
    if not isinstance(name, str) or not 0 < len(name) <= NAME_CHARS:
        raise BadInput(f"{REPORT_ID} must be a text of 1 to {NAME_CHARS} characters.")
    return f"id:{name}"
