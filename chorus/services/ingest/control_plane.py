"""The services' side of the seam to host agents: commands out, reports in."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, insert, select, update

from chorus.db import documents, lookup, rows, tables, tasks
from chorus.db.database import Database
from chorus.db.rows import AnyRow
from chorus.db.unit import Unit, new_id
from chorus.host.port import Attached, Command, LiveRun
from chorus.host.reports import (
    Report,
)
from chorus.model import (
    DocumentReference,
    MessageState,
    Project,
    Task,
    TaskStatus,
)
from chorus.services.documents import references
from chorus.services.ingest import transcripts
from chorus.services.ingest.agent_reports import ReportService
from chorus.services.ingest.host_reports import Taking, command_of
from chorus.services.permissions.broker import PermissionService
from chorus.services.runs.admission import Admission
from chorus.services.runs.delivery import Delivery
from chorus.services.runs.restart_policy import RestartPolicy


def register(unit: Unit, name: str) -> str:
    """Return the id of the host of this name; each time it starts its epoch grows."""
    hosts = tables.hosts
    row = unit.connection.execute(select(hosts).where(hosts.c.name == name)).first()
    if row is None:
        id = new_id()
        unit.connection.execute(insert(hosts).values(id=id, name=name, epoch=1, seen_at=unit.at))
        return id
    changed = update(hosts).where(hosts.c.id == row.id)
    unit.connection.execute(changed.values(epoch=row.epoch + 1, seen_at=unit.at))
    return str(row.id)


class Control:
    """Implements `chorus.host.port.ControlPlane`."""

    def __init__(
        self,
        database: Database,
        permissions: PermissionService,
        delivery: Delivery,
        admission: Admission,
        restarts: RestartPolicy,
        reports: ReportService,
    ) -> None:
        self._database = database
        #: Takes what agents say, whichever way it comes.
        self._reports = reports
        self._admission = admission
        self._taking = Taking(permissions, delivery, admission, restarts)

    # --- commands out -----------------------------------------------------------------------------

    async def pull(self, host_id: str) -> Sequence[Command]:
        table = tables.commands
        query = select(table).where(table.c.host_id == host_id, table.c.state == "PENDING")

        def work(connection: Connection) -> Sequence[Command]:
            found = (connection.execute(query.order_by(table.c.seq).limit(500))).all()
            return [self._command(connection, row) for row in found]

        return await self._database.read(work)

    async def command(self, seq: int) -> Command | None:
        def work(connection: Connection) -> Command | None:
            row = (connection.execute(command_of(seq))).first()
            return self._command(connection, row) if row and row.state == "PENDING" else None

        return await self._database.read(work)

    def _command(self, connection: Any, row: AnyRow) -> Command:
        task = lookup.task(connection, row.task_id)
        run = lookup.run(connection, row.run_id)
        project = lookup.project(connection, task.project_id)
        return Command(row.seq, row.kind, task, project, run, row.payload, row.actor)

    async def live_runs(self, host_id: str) -> Sequence[LiveRun]:
        runs = tables.runs
        query = select(runs).where(runs.c.host_id == host_id, runs.c.ended_at.is_(None))

        def work(connection: Connection) -> Sequence[LiveRun]:
            found = (connection.execute(query)).all()
            return [
                LiveRun(rows.run(row), lookup.task(connection, row.task_id), row.pid, row.pid_start)
                for row in found
            ]

        return await self._database.read(work)

    async def transcript_offsets(self, task_id: str) -> Mapping[str, int]:
        def work(connection: Connection) -> Mapping[str, int]:
            return transcripts.offsets(connection, task_id)

        return await self._database.read(work)

    async def open_tasks(self, host_id: str) -> Sequence[Task]:
        table = tables.tasks
        query = select(table).where(table.c.host_id == host_id, table.c.current_run_id.is_not(None))
        closed = table.c.status.in_((TaskStatus.COMPLETED, TaskStatus.FAILED)) & table.c.worktree.is_(None)

        def work(connection: Connection) -> Sequence[Task]:
            found = (connection.execute(query.where(~closed))).all()
            return [rows.task(row) for row in found]

        return await self._database.read(work)

    async def open_projects(self, host_id: str) -> Sequence[Project]:
        query = select(tables.projects).where(tables.projects.c.host_id == host_id)

        def work(connection: Connection) -> Sequence[Project]:
            return [rows.project(row) for row in (connection.execute(query)).all()]

        return await self._database.read(work)

    async def attached(self, task_id: str, conversation: str) -> Sequence[Attached]:
        def work(connection: Connection) -> Sequence[Attached]:
            return references.attached(connection, task_id, conversation)

        return await self._database.read(work)

    async def references(self, project_id: str) -> Sequence[DocumentReference]:
        def work(connection: Connection) -> Sequence[DocumentReference]:
            return documents.followed(connection, project_id)

        return await self._database.read(work)

    async def hear(self, run_id: str, source: str, line: Mapping[str, Any], name: str) -> None:
        await self.ask(run_id, source, line, name, asyncio.Event())

    async def lost(self, run_id: str, source: str, begin: int, until: int) -> None:
        await self._reports.lost(run_id, source, begin, until)

    async def ask(
        self, run_id: str, source: str, line: Mapping[str, Any], name: str, gone: asyncio.Event
    ) -> Mapping[str, Any] | None:
        return await self._reports.heard(run_id, source, line, name, gone)

    async def accepted(self, message_id: str, seconds: float) -> bool:
        with self._database.bus.subscription() as subscriber:
            try:
                async with asyncio.timeout(seconds):
                    while not await self._is_accepted(message_id):
                        await subscriber.take()
            except TimeoutError:
                return False
        return True

    async def _is_accepted(self, message_id: str) -> bool:
        query = select(tables.messages.c.state).where(tables.messages.c.id == message_id)

        def work(connection: Connection) -> Any:
            found = (connection.execute(query)).scalar()
            return found

        found = await self._database.read(work)
        return found in (None, MessageState.ACCEPTED)

    async def measured(self, host_id: str, free_memory_mb: int | None) -> None:
        # Kept in memory alone: it is of now, and is measured again in a moment.
        may_start = self._admission.measured(free_memory_mb)
        if may_start and await self._database.read(tasks.any_waiting_to_start):
            await self._database.write(self._admission.fill)

    async def report(self, host_id: str, reports: Sequence[Report]) -> None:
        def work(unit: Unit) -> None:
            for report in reports:
                self._taking.take(unit, report)

        await self._database.write(work)
