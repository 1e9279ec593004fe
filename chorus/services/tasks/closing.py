"""The end of a task, by people: completed, given up, forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select, update

from chorus.crash import point
from chorus.db import lookup, tables
from chorus.db.database import Database
from chorus.db.unit import Unit
from chorus.errors import Conflict
from chorus.model import Task, TaskStatus
from chorus.services import events, validation
from chorus.services.permissions.broker import PermissionService
from chorus.services.runs.admission import NOTHING
from chorus.services.tasks.transitions import impossible, not_closing, order, order_stop


class ClosingService:
    def __init__(self, database: Database, permissions: PermissionService) -> None:
        self._database = database
        self._permissions = permissions

    async def complete(self, id: str, *, actor: str, result: str | None = None) -> Task:
        """The work is done: commit what is left, end the session, keep the branch."""
        values = {"result": validation.text(result, "result") if result is not None else None}
        open_states = (TaskStatus.RUNNING, TaskStatus.WAITING)
        return await self._finish(id, TaskStatus.COMPLETED, open_states, actor, values, False)

    async def fail(self, id: str, reason: str, *, actor: str, delete_branch: bool = False) -> Task:
        """Give the task up; its branch is kept unless the person asks to delete it."""
        values = {"error": validation.text(reason, "reason", required=True)}
        open_states = (TaskStatus.PENDING, TaskStatus.RUNNING, TaskStatus.WAITING)
        return await self._finish(id, TaskStatus.FAILED, open_states, actor, values, delete_branch)

    async def _finish(
        self,
        id: str,
        status: TaskStatus,
        open_states: Sequence[TaskStatus],
        actor: str,
        values: dict[str, Any],
        delete_branch: bool,
    ) -> Task:
        def work(unit: Unit) -> Task:
            task = lookup.task(unit.connection, id)
            if task.status is status and (not delete_branch or _deletes_branch(unit, task)):
                return task
            if task.status not in open_states:
                raise impossible(task, "be completed" if status is TaskStatus.COMPLETED else "be failed")
            _set(unit, id, status=status, finished_at=unit.at, **NOTHING, **values)
            events.task_status(unit, id, status, actor, values.get("error") or values.get("result"))
            run = lookup.current_run(unit.connection, task)
            if run is not None:
                if run.ended_at is None:
                    order_stop(unit, self._permissions, task, run, actor)
                key = f"close:{id}:{run.id}"
                order(unit, task, run, "close", key, actor, delete_branch=delete_branch)
            return lookup.task(unit.connection, id)

        return await self._database.write(work)

    async def delete(self, id: str, *, actor: str) -> str:
        """Forget a task that never ran or has failed. Its branch, if it has one, stays in the repository."""

        def work(unit: Unit) -> None:
            task = lookup.task(unit.connection, id)
            if task.status not in (TaskStatus.PENDING, TaskStatus.FAILED):
                raise impossible(task, "be deleted")
            not_closing(unit, task)
            if task.worktree is not None:
                raise Conflict(
                    f"The task's folder {task.worktree} still holds uncommitted work ({task.error}). "
                    "Commit or remove it there first.",
                    worktree=task.worktree,
                )
            _forget(unit, id)
            events.task_deleted(unit, id, actor)

        await self._database.write(work)
        point("task.deleted")
        return id


def _set(unit: Unit, id: str, **values: Any) -> None:
    unit.connection.execute(update(tables.tasks).where(tables.tasks.c.id == id).values(**values))


def _deletes_branch(unit: Unit, task: Task) -> bool:
    """Whether that was said when the task was put away: a client that got no answer says it again."""
    commands = tables.commands
    query = select(commands.c.payload).where(commands.c.key == f"close:{task.id}:{task.current_run_id}")
    payload = (unit.connection.execute(query)).scalar()
    return bool(payload and payload["delete_branch"])


def _forget(unit: Unit, id: str) -> None:
    reports, runs = tables.reports, tables.runs
    of_task = select(runs.c.id).where(runs.c.task_id == id)
    unit.connection.execute(delete(reports).where(reports.c.run_id.in_(of_task)))
    for table in (
        tables.permission_requests,
        tables.permission_rules,
        tables.document_references,
        tables.given_contexts,
        tables.messages,
        tables.commits,
        tables.commands,
        tables.usages,
        tables.transcripts,
        runs,
    ):
        unit.connection.execute(delete(table).where(table.c.task_id == id))
    unit.connection.execute(delete(tables.tasks).where(tables.tasks.c.id == id))
