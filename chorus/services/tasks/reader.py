"""Reading tasks and what belongs to them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, or_, select

from chorus.db import lookup, rows, tables
from chorus.db.database import Database
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


@dataclass(frozen=True, slots=True)
class TaskPage:
    tasks: Sequence[Task]
    total: int
    more: bool


class TaskReader:
    def __init__(
        self, database: Database, host: HostPort, plugins: Plugins, projects: ProjectService
    ) -> None:
        self._database = database
        self._host = host
        self._plugins = plugins
        self._projects = projects

    async def get(self, id: str) -> Task:
        def work(connection: Connection) -> Task:
            return lookup.task(connection, id)

        return await self._database.read(work)

    async def many(self, ids: Sequence[str]) -> list[Task | NotFound]:
        """The tasks with these ids, in their order; NotFound in the place of one that is not there."""
        table = tables.tasks

        def work(connection: Connection) -> Any:
            found = (connection.execute(select(table).where(table.c.id.in_(set(ids))))).all()
            return found

        found = await self._database.read(work)
        tasks = {row.id: rows.task(row) for row in found}
        return [tasks.get(id) or lookup.missing("task", id) for id in ids]

    async def find(self, id: str) -> Task | None:
        try:
            return await self.get(id)
        except NotFound:
            return None

    async def page(
        self,
        *,
        project_id: str | None = None,
        status: Sequence[TaskStatus] | None = None,
        search: str | None = None,
        first: int = 50,
        after: str | None = None,
    ) -> TaskPage:
        """Tasks, newest first, after the one with the id `after`."""
        validation.number(first, "page size (first)", 1, PAGE_TASKS)
        table = tables.tasks
        wanted = select(table)
        if project_id is not None:
            wanted = wanted.where(table.c.project_id == project_id)
        if status is not None:
            wanted = wanted.where(table.c.status.in_(status))
        if search:
            like = f"%{search.replace('!', '!!').replace('%', '!%').replace('_', '!_')}%"
            matches = [column.ilike(like, escape="!") for column in (table.c.title, table.c.description)]
            wanted = wanted.where(or_(*matches))

        def work(connection: Connection) -> Any:
            total = select(func.count()).select_from(wanted.subquery())
            count = int((connection.execute(total)).scalar_one())
            query = wanted
            if after is not None:
                last = lookup.row(connection, table, "task", after)
                query = query.where(table.c.position < last.position)
            query = query.order_by(table.c.position.desc()).limit(first + 1)
            found = [rows.task(row) for row in (connection.execute(query)).all()]
            return count, found

        count, found = await self._database.read(work)
        return TaskPage(found[:first], count, len(found) > first)

    async def follow(self, id: str) -> AsyncGenerator[Task, None]:
        """The task now, and again whenever an event says that something about it is different."""
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
        return [rows.run(row) for row in await self._children(tables.runs, id)]

    async def messages(self, id: str) -> list[Message]:
        return [rows.message(row) for row in await self._children(tables.messages, id)]

    async def commits(self, task: Task) -> list[Commit]:
        """The commits of a task's branch, oldest first; read anew where their ids change."""
        project = await self._projects.get(task.project_id)
        if task.vcs_backend in self._plugins.vcs:
            found = await self._host.commits(task, project)
            if found is not None:
                return list(found)
        id = task.id
        return [rows.commit(row) for row in await self._children(tables.commits, id) if row.sha]

    async def permission_requests(
        self, id: str, state: PermissionState | None = None
    ) -> list[PermissionRequest]:
        found = [rows.permission(row) for row in await self._children(tables.permission_requests, id)]
        return [request for request in found if state in (None, request.state)]

    async def _children(self, table: Any, id: str) -> Sequence[Any]:
        def work(connection: Connection) -> Sequence[Any]:
            return lookup.children(connection, table, id)

        return await self._database.read(work)

    async def diff(self, task: Task) -> str:
        """Everything the task changed; empty before it has a branch."""
        if task.branch is None:
            return ""
        return await self._host.diff(task, await self._projects.get(task.project_id))

    def attach_command(self, task: Task) -> Sequence[str] | None:
        """How a person joins the task's terminal; None when it has none."""
        if task.current_run_id is None or task.session_backend not in self._plugins.sessions:
            return None
        return self._host.attach_command(task)
