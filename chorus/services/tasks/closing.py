"""The end of a task, by people: completed, given up, deleted."""

from __future__ import annotations

from chorus.crash import point
from chorus.db import commands, runs, tasks
from chorus.db.database import Database
from chorus.db.unit import Unit
from chorus.errors import Conflict
from chorus.model import Task, TaskStatus
from chorus.services import validation
from chorus.services.permissions.broker import PermissionService
from chorus.services.runs.stop import order_stop
from chorus.services.tasks import transitions
from chorus.services.tasks.transitions import Verb


class ClosingService:
    """Ends tasks. Saying the same again changes nothing."""

    def __init__(self, database: Database, permissions: PermissionService) -> None:
        self._database = database
        self._permissions = permissions

    async def complete(self, id: str, *, actor: str, result: str | None = None) -> Task:
        """End a task whose work is done: what is left is committed, the session ends, the branch stays."""
        if result is not None:
            result = validation.text(result, "result")
        return await self._database.write(self._complete, id, actor, result)

    def _complete(self, unit: Unit, id: str, actor: str, result: str | None) -> Task:
        task = tasks.get(unit.connection, id)
        if task.status is not TaskStatus.COMPLETED:
            transitions.complete(unit, task, actor, result)
            self._put_away(unit, task, actor, delete_branch=False)
        return tasks.get(unit.connection, id)

    async def fail(self, id: str, reason: str, *, actor: str, delete_branch: bool = False) -> Task:
        """Give the task up; its branch is kept unless the person asks to delete it."""
        reason = validation.text(reason, "reason", required=True)
        return await self._database.write(self._fail, id, actor, reason, delete_branch)

    def _fail(self, unit: Unit, id: str, actor: str, reason: str, delete_branch: bool) -> Task:
        task = tasks.get(unit.connection, id)
        repeated = task.status is TaskStatus.FAILED and (not delete_branch or _deletes_branch(unit, task))
        if not repeated:
            transitions.fail(unit, task, actor, reason)
            self._put_away(unit, task, actor, delete_branch=delete_branch)
        return tasks.get(unit.connection, id)

    def _put_away(self, unit: Unit, task: Task, actor: str, *, delete_branch: bool) -> None:
        """Have the task's agent ended and its session and folder put away, if it ever had them."""
        run = runs.find_current(unit.connection, task)
        if run is None:
            return
        if run.ended_at is None:
            order_stop(unit, self._permissions, task, run, actor)
        payload = {"delete_branch": delete_branch}
        key = _close_key(task)
        commands.order(unit, task, "close", key=key, actor=actor, run_id=run.id, payload=payload)

    async def delete(self, id: str, *, actor: str) -> str:
        """Forget a task that never ran or has failed. Its branch, if it has one, stays in the repository."""
        await self._database.write(_delete, id, actor)
        point("task.deleted")
        return id


def _delete(unit: Unit, id: str, actor: str) -> None:
    task = tasks.get(unit.connection, id)
    transitions.check(task, Verb.DELETE)
    transitions.check_not_closing(unit.connection, task)
    if task.worktree is not None:
        raise Conflict(
            f"The task's folder {task.worktree} still holds uncommitted work ({task.error}). "
            "Commit or remove it there first.",
            worktree=task.worktree,
        )
    transitions.delete(unit, task, actor)


def _deletes_branch(unit: Unit, task: Task) -> bool:
    """Return whether that was said when the task was put away: a client that got no answer says it again."""
    command = commands.find(unit.connection, _close_key(task))
    return command is not None and bool(command.payload["delete_branch"])


def _close_key(task: Task) -> str:
    return f"close:{task.id}:{task.current_run_id}"
