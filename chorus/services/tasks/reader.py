"""Reading tasks and what belongs to them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from chorus.db import commits, messages, permissions, runs, tasks
from chorus.db.database import Database
from chorus.db.lookup import missing
from chorus.db.tasks import TaskFilter, TaskPage
from chorus.errors import NotFound
from chorus.host.port import HostPort
from chorus.model import (
    Commit,
    Message,
    PermissionRequest,
    PermissionState,
    Run,
    Task,
    TaskStatus,
)
from chorus.plugins import Plugins
from chorus.services import validation
from chorus.services.projects import ProjectService

#: Tasks on one page of a list at most.
PAGE_TASKS = 100


class TaskReader:
    """Reads tasks, also as they change."""

    def __init__(
        self, database: Database, host: HostPort, plugins: Plugins, projects: ProjectService
    ) -> None:
        self._database = database
        self._host = host
        self._plugins = plugins
        self._projects = projects

    async def get(self, id: str) -> Task:
        """Return the task with this id. Raises NotFound."""
        return await self._database.read(tasks.get, id)

    async def find(self, id: str) -> Task | None:
        """Return the task with this id; None when there is none."""
        return await self._database.read(tasks.find, id)

    async def many(self, ids: Sequence[str]) -> list[Task | NotFound]:
        """Return the tasks with these ids, in their order; NotFound in the place of one that is missing."""
        found = await self._database.read(tasks.find_many, set(ids))
        return [found.get(id) or missing("task", id) for id in ids]

    async def page(
        self,
        *,
        project_id: str | None = None,
        status: Sequence[TaskStatus] | None = None,
        search: str | None = None,
        first: int = 50,
        after: str | None = None,
    ) -> TaskPage:
        """Return tasks, newest first, after the one with the id `after`."""
        validation.number(first, "page size (first)", 1, PAGE_TASKS)
        return await self._database.read(tasks.page, TaskFilter(project_id, status, search), first, after)

    async def follow(self, id: str) -> AsyncGenerator[Task, None]:
        """Yield the task now, and again whenever an event says that something about it is different."""
        with self._database.bus.subscription() as subscriber:
            yield await self.get(id)
            while True:
                events = await subscriber.take()
                if subscriber.lost or any(event.task_id == id for event in events):
                    subscriber.lost = False
                    task = await self.find(id)
                    if task is None:
                        return
                    yield task

    async def runs(self, id: str) -> list[Run]:
        """Return all runs of a task, oldest first."""
        return await self._database.read(runs.of_task, id)

    async def messages(self, id: str) -> list[Message]:
        """Return all messages of a task, oldest first."""
        return await self._database.read(messages.of_task, id)

    async def commits(self, task: Task) -> list[Commit]:
        """Return the commits of a task's branch, oldest first; read anew where their ids change."""
        project = await self._projects.get(task.project_id)
        if task.vcs_backend in self._plugins.vcs:
            found = await self._host.commits(task, project)
            if found is not None:
                return list(found)
        return await self._database.read(commits.of_task, task.id)

    async def permission_requests(
        self, id: str, state: PermissionState | None = None
    ) -> list[PermissionRequest]:
        """Return the permission requests of a task in this state, or all, oldest first."""
        found = await self._database.read(permissions.of_task, id)
        return [request for request in found if state in (None, request.state)]

    async def diff(self, task: Task) -> str:
        """Return everything the task changed; empty before it has a branch."""
        if task.branch is None:
            return ""
        return await self._host.diff(task, await self._projects.get(task.project_id))

    def attach_command(self, task: Task) -> Sequence[str] | None:
        """Return how a person joins the task's terminal; None when it has none."""
        if task.current_run_id is None or task.session_backend not in self._plugins.sessions:
            return None
        return self._host.attach_command(task)
