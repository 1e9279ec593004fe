"""The services' side of the seam to host agents: commands out, reports in."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from chorus.db import commands, documents, hosts, lookup, messages, projects, runs, tasks, transcripts
from chorus.db.commands import CommandRecord
from chorus.db.database import Connection, Database
from chorus.db.unit import Unit, new_id
from chorus.host import port
from chorus.host.port import Attached, Command, LiveRun
from chorus.host.reports import Report
from chorus.model import DocumentReference, MessageState, Project, Task
from chorus.services.documents import references
from chorus.services.ingest.agent_reports import AgentReports
from chorus.services.ingest.host_reports import HostReports
from chorus.services.runs.admission import Admission

#: Commands that a host is given at once.
PULLED = 500


def register(unit: Unit, name: str) -> str:
    """Return the id of the host of this name; each time it starts its epoch grows."""
    id = hosts.find_id(unit.connection, name)
    if id is None:
        id = new_id()
        hosts.add(unit.connection, id, name)
    hosts.come_up(unit.connection, id, unit.at)
    return id


class ControlPlane(port.ControlPlane):
    """What a host agent asks of the services, and tells them."""

    def __init__(
        self, database: Database, host_reports: HostReports, agent_reports: AgentReports, admission: Admission
    ) -> None:
        self._database = database
        self._host_reports = host_reports
        #: Takes what agents say, whichever way it comes.
        self._agent_reports = agent_reports
        self._admission = admission

    # --- commands out -----------------------------------------------------------------------------

    async def pull(self, host_id: str) -> Sequence[Command]:
        return await self._database.read(_pull, host_id)

    async def command(self, seq: int) -> Command | None:
        return await self._database.read(_pending_command, seq)

    async def live_runs(self, host_id: str) -> Sequence[LiveRun]:
        return await self._database.read(_live_runs, host_id)

    async def transcript_offsets(self, task_id: str) -> Mapping[str, int]:
        return await self._database.read(transcripts.offsets, task_id)

    async def open_tasks(self, host_id: str) -> Sequence[Task]:
        return await self._database.read(tasks.open_on_host, host_id)

    async def open_projects(self, host_id: str) -> Sequence[Project]:
        return await self._database.read(projects.of_host, host_id)

    async def attached(self, task_id: str, conversation: str) -> Sequence[Attached]:
        known = await self._database.read(documents.ever_of_task, task_id)
        return references.attached(known, conversation)

    async def references(self, project_id: str) -> Sequence[DocumentReference]:
        return await self._database.read(documents.followed, project_id)

    # --- reports in -------------------------------------------------------------------------------

    async def report(self, host_id: str, reports: Sequence[Report]) -> None:
        await self._database.write(self._apply, reports)

    def _apply(self, unit: Unit, reports: Sequence[Report]) -> None:
        for report in reports:
            self._host_reports.apply(unit, report)

    async def hear(self, run_id: str, source: str, line: Mapping[str, Any], name: str) -> None:
        await self.ask(run_id, source, line, name, asyncio.Event())

    async def lost(self, run_id: str, source: str, begin: int, until: int) -> None:
        await self._agent_reports.lost(run_id, source, begin, until)

    async def ask(
        self, run_id: str, source: str, line: Mapping[str, Any], name: str, gone: asyncio.Event
    ) -> Mapping[str, Any] | None:
        return await self._agent_reports.heard(run_id, source, line, name, gone)

    async def accepted(self, message_id: str, seconds: float) -> bool:
        with self._database.bus.subscription() as subscriber:
            try:
                async with asyncio.timeout(seconds):
                    while not await self._database.read(_is_accepted, message_id):
                        await subscriber.take()
            except TimeoutError:
                return False
        return True

    async def measured(self, host_id: str, free_memory_mb: int | None) -> None:
        # Kept in memory alone: it is of now, and is measured again in a moment.
        may_start = self._admission.measured(free_memory_mb)
        if may_start and await self._database.read(tasks.any_waiting_to_start):
            await self._database.write(self._admission.fill)


def _pull(connection: Connection, host_id: str) -> list[Command]:
    return [_command(connection, found) for found in commands.pending_of_host(connection, host_id, PULLED)]


def _pending_command(connection: Connection, seq: int) -> Command | None:
    found = commands.find_by_seq(connection, seq)
    return _command(connection, found) if found and found.state == "PENDING" else None


def _command(connection: Connection, found: CommandRecord) -> Command:
    task = tasks.get(connection, found.task_id)
    run = runs.find(connection, found.run_id)
    project = lookup.project(connection, task.project_id)
    return Command(found.seq, found.kind, task, project, run, found.payload, found.actor)


def _live_runs(connection: Connection, host_id: str) -> list[LiveRun]:
    return [
        LiveRun(run, tasks.get(connection, run.task_id), run.pid, run.pid_start)
        for run in runs.live_on_host(connection, host_id)
    ]


def _is_accepted(connection: Connection, message_id: str) -> bool:
    """Return whether nobody has to wait for the message: it is accepted, or it is gone."""
    message = messages.find(connection, message_id)
    return message is None or message.state is MessageState.ACCEPTED
