"""Queries."""

from __future__ import annotations

import strawberry

from chorus import model
from chorus.db.event_log import encode_cursor
from chorus.errors import BadInput, NotFound
from chorus.graphql.context import Info
from chorus.graphql.paging import PageInfo
from chorus.graphql.permissions import PermissionQuery
from chorus.graphql.types import event_kinds
from chorus.graphql.types import system as system_types
from chorus.graphql.types import tasks as task_types
from chorus.graphql.types.events import EventConnection, EventEdge
from chorus.graphql.types.scalars import Cursor
from chorus.model import TaskStatus
from chorus.services import validation

#: Rows of a page when the client does not say.
PAGE_TASKS = 50
PAGE_EVENTS = 100


@strawberry.type
class Query(PermissionQuery):
    @strawberry.field
    async def project(self, info: Info, id: strawberry.ID) -> task_types.Project | None:
        try:
            return task_types.Project.of(await info.context.services.projects.get(id))
        except NotFound:
            return None

    @strawberry.field
    async def projects(self, info: Info) -> list[task_types.Project]:
        return [task_types.Project.of(project) for project in await info.context.services.projects.all()]

    @strawberry.field
    async def task(self, info: Info, id: strawberry.ID) -> task_types.Task | None:
        found = await info.context.services.browse.find(id)
        return task_types.Task.of(found) if found else None

    @strawberry.field(description="Tasks, newest first.")
    async def tasks(
        self,
        info: Info,
        project_id: strawberry.ID | None = None,
        status: list[TaskStatus] | None = None,
        search: str | None = None,
        first: int | None = PAGE_TASKS,
        after: str | None = None,
    ) -> task_types.TaskConnection:
        page = await info.context.services.browse.page(
            project_id=project_id,
            status=status,
            search=search,
            first=PAGE_TASKS if first is None else first,
            after=after,
        )
        edges = [task_types.TaskEdge(cursor=task.id, node=task_types.Task.of(task)) for task in page.tasks]
        end = edges[-1].cursor if edges else None
        info_of_page = PageInfo(has_next_page=page.more, end_cursor=end)
        return task_types.TaskConnection(edges=edges, page_info=info_of_page, total_count=page.total)

    @strawberry.field(description="The tasks that wait to be started, the next one first.")
    async def start_queue(self, info: Info) -> list[task_types.Task]:
        return [task_types.Task.of(task) for task in await info.context.services.start_queue.list()]

    @strawberry.field
    async def documents(
        self, info: Info, project_id: strawberry.ID | None = None, match: str | None = None
    ) -> list[task_types.Document]:
        found = await info.context.services.documents.list(project_id, match)
        return [task_types.Document.of(document, project_id) for document in found]

    @strawberry.field
    async def document(
        self, info: Info, path: str, project_id: strawberry.ID | None = None
    ) -> task_types.Document | None:
        found = await info.context.services.documents.find(project_id, path)
        return task_types.Document.of(found, project_id) if found else None

    @strawberry.field
    def plugins(self, info: Info) -> list[system_types.Plugin]:
        return [system_types.Plugin.of(plugin) for plugin in info.context.services.plugins.infos]

    @strawberry.field(description="What can be chosen for a task, by name.")
    def options(self, info: Info) -> system_types.Options:
        return system_types.Options.of(info.context.services)

    @strawberry.field(description="The settings of the server, each with where it was set; no secrets.")
    def settings(self, info: Info) -> list[system_types.Setting]:
        return [system_types.Setting.of(one) for one in info.context.services.system.settings()]

    @strawberry.field(description="A check-up of the server's machine and of the projects' repositories.")
    async def doctor(self, info: Info) -> list[system_types.Check]:
        return [system_types.Check.of(one) for one in await info.context.services.system.check_up()]

    @strawberry.field(
        description="The event log, oldest first: forwards with after and first, backwards with before and "
        "last."
    )
    async def events(
        self,
        info: Info,
        after: Cursor | None = None,
        task_id: strawberry.ID | None = None,
        first: int | None = PAGE_EVENTS,
        before: Cursor | None = None,
        last: int | None = None,
        kinds: list[str] | None = None,
    ) -> EventConnection:
        log = info.context.services.events
        if before is None and last is None:
            size = _size(first, "first")
            start = (await log.bounds())[0] if after is None else after
            found = await log.page(start, task_id=task_id, kinds=kinds, limit=size + 1)
            return _page(found[:size], start, more=len(found) > size)
        if after is not None:
            raise BadInput("Events are read forwards (after, first) or backwards (before, last), not both.")
        size = _size(last, "last")
        before = Cursor((await log.bounds())[1] + 1) if before is None else before
        found = await log.page_back(before, task_id=task_id, kinds=kinds, limit=size + 1)
        return _page(found[-size:], before - 1, earlier=len(found) > size)


def _size(given: int | None, name: str) -> int:
    return validation.number(PAGE_EVENTS if given is None else given, f"page size ({name})", 1, 500)


def _page(
    events: list[model.Event], empty: int, *, more: bool = False, earlier: bool = False
) -> EventConnection:
    """`empty` is the position of a page without events."""
    info = PageInfo(
        has_next_page=more,
        end_cursor=encode_cursor(events[-1].seq if events else empty),
        has_previous_page=earlier,
        start_cursor=encode_cursor(events[0].seq) if events else None,
    )
    edges = [EventEdge(cursor=Cursor(one.seq), node=event_kinds.of(one)) for one in events]
    return EventConnection(edges=edges, page_info=info)
