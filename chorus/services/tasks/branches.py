"""What people do to the branch of a task."""

from __future__ import annotations

from chorus.backends import ConflictPolicy
from chorus.db import commands, tasks
from chorus.db.database import Database
from chorus.db.unit import Unit, new_id
from chorus.errors import Conflict
from chorus.host.port import HostPort
from chorus.model import Task
from chorus.services.projects import ProjectService


class BranchService:
    """Resolves conflicts between branches, and pushes them."""

    def __init__(self, *, database: Database, host: HostPort, projects: ProjectService) -> None:
        self._database = database
        self._host = host
        self._projects = projects

    async def resolve_conflict(self, id: str, policy: ConflictPolicy, *, actor: str) -> Task:
        """Say what to do with changes that depend on another task's branch."""
        return await self._database.write(_resolve, id, policy, actor)

    async def push(self, id: str) -> str:
        """Push the task's branch; return what it is called at the remote."""
        task = await self._database.read(tasks.get, id)
        return await self._host.push(task, await self._projects.get(task.project_id))


def _resolve(unit: Unit, id: str, policy: ConflictPolicy, actor: str) -> Task:
    task = tasks.get(unit.connection, id)
    if task.conflict is None:
        raise Conflict("The task has no conflict to resolve.")
    message = f"Keep what depended on another branch\n\nTask: {task.title}\nAgent: {task.agent}\n"
    commands.order(
        unit,
        task,
        "resolve",
        key=f"resolve:{id}:{new_id()}",
        actor=actor,
        run_id=task.current_run_id,
        payload={"policy": policy.value, "message": message},
    )
    return task
