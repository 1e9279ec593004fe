"""Taking what hosts report: each fact is put on record with all that follows from it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import insert, select, update

from chorus.db import lookup, tables
from chorus.db.rows import AnyRow
from chorus.db.unit import Unit
from chorus.host.reports import (
    CommandDelayed,
    CommandDone,
    CommandFailed,
    Committed,
    ConflictResolved,
    ContextGiven,
    Delivered,
    DocumentsChanged,
    Looked,
    ProcessesLeft,
    ReferencesFollowed,
    Report,
    RunEnded,
    RunStarted,
    SessionOrphaned,
    TranscriptRead,
    Unassigned,
    Unheard,
    VcsTrouble,
    WorkspaceClosed,
    WorkspaceOpened,
)
from chorus.model import (
    AgentStatus,
    Evidence,
    MessageState,
    Run,
    RunEnd,
    Seen,
    TaskStatus,
)
from chorus.services import events
from chorus.services.documents import references
from chorus.services.ingest import retries, transcripts
from chorus.services.ingest.commits import order_commit, why
from chorus.services.messages import set_message
from chorus.services.permissions.broker import PermissionService
from chorus.services.runs.admission import Admission
from chorus.services.runs.delivery import Delivery
from chorus.services.runs.restart_policy import RestartPolicy
from chorus.services.status import updates


class Taking:
    """Reports may come twice, after a crash or a lost answer: the second time nothing happens."""

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
        self._catching_up = transcripts.CatchingUp(permissions)

    def take(self, unit: Unit, report: Report) -> None:
        match report:
            case CommandDone():
                _finish_command(unit, report.seq, "DONE")
                self._after(unit, report.seq)
            case CommandDelayed():
                retries.delayed(unit, report)
            case CommandFailed():
                self._failed(unit, report)
            case WorkspaceOpened():
                _workspace_opened(unit, report)
            case WorkspaceClosed():
                _workspace_closed(unit, report)
            case RunStarted():
                self._run_started(unit, report)
            case RunEnded():
                self._run_ended(unit, report)
            case Unheard():
                _unheard(unit, report)
            case ProcessesLeft():
                _processes_left(unit, report)
            case Looked():
                self._looked(unit, report)
            case TranscriptRead():
                self._catching_up.take(unit, report)
            case Committed():
                _committed(unit, report)
            case VcsTrouble():
                kind = "vcs.conflict" if report.conflict else "vcs.error"
                data = {"message": report.message, **report.details}
                unit.emit(kind, report.task_id, "host", data)
                if report.conflict:
                    _set_task(unit, report.task_id, conflict=report.message)
            case Unassigned():
                unit.emit("vcs.unassigned", report.task_id, "host", {"paths": list(report.paths)})
            case ConflictResolved():
                _set_task(unit, report.task_id, conflict=None)
                unit.emit("vcs.resolved", report.task_id, "host", {})
            case Delivered():
                set_message(unit, report.message_id, MessageState.DELIVERED)
            case SessionOrphaned():
                data = {"session": report.task_id, "runId": report.run_id, "backend": report.backend}
                unit.emit("host.orphan", None, "host", data)
            case ContextGiven():
                references.context_given(unit, report)
            case ReferencesFollowed():
                references.references_followed(unit, report)
            case DocumentsChanged():
                references.documents_changed(unit, report)

    def _after(self, unit: Unit, seq: int) -> None:
        row = (unit.connection.execute(command_of(seq))).first()
        if row is None:
            return
        if row.kind == "interrupt" and row.run_id:
            self._interrupted(unit, row)
        # A message may have found its agent gone, as it should be: then it begins the next run.
        run = lookup.run(unit.connection, row.run_id) if row.kind == "deliver" else None
        revive = run is not None and run.end == RunEnd.FINISHED
        self._delivery.advance(unit, row.task_id, revive=revive)

    def _interrupted(self, unit: Unit, command: AnyRow) -> None:
        """No hook tells of an Escape: a turn that is still open when the keys were given is over."""
        run = lookup.run(unit.connection, command.run_id)
        if run is not None and run.ended_at is None:
            seen = Seen(AgentStatus.IDLE, f"Interrupted by {command.actor}", "chorus", unit.at.timestamp())
            updates.weigh(unit, run, lambda evidence: evidence.with_report(seen))
            unit.emit("agent.turn", command.task_id, command.actor, {"runId": run.id, "interrupted": True})

    def _failed(self, unit: Unit, report: CommandFailed) -> None:
        row = (unit.connection.execute(command_of(report.seq))).first()
        if row is None or row.state != "PENDING":
            return
        _finish_command(unit, report.seq, "FAILED", report.message)
        failure = {**report.details, "code": report.code}
        if row.kind == "start":
            detail = f"It could not be started: {report.message}"
            ended = RunEnded(row.run_id, None, None, detail, RunEnd.ERRORED, failure)
            self._run_ended(unit, ended)
        elif row.kind == "deliver":
            set_message(unit, row.payload["message"], MessageState.FAILED, error=report.message)
        else:
            unit.emit(
                "vcs.error" if row.kind in ("commit", "close") else "host.error",
                row.task_id,
                "host",
                {**failure, "command": row.kind, "message": report.message},
            )
        if row.kind == "close":
            _set_task(unit, row.task_id, error=report.message)

    def _run_started(self, unit: Unit, report: RunStarted) -> None:
        run = lookup.run(unit.connection, report.run_id)
        if run is None or run.pid is not None or run.ended_at is not None:
            return
        runs, messages = tables.runs, tables.messages
        unit.connection.execute(
            update(runs).where(runs.c.id == run.id).values(pid=report.pid, pid_start=report.pid_start)
        )
        events.run_started(unit, run)
        retries.over(unit, run)
        query = select(messages.c.id).where(
            messages.c.run_id == run.id, messages.c.state == MessageState.QUEUED
        )
        for (message_id,) in (unit.connection.execute(query)).all():
            set_message(unit, message_id, MessageState.DELIVERED)

    def _run_ended(self, unit: Unit, report: RunEnded) -> None:
        row = lookup.run(unit.connection, report.run_id)
        if row is None or row.ended_at is not None:
            return
        end, detail = judge(report, row.stop_wanted)
        restart = self._restarts.plan(unit, row, end)
        if restart is not None:
            detail = f"{detail}. {restart.words}"
        values = {
            "ended_at": unit.at,
            "end": end,
            "end_detail": detail,
            "exit_code": report.exit_code,
            "signal": report.signal,
        }
        runs = tables.runs
        unit.connection.execute(update(runs).where(runs.c.id == row.id).values(**values))
        run: Run = replace(row, **values)  # type: ignore[arg-type]
        events.run_ended(unit, run, report.failure)
        self._permissions.withdrawals.of_run(unit, run.id, "the agent has ended")
        if restart is not None and restart.at is not None:
            self._delivery.take_back(unit, run)
        else:
            self._give_up(unit, run)
        ended = unit.at.timestamp()
        updates.weigh(
            unit, row, lambda evidence: replace(evidence, ended=end, ended_at=ended, ended_why=detail)
        )
        _sweep(unit, row)
        self._delivery.advance(unit, run.task_id, revive=end is RunEnd.FINISHED)
        if restart is not None:
            self._restarts.order(unit, run.task_id, restart)
        self._admission.fill(unit)

    def _give_up(self, unit: Unit, run: Run) -> None:
        """What the agent never confirmed: a prompt it was started with has failed, a typed one too."""
        messages = tables.messages
        query = select(messages).where(messages.c.run_id == run.id, messages.c.state == MessageState.QUEUED)
        for row in (unit.connection.execute(query)).all():
            error = run.end_detail if run.end is not RunEnd.FINISHED else None
            if error:
                set_message(unit, row.id, MessageState.FAILED, error=error)

    def _looked(self, unit: Unit, report: Looked) -> None:
        run = lookup.run(unit.connection, report.run_id)
        if run is None or run.ended_at is not None:
            return
        before = lookup.task(unit.connection, run.task_id)
        since = _asks_nobody(report)
        if since is not None:
            self._permissions.withdrawals.left_behind(unit, run.id, since)
        seen = updates.weigh(unit, run, lambda known: _with(known, report))
        if before.agent_status.busy and seen.status is AgentStatus.IDLE:
            self._silently_over(unit, run, seen)
        self._delivery.advance(unit, run.task_id)

    def _silently_over(self, unit: Unit, run: Run, seen: Seen) -> None:
        """A turn that ended without a report: Escape, or while no server was there to hear of it."""
        self._permissions.withdrawals.of_run(unit, run.id, "answered or left in the terminal")
        task = lookup.task(unit.connection, run.task_id)
        order_commit(unit, task, run, f"look:{run.id}:{seen.at:.3f}", None, run.prompt or "(no prompt)")


def _asks_nobody(report: Looked) -> float | None:
    """Since when the agent waits for nobody, as far as can be seen. A title is enough only when it says that
    the agent works: one that seems to rest may be about to ask.
    """
    if report.file is not None:
        return report.file.at if report.file.status is not AgentStatus.WAITING else None
    works = report.title is not None and report.title.status is AgentStatus.THINKING
    return report.title.at if report.title and works and report.dialog is None else None


def _with(known: Evidence, report: Looked) -> Evidence:
    """A look tells all that can be seen: what it did not find is not there any more."""
    return replace(known, file=report.file, dialog=report.dialog, notice=report.notice, title=report.title)


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


def command_of(seq: int) -> Any:
    return select(tables.commands).where(tables.commands.c.seq == seq)


def _sweep(unit: Unit, run: Run) -> None:
    """Have committed what no report named, as at the end of a turn: many programs report nothing. A task that
    is put away has that done in its own time.
    """
    task = lookup.task(unit.connection, run.task_id)
    if task.worktree is not None and task.status in (TaskStatus.RUNNING, TaskStatus.WAITING):
        order_commit(unit, task, run, f"end:{run.id}", None, why(unit, run))


def _finish_command(unit: Unit, seq: int, new: str, error: str | None = None) -> None:
    commands = tables.commands
    # The payload of a start holds the run's token: once it is carried out nobody needs that again.
    unit.connection.execute(
        update(commands).where(commands.c.seq == seq).values(state=new, error=error, finished_at=unit.at)
    )
    unit.connection.execute(
        update(commands).where(commands.c.seq == seq, commands.c.kind == "start").values(payload={})
    )


def _set_task(unit: Unit, id: str, **values: Any) -> None:
    unit.connection.execute(update(tables.tasks).where(tables.tasks.c.id == id).values(**values))


def _workspace_opened(unit: Unit, report: WorkspaceOpened) -> None:
    task = lookup.task(unit.connection, report.task_id)
    workspace = report.workspace
    if (task.branch, task.worktree) == (workspace.branch, workspace.path):
        return
    _set_task(unit, task.id, branch=workspace.branch, worktree=workspace.path, base=workspace.base)
    events.branch_opened(unit, task.id, workspace.branch, workspace.base)


def _workspace_closed(unit: Unit, report: WorkspaceClosed) -> None:
    values: dict[str, Any] = {"error": report.kept} if report.kept else {"worktree": None}
    if report.branch_deleted:
        values["branch"] = None
    _set_task(unit, report.task_id, **values)
    data = {**report.failure, "kept": report.kept, "branchDeleted": report.branch_deleted}
    unit.emit("vcs.closed", report.task_id, "host", data)


def _unheard(unit: Unit, report: Unheard) -> None:
    run = lookup.run(unit.connection, report.run_id)
    if run is None or run.ended_at is not None:
        return
    message = (
        f"This agent reports to {report.url}, which is not Chorus any more: {report.why} Until the agent is "
        "restarted, Chorus is not asked before it uses a tool, and sees it from outside only."
    )
    data = {"command": "listen", "code": "CONFLICT", "message": message}
    unit.emit("host.error", run.task_id, "host", data)


def _processes_left(unit: Unit, report: ProcessesLeft) -> None:
    message = f"These processes of the agent could not be ended: {', '.join(report.processes)}."
    data = {"command": "close" if report.closing else "stop", "code": "TIMEOUT", "message": message}
    unit.emit("host.error", report.task_id, "host", {**data, "processes": list(report.processes)})
    if report.closing:
        _set_task(unit, report.task_id, error=message)


def _committed(unit: Unit, report: Committed) -> None:
    table = tables.commits
    known = select(table.c.key).where(table.c.key == report.key)
    if report.commit is None or (unit.connection.execute(known)).first():
        return
    commit = report.commit
    unit.connection.execute(
        insert(table).values(
            position=unit.position(table),
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
        _set_task(
            unit,
            report.task_id,
            added_lines=counts.added,
            removed_lines=counts.removed,
            changed_files=counts.files,
        )
    events.committed(unit, report.task_id, commit)
