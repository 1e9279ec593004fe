"""The services' side of the seam to host agents: commands out, reports in."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert, select, update

from chorus.db import lookup, rows, tables
from chorus.db.rows import AnyRow
from chorus.db.unit import Database, new_id
from chorus.errors import Unavailable
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
from chorus.services.runs.admission import Admission, in_order
from chorus.services.runs.delivery import Queue
from chorus.services.runs.restart_policy import Restarts


class Control:
    """Implements `chorus.host.port.ControlPlane`."""

    def __init__(
        self,
        database: Database,
        permissions: PermissionService,
        queue: Queue,
        admission: Admission,
        restarts: Restarts,
    ) -> None:
        self._database = database
        #: Set when all services are made: it takes what agents say, whichever way it comes.
        self.reports: ReportService | None = None
        self._admission = admission
        self._taking = Taking(permissions, queue, admission, restarts)

    # --- commands out -----------------------------------------------------------------------------

    async def register(self, name: str) -> str:
        """The id of the host of this name; each time it starts its epoch grows."""
        hosts = tables.hosts
        async with self._database.write() as unit:
            row = (await unit.connection.execute(select(hosts).where(hosts.c.name == name))).first()
            if row is None:
                values = {"id": new_id(), "name": name, "epoch": 1, "seen_at": unit.at}
                await unit.connection.execute(insert(hosts).values(**values))
                return str(values["id"])
            await unit.connection.execute(
                update(hosts).where(hosts.c.id == row.id).values(epoch=row.epoch + 1, seen_at=unit.at)
            )
            return str(row.id)

    async def pull(self, host_id: str) -> Sequence[Command]:
        table = tables.commands
        query = select(table).where(table.c.host_id == host_id, table.c.state == "PENDING")
        async with self._database.read() as connection:
            found = (await connection.execute(query.order_by(table.c.seq).limit(500))).all()
            return [await self._command(connection, row) for row in found]

    async def command(self, seq: int) -> Command | None:
        async with self._database.read() as connection:
            row = (await connection.execute(command_of(seq))).first()
            return await self._command(connection, row) if row and row.state == "PENDING" else None

    async def _command(self, connection: Any, row: AnyRow) -> Command:
        task = await lookup.task(connection, row.task_id)
        run = await lookup.run_row(connection, row.run_id)
        project = await lookup.project(connection, task.project_id)
        return Command(
            row.seq, row.kind, task, project, rows.run(run) if run else None, row.payload, row.actor
        )

    async def live_runs(self, host_id: str) -> Sequence[LiveRun]:
        runs = tables.runs
        query = select(runs).where(runs.c.host_id == host_id, runs.c.ended_at.is_(None))
        async with self._database.read() as connection:
            found = (await connection.execute(query)).all()
            return [
                LiveRun(rows.run(row), await lookup.task(connection, row.task_id), row.pid, row.pid_start)
                for row in found
            ]

    async def transcript_offsets(self, task_id: str) -> Mapping[str, int]:
        async with self._database.read() as connection:
            return await transcripts.offsets(connection, task_id)

    async def open_tasks(self, host_id: str) -> Sequence[Task]:
        tasks = tables.tasks
        query = select(tasks).where(tasks.c.host_id == host_id, tasks.c.current_run_id.is_not(None))
        closed = tasks.c.status.in_((TaskStatus.COMPLETED, TaskStatus.FAILED)) & tasks.c.worktree.is_(None)
        async with self._database.read() as connection:
            found = (await connection.execute(query.where(~closed))).all()
            return [rows.task(row) for row in found]

    async def open_projects(self, host_id: str) -> Sequence[Project]:
        query = select(tables.projects).where(tables.projects.c.host_id == host_id)
        async with self._database.read() as connection:
            return [rows.project(row) for row in (await connection.execute(query)).all()]

    async def attached(self, task_id: str, conversation: str) -> Sequence[Attached]:
        async with self._database.read() as connection:
            return await references.attached(connection, task_id, conversation)

    async def references(self, project_id: str) -> Sequence[DocumentReference]:
        async with self._database.read() as connection:
            return await references.followed(connection, project_id)

    async def hear(self, run_id: str, source: str, line: Mapping[str, Any], name: str) -> None:
        await self.ask(run_id, source, line, name, asyncio.Event())

    async def lost(self, run_id: str, source: str, begin: int, until: int) -> None:
        if self.reports is None:
            raise Unavailable("The server is being set up.")
        await self.reports.lost(run_id, source, begin, until)

    async def ask(
        self, run_id: str, source: str, line: Mapping[str, Any], name: str, gone: asyncio.Event
    ) -> Mapping[str, Any] | None:
        if self.reports is None:
            raise Unavailable("The server is being set up.")
        return await self.reports.heard(run_id, source, line, name, gone)

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
        async with self._database.read() as connection:
            found = (await connection.execute(query)).scalar()
        return found in (None, MessageState.ACCEPTED)

    async def measured(self, host_id: str, free_memory_mb: int | None) -> None:
        # Kept in memory alone: it is of now, and is measured again in a moment.
        if self._admission.measured(free_memory_mb) and await self._anybody_waits():
            async with self._database.write() as unit:
                await self._admission.fill(unit)

    async def _anybody_waits(self) -> bool:
        async with self._database.read() as connection:
            return (await connection.execute(in_order().limit(1))).first() is not None

    async def report(self, host_id: str, reports: Sequence[Report]) -> None:
        async with self._database.write() as unit:
            for report in reports:
                await self._taking.take(unit, report)
