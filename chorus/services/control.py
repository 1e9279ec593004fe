"""The services' side of the seam to host agents: commands out, reports in."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import insert, select, update

from chorus.db import rows, tables
from chorus.db.rows import AnyRow
from chorus.db.unit import Database, Unit, new_id
from chorus.errors import Unavailable
from chorus.host.port import (
    Attached,
    Command,
    CommandDelayed,
    CommandDone,
    CommandFailed,
    Committed,
    ConflictResolved,
    ContextGiven,
    Delivered,
    DocumentsChanged,
    LiveRun,
    Looked,
    ReferencesFollowed,
    Report,
    RunEnded,
    RunStarted,
    SessionOrphaned,
    TranscriptRead,
    Unassigned,
    VcsTrouble,
    WorkspaceClosed,
    WorkspaceOpened,
)
from chorus.model import (
    AgentStatus,
    DocumentReference,
    MessageState,
    Project,
    Run,
    RunEnd,
    Seen,
    Task,
    TaskStatus,
)
from chorus.services import attachments, catching_up, delays, events, finding, state
from chorus.services.admission import Admission, in_order
from chorus.services.committing import order_commit
from chorus.services.launching import set_message
from chorus.services.permissions import PermissionService
from chorus.services.queue import Queue
from chorus.services.reports import ReportService


class Control:
    """Implements `chorus.host.port.ControlPlane`."""

    def __init__(
        self, database: Database, permissions: PermissionService, queue: Queue, admission: Admission
    ) -> None:
        self._database = database
        self._permissions = permissions
        self._queue = queue
        #: Set when all services are made: it takes what agents say, whichever way it comes.
        self.reports: ReportService | None = None
        self._catching_up = catching_up.CatchingUp(permissions)
        self._admission = admission

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
            row = (await connection.execute(_command_of(seq))).first()
            return await self._command(connection, row) if row and row.state == "PENDING" else None

    async def _command(self, connection: Any, row: AnyRow) -> Command:
        task = await finding.task(connection, row.task_id)
        run = await finding.run_row(connection, row.run_id)
        project = await finding.project(connection, task.project_id)
        return Command(
            row.seq, row.kind, task, project, rows.run(run) if run else None, row.payload, row.actor
        )

    async def live_runs(self, host_id: str) -> Sequence[LiveRun]:
        runs = tables.runs
        query = select(runs).where(runs.c.host_id == host_id, runs.c.ended_at.is_(None))
        async with self._database.read() as connection:
            found = (await connection.execute(query)).all()
            return [
                LiveRun(rows.run(row), await finding.task(connection, row.task_id), row.pid, row.pid_start)
                for row in found
            ]

    async def transcript_offsets(self, task_id: str) -> Mapping[str, int]:
        async with self._database.read() as connection:
            return await catching_up.offsets(connection, task_id)

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
            return await attachments.attached(connection, task_id, conversation)

    async def references(self, project_id: str) -> Sequence[DocumentReference]:
        async with self._database.read() as connection:
            return await attachments.followed(connection, project_id)

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

    # --- reports in -------------------------------------------------------------------------------

    async def report(self, host_id: str, reports: Sequence[Report]) -> None:
        async with self._database.write() as unit:
            for report in reports:
                await self._take(unit, report)

    async def _take(self, unit: Unit, report: Report) -> None:
        match report:
            case CommandDone():
                await _finish_command(unit, report.seq, "DONE")
                await self._after(unit, report.seq)
            case CommandDelayed():
                await delays.delayed(unit, report)
            case CommandFailed():
                await self._failed(unit, report)
            case WorkspaceOpened():
                await _workspace_opened(unit, report)
            case WorkspaceClosed():
                await _workspace_closed(unit, report)
            case RunStarted():
                await self._run_started(unit, report)
            case RunEnded():
                await self._run_ended(unit, report)
            case Looked():
                await self._looked(unit, report)
            case TranscriptRead():
                await self._catching_up.take(unit, report)
            case Committed():
                await _committed(unit, report)
            case VcsTrouble():
                kind = "vcs.conflict" if report.conflict else "vcs.error"
                data = {"message": report.message, **report.details}
                unit.emit(kind, report.task_id, "host", data)
                if report.conflict:
                    await _set_task(unit, report.task_id, conflict=report.message)
            case Unassigned():
                unit.emit("vcs.unassigned", report.task_id, "host", {"paths": list(report.paths)})
            case ConflictResolved():
                await _set_task(unit, report.task_id, conflict=None)
                unit.emit("vcs.resolved", report.task_id, "host", {})
            case Delivered():
                await set_message(unit, report.message_id, MessageState.DELIVERED)
            case SessionOrphaned():
                data = {"session": report.task_id, "runId": report.run_id, "backend": report.backend}
                unit.emit("host.orphan", None, "host", data)
            case ContextGiven():
                await attachments.context_given(unit, report)
            case ReferencesFollowed():
                await attachments.references_followed(unit, report)
            case DocumentsChanged():
                await attachments.documents_changed(unit, report)

    async def _after(self, unit: Unit, seq: int) -> None:
        row = (await unit.connection.execute(_command_of(seq))).first()
        if row is None:
            return
        if row.kind == "interrupt" and row.run_id:
            await self._interrupted(unit, row)
        # A message may have found its agent gone, as it should be: then it begins the next run.
        run = await finding.run_row(unit.connection, row.run_id) if row.kind == "deliver" else None
        revive = run is not None and run.end == RunEnd.FINISHED
        await self._queue.advance(unit, row.task_id, revive=revive)

    async def _interrupted(self, unit: Unit, command: AnyRow) -> None:
        """No hook tells of an Escape: a turn that is still open when the keys were given is over."""
        run = await finding.run_row(unit.connection, command.run_id)
        if run is not None and run.ended_at is None:
            seen = Seen(AgentStatus.IDLE, f"Interrupted by {command.actor}", "chorus", unit.at.timestamp())
            await state.weigh(unit, run, lambda evidence: evidence.with_report(seen))
            unit.emit("agent.turn", command.task_id, command.actor, {"runId": run.id, "interrupted": True})

    async def _failed(self, unit: Unit, report: CommandFailed) -> None:
        row = (await unit.connection.execute(_command_of(report.seq))).first()
        if row is None or row.state != "PENDING":
            return
        await _finish_command(unit, report.seq, "FAILED", report.message)
        if row.kind == "start":
            await self._run_ended(
                unit,
                RunEnded(
                    row.run_id, None, None, f"It could not be started: {report.message}", RunEnd.ERRORED
                ),
            )
        elif row.kind == "deliver":
            await set_message(unit, row.payload["message"], MessageState.FAILED, error=report.message)
        else:
            unit.emit(
                "vcs.error" if row.kind in ("commit", "close") else "host.error",
                row.task_id,
                "host",
                {"command": row.kind, "code": report.code, "message": report.message},
            )
        if row.kind == "close":
            await _set_task(unit, row.task_id, error=report.message)

    async def _run_started(self, unit: Unit, report: RunStarted) -> None:
        run = await finding.run_row(unit.connection, report.run_id)
        if run is None or run.pid is not None or run.ended_at is not None:
            return
        runs, messages = tables.runs, tables.messages
        await unit.connection.execute(
            update(runs).where(runs.c.id == run.id).values(pid=report.pid, pid_start=report.pid_start)
        )
        events.run_started(unit, rows.run(run))
        await delays.over(unit, run)
        query = select(messages.c.id).where(
            messages.c.run_id == run.id, messages.c.state == MessageState.QUEUED
        )
        for (message_id,) in (await unit.connection.execute(query)).all():
            await set_message(unit, message_id, MessageState.DELIVERED)

    async def _run_ended(self, unit: Unit, report: RunEnded) -> None:
        row = await finding.run_row(unit.connection, report.run_id)
        if row is None or row.ended_at is not None:
            return
        end, detail = judge(report, row.stop_wanted)
        values = {
            "ended_at": unit.at,
            "end": end,
            "end_detail": detail,
            "exit_code": report.exit_code,
            "signal": report.signal,
        }
        runs = tables.runs
        await unit.connection.execute(update(runs).where(runs.c.id == row.id).values(**values))
        run: Run = replace(rows.run(row), **values)  # type: ignore[arg-type]
        events.run_ended(unit, run)
        await self._permissions.withdraw(unit, run.id, "the agent has ended")
        await self._give_back(unit, run)
        ended = unit.at.timestamp()
        await state.weigh(
            unit, row, lambda evidence: replace(evidence, ended=end, ended_at=ended, ended_why=detail)
        )
        await self._queue.advance(unit, run.task_id, revive=end is RunEnd.FINISHED)
        await self._admission.fill(unit)

    async def _give_back(self, unit: Unit, run: Run) -> None:
        """What the agent never confirmed: a prompt it was started with has failed, a typed one too."""
        messages = tables.messages
        query = select(messages).where(messages.c.run_id == run.id, messages.c.state == MessageState.QUEUED)
        for row in (await unit.connection.execute(query)).all():
            error = run.end_detail if run.end is not RunEnd.FINISHED else None
            if error:
                await set_message(unit, row.id, MessageState.FAILED, error=error)

    async def _looked(self, unit: Unit, report: Looked) -> None:
        run = await finding.run_row(unit.connection, report.run_id)
        if run is None or run.ended_at is not None:
            return
        before = await finding.task(unit.connection, run.task_id)
        file, dialog, notice = report.file, report.dialog, report.notice
        if file is not None and file.status is not AgentStatus.WAITING:
            await self._permissions.left_behind(unit, run.id, file.at)
        seen = await state.weigh(
            unit, run, lambda known: replace(known, file=file, dialog=dialog, notice=notice)
        )
        if before.agent_status.busy and seen.status is AgentStatus.IDLE:
            await self._silently_over(unit, run, seen)
        await self._queue.advance(unit, run.task_id)

    async def _silently_over(self, unit: Unit, run: AnyRow, seen: Seen) -> None:
        """A turn that ended without a report: Escape, or while no server was there to hear of it."""
        await self._permissions.withdraw(unit, run.id, "answered or left in the terminal")
        task = await finding.task(unit.connection, run.task_id)
        await order_commit(unit, task, run, f"look:{run.id}:{seen.at:.3f}", None, run.prompt or "(no prompt)")


def judge(report: RunEnded, stop_wanted: str | None) -> tuple[RunEnd, str]:
    """How a run ended, and the sentence that explains it. Pure."""
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


def _command_of(seq: int) -> Any:
    return select(tables.commands).where(tables.commands.c.seq == seq)


async def _finish_command(unit: Unit, seq: int, new: str, error: str | None = None) -> None:
    commands = tables.commands
    # The payload of a start holds the run's token: once it is carried out nobody needs that again.
    await unit.connection.execute(
        update(commands).where(commands.c.seq == seq).values(state=new, error=error, finished_at=unit.at)
    )
    await unit.connection.execute(
        update(commands).where(commands.c.seq == seq, commands.c.kind == "start").values(payload={})
    )


async def _set_task(unit: Unit, id: str, **values: Any) -> None:
    await unit.connection.execute(update(tables.tasks).where(tables.tasks.c.id == id).values(**values))


async def _workspace_opened(unit: Unit, report: WorkspaceOpened) -> None:
    task = await finding.task(unit.connection, report.task_id)
    workspace = report.workspace
    if (task.branch, task.worktree) == (workspace.branch, workspace.path):
        return
    await _set_task(unit, task.id, branch=workspace.branch, worktree=workspace.path, base=workspace.base)
    events.branch_opened(unit, task.id, workspace.branch, workspace.base)


async def _workspace_closed(unit: Unit, report: WorkspaceClosed) -> None:
    values: dict[str, Any] = {"error": report.kept} if report.kept else {"worktree": None}
    if report.branch_deleted:
        values["branch"] = None
    await _set_task(unit, report.task_id, **values)
    data = {"kept": report.kept, "branchDeleted": report.branch_deleted}
    unit.emit("vcs.closed", report.task_id, "host", data)


async def _committed(unit: Unit, report: Committed) -> None:
    table = tables.commits
    known = select(table.c.key).where(table.c.key == report.key)
    if report.commit is None or (await unit.connection.execute(known)).first():
        return
    commit = report.commit
    await unit.connection.execute(
        insert(table).values(
            position=await unit.position(table),
            task_id=report.task_id,
            key=report.key,
            sha=commit.id,
            message=commit.message,
            author=commit.author,
            files=list(commit.files),
            at=commit.at,
        )
    )
    if report.stat is not None:
        counts = report.stat
        await _set_task(
            unit,
            report.task_id,
            added_lines=counts.added,
            removed_lines=counts.removed,
            changed_files=counts.files,
        )
    events.committed(unit, report.task_id, commit)
