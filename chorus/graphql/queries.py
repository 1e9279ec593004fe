"""What can be asked."""

from __future__ import annotations

import strawberry

from chorus.db.event_log import encode_cursor
from chorus.errors import NotFound
from chorus.graphql import types
from chorus.graphql.context import Info
from chorus.graphql.scalars import Cursor
from chorus.model import PermissionState, TaskStatus
from chorus.services import checking

#: Rows of a page when the client does not say.
PAGE_TASKS = 50
PAGE_EVENTS = 100


@strawberry.type
class Query:
    @strawberry.field
    async def project(self, info: Info, id: strawberry.ID) -> types.Project | None:
        try:
            return types.Project.of(await info.context.services.projects.get(id))
        except NotFound:
            return None

    @strawberry.field
    async def projects(self, info: Info) -> list[types.Project]:
        return [types.Project.of(project) for project in await info.context.services.projects.all()]

    @strawberry.field
    async def task(self, info: Info, id: strawberry.ID) -> types.Task | None:
        found = await info.context.services.browse.find(id)
        return types.Task.of(found) if found else None

    @strawberry.field(description="Tasks, newest first.")
    async def tasks(
        self,
        info: Info,
        project_id: strawberry.ID | None = None,
        status: list[TaskStatus] | None = None,
        search: str | None = None,
        first: int | None = PAGE_TASKS,
        after: str | None = None,
    ) -> types.TaskConnection:
        page = await info.context.services.browse.page(
            project_id=project_id,
            status=status,
            search=search,
            first=PAGE_TASKS if first is None else first,
            after=after,
        )
        edges = [types.TaskEdge(cursor=task.id, node=types.Task.of(task)) for task in page.tasks]
        end = edges[-1].cursor if edges else None
        info_of_page = types.PageInfo(has_next_page=page.more, end_cursor=end)
        return types.TaskConnection(edges=edges, page_info=info_of_page, total_count=page.total)

    @strawberry.field(description="The permission inbox of all tasks, oldest first.")
    async def permission_requests(
        self,
        info: Info,
        state: PermissionState | None = PermissionState.PENDING,
        task_id: strawberry.ID | None = None,
    ) -> list[types.PermissionRequest]:
        found = await info.context.services.permissions.list(state, task_id)
        return [types.PermissionRequest.of(request) for request in found]

    @strawberry.field
    async def documents(
        self, info: Info, project_id: strawberry.ID | None = None, match: str | None = None
    ) -> list[types.Document]:
        found = await info.context.services.documents.list(project_id, match)
        return [types.Document.of(document, project_id) for document in found]

    @strawberry.field
    async def document(
        self, info: Info, path: str, project_id: strawberry.ID | None = None
    ) -> types.Document | None:
        found = await info.context.services.documents.find(project_id, path)
        return types.Document.of(found, project_id) if found else None

    @strawberry.field
    def plugins(self, info: Info) -> list[types.Plugin]:
        return [types.Plugin.of(plugin) for plugin in info.context.services.plugins.infos]

    @strawberry.field(description="What can be chosen for a task, by name.")
    def choices(self, info: Info) -> types.Choices:
        return types.Choices.of(info.context.services)

    @strawberry.field(description="The event log, oldest first.")
    async def events(
        self,
        info: Info,
        after: Cursor | None = None,
        task_id: strawberry.ID | None = None,
        first: int | None = PAGE_EVENTS,
    ) -> types.EventConnection:
        size = checking.number(PAGE_EVENTS if first is None else first, "page size (first)", 1, 500)
        log = info.context.services.events
        start = (await log.bounds())[0] if after is None else after
        found = await log.page(start, task_id=task_id, limit=size + 1)
        page = found[:size]
        edges = [types.EventEdge(cursor=Cursor(one.seq), node=types.CoreEvent.of(one)) for one in page]
        end = encode_cursor(page[-1].seq if page else start)
        more = len(found) > size
        return types.EventConnection(
            edges=edges, page_info=types.PageInfo(has_next_page=more, end_cursor=end)
        )
