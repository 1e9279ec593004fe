"""Workspaces of tasks as hosts report them: branch and folder opened, put away, or left."""

from __future__ import annotations

from typing import Any

from chorus.db import tasks
from chorus.db.unit import Unit
from chorus.host.reports import ProcessesLeft, WorkspaceClosed, WorkspaceOpened
from chorus.model.events import HostErrorEvent, VcsBranchEvent, VcsClosedEvent, failure_fields


def opened(unit: Unit, report: WorkspaceOpened) -> None:
    """Record the branch and folder of a task."""
    task, workspace = tasks.get(unit.connection, report.task_id), report.workspace
    if (task.branch, task.worktree) == (workspace.branch, workspace.path):
        return
    place = {"branch": workspace.branch, "worktree": workspace.path, "base": workspace.base}
    tasks.update(unit.connection, task.id, **place)
    event = VcsBranchEvent(branch=workspace.branch, base=workspace.base)
    unit.emit(event, task_id=task.id, source="host")


def closed(unit: Unit, report: WorkspaceClosed) -> None:
    """Record that the folder of a task is gone, or why it was kept."""
    values: dict[str, Any] = {"error": report.kept} if report.kept else {"worktree": None}
    if report.branch_deleted:
        values["branch"] = None
    tasks.update(unit.connection, report.task_id, **values)
    failure = failure_fields(report.failure)
    event = VcsClosedEvent(kept=report.kept, branch_deleted=report.branch_deleted, **failure)
    unit.emit(event, task_id=report.task_id, source="host")


def not_put_away(unit: Unit, task_id: str, why: str) -> None:
    """Keep why a task could not be put away where people see it."""
    tasks.update(unit.connection, task_id, error=why)


def processes_left(unit: Unit, report: ProcessesLeft) -> None:
    """Tell which processes of an agent could not be ended."""
    message = f"These processes of the agent could not be ended: {', '.join(report.processes)}."
    command = "close" if report.closing else "stop"
    event = HostErrorEvent(command=command, code="TIMEOUT", message=message, processes=report.processes)
    unit.emit(event, task_id=report.task_id, source="host")
    if report.closing:
        not_put_away(unit, report.task_id, message)
