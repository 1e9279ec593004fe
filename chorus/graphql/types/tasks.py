"""API types of projects, tasks, runs and permission requests, built from the records of `chorus.model`."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from typing import Annotated

import strawberry
from strawberry.scalars import JSON

from chorus import model
from chorus.db.event_log import decode_cursor
from chorus.graphql.context import Info
from chorus.graphql.paging import PageInfo
from chorus.graphql.types.activities import Activity
from chorus.graphql.types.convert import convert
from chorus.graphql.types.documents import DocumentReference, GivenContext
from chorus.model import (
    AfterPlan,
    AgentStatus,
    MessageState,
    PermissionScope,
    PermissionState,
    RunEnd,
    RunMode,
    TaskStatus,
    ToolKind,
)
from chorus.model.request_text import detail as whole
from chorus.model.waiting import waiting_for

#: Activities of a task when the client does not say how many.
PAGE_ACTIVITIES = 50


@strawberry.type
class Project:
    id: strawberry.ID
    name: str
    path: str
    default_branch: str
    trusted: bool

    @strawberry.field(description="Changed paths that belong to no task, where tasks share the folder.")
    async def unassigned(self, info: Info) -> list[str]:
        return await info.context.services.projects.unassigned(self.id)

    @strawberry.field(description="All input of the models of its tasks.")
    async def input_tokens(self, info: Info) -> int | None:
        return (await info.context.services.projects.usage(self.id)).input_tokens

    @strawberry.field
    async def output_tokens(self, info: Info) -> int | None:
        return (await info.context.services.projects.usage(self.id)).output_tokens

    @strawberry.field(description="What its tasks have cost, at the prices of the API.")
    async def cost_usd(self, info: Info) -> float | None:
        return (await info.context.services.projects.usage(self.id)).cost_usd

    @classmethod
    def of(cls, project: model.Project) -> Project:
        return convert(cls, project)


@strawberry.type
class Run:
    id: strawberry.ID
    mode: RunMode
    prompt: str | None
    agent_session_id: str | None
    resumed_from: strawberry.ID | None
    started_at: datetime
    ended_at: datetime | None
    end: RunEnd | None
    end_detail: str | None = strawberry.field(description="Why it ended, in a sentence.")
    exit_code: int | None
    signal: str | None
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None = strawberry.field(
        description="At the prices of the API; none when a price is not known."
    )
    cache_read_tokens: int | None = strawberry.field(description="Input that came from the model's cache.")
    cache_write_tokens: int | None

    @strawberry.field(
        description="What was put before its first prompt and its messages, and which versions it knows."
    )
    async def contexts(self, info: Info) -> list[GivenContext]:
        found = await info.context.services.documents.given(self.id)
        return [GivenContext.of(given) for given in found]

    @classmethod
    def of(cls, run: model.Run) -> Run:
        return convert(cls, run)


@strawberry.type
class Message:
    id: strawberry.ID
    text: str
    state: MessageState
    author: str
    created_at: datetime
    error: str | None

    @classmethod
    def of(cls, message: model.Message) -> Message:
        return convert(cls, message)


@strawberry.type
class Commit:
    id: strawberry.ID
    message: str
    author: str
    at: datetime
    files: list[str]

    @classmethod
    def of(cls, commit: model.Commit) -> Commit:
        return convert(cls, commit)


@strawberry.type(description="An answer that a question suggests.")
class QuestionOption:
    label: str
    description: str | None


@strawberry.type(description="A question of an agent. An answer of one's own is always possible.")
class Question:
    text: str
    header: str | None = strawberry.field(description="What it is about, in a word.")
    several: bool = strawberry.field(description="Whether several options may be chosen.")
    options: list[QuestionOption]

    @classmethod
    def of(cls, question: model.Question) -> Question:
        options = [convert(QuestionOption, option) for option in question.options]
        return convert(cls, question, options=options)


@strawberry.type
class PermissionRequest:
    id: strawberry.ID
    tool_name: str
    tool_input: JSON
    tool_kind: ToolKind = strawberry.field(description="What the tool does, whatever its agent calls it.")
    subject: str | None = strawberry.field(
        description="What it is about: the command line, the path, the URL, the query."
    )
    files: list[str] | None = strawberry.field(
        description="The files and folders it touches, as the agent names them; null: it may touch any."
    )
    questions: list[Question] = strawberry.field(description="What a person is asked.")
    plan: str | None = strawberry.field(description="The plan to approve, in Markdown; null: there is none.")
    change: str | None = strawberry.field(
        description="The lines that an edit takes away and adds; null: its agent does not say."
    )
    summary: str
    state: PermissionState
    scope: PermissionScope | None
    created_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    message: str | None
    answers: JSON | None = strawberry.field(description="To the questions it asks, by question.")
    after_plan: AfterPlan | None = strawberry.field(
        description="How the agent goes on with its plan; null: in the mode it was in before."
    )
    agent_ref: str | None = strawberry.field(description="The subagent that asks; null: the main agent.")
    record: strawberry.Private[model.PermissionRequest]

    @strawberry.field
    async def task(self, info: Info) -> Annotated[Task, strawberry.lazy("chorus.graphql.types.tasks")]:
        return Task.of(await info.context.loaders.tasks.load(self.record.task_id))

    @strawberry.field(
        description="What an answer may be remembered for (`pattern` of respondToPermission) instead of this "
        "very request, from narrow to wide."
    )
    async def patterns(self, info: Info) -> list[str]:
        task = await info.context.loaders.tasks.load(self.record.task_id)
        return list(info.context.services.permissions.inbox.offers(self.record, task))

    @strawberry.field(
        description="The whole of what is asked, as text: the command, what an edit changes, the question."
    )
    def detail(self) -> str:
        return whole(self.record.tool)

    @strawberry.field(
        description="How the agent may go on once its plan is approved (`afterPlan` of respondToPermission), "
        "the way of the task's profile first; empty where there is no choice."
    )
    async def plan_options(self, info: Info) -> list[AfterPlan]:
        return list(await info.context.loaders.plan_options.load(self.record))

    @strawberry.field(description="When the task's profile decides, unless somebody has; null: never.")
    async def expires_at(self, info: Info) -> datetime | None:
        task = await info.context.loaders.tasks.load(self.record.task_id)
        return info.context.services.permissions.inbox.due(self.record, task)

    @classmethod
    def of(cls, request: model.PermissionRequest) -> PermissionRequest:
        tool = request.tool
        return convert(
            cls,
            request,
            record=request,
            tool_kind=tool.kind,
            subject=tool.subject,
            files=None if tool.files is None else list(tool.files),
            questions=[Question.of(question) for question in tool.questions],
            plan=tool.plan,
            change=tool.change,
        )


@strawberry.type
class Task:
    id: strawberry.ID
    title: str
    description: str
    priority: int
    status: TaskStatus
    agent_status: AgentStatus
    activity: str | None
    status_source: str | None
    status_since: datetime | None
    agent: str
    session_backend: str
    vcs_backend: str
    permission_profile: str
    allowed_tools: list[str]
    run_mode: RunMode
    branch: str | None
    worktree: str | None
    result: str | None
    error: str | None = strawberry.field(description="Why it failed, or what needs a person's attention.")
    conflict: str | None = strawberry.field(
        description="Changes that are not committed because they depend on another task's branch, in words."
    )
    added_lines: int | None = strawberry.field(
        description="What its branch has changed since its base, counted after each commit."
    )
    removed_lines: int | None
    changed_files: int | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    input_tokens: int | None = strawberry.field(
        description="All input of its models over all runs, from their cache or not."
    )
    output_tokens: int | None
    cost_usd: float | None = strawberry.field(
        description="At the prices of the API, without models whose price is not known."
    )
    budget_usd: float | None = strawberry.field(
        description="Once its cost has reached this, its agent is given no further prompt."
    )
    wait_until: datetime | None = strawberry.field(description="When it goes on by itself, if that is known.")
    record: strawberry.Private[model.Task]

    @strawberry.field(description="Why it is not started or does not go on, in words.")
    def waiting_for(self) -> str | None:
        return waiting_for(self.record, datetime.now(UTC))

    @strawberry.field
    async def project(self, info: Info) -> Project:
        return Project.of(await info.context.services.projects.get(self.record.project_id))

    @strawberry.field(description="Joins the task's terminal, as a line for a shell.")
    def attach_command(self, info: Info) -> str | None:
        argv = info.context.services.browse.attach_command(self.record)
        return shlex.join(argv) if argv else None

    @strawberry.field
    async def runs(self, info: Info) -> list[Run]:
        return [Run.of(run) for run in await info.context.services.browse.runs(self.id)]

    @strawberry.field
    async def messages(self, info: Info) -> list[Message]:
        return [Message.of(message) for message in await info.context.services.browse.messages(self.id)]

    @strawberry.field
    async def commits(self, info: Info) -> list[Commit]:
        return [Commit.of(commit) for commit in await info.context.services.browse.commits(self.record)]

    @strawberry.field
    async def references(self, info: Info) -> list[DocumentReference]:
        found = await info.context.services.documents.references(self.record)
        return [DocumentReference.of(reference) for reference in found]

    @strawberry.field(
        description="Why its agent has to be restarted for the permission profile to apply in full; null: it "
        "does."
    )
    async def permission_restart(self, info: Info) -> str | None:
        return await info.context.services.permissions.inbox.restart_reason(self.record)

    @strawberry.field(
        description="Run modes in which its agent can go on by `switchRunMode`: none where that cannot work."
    )
    def available_run_modes(self, info: Info) -> list[RunMode]:
        return info.context.services.run_modes.modes(self.record)

    @strawberry.field
    async def permission_requests(
        self, info: Info, state: PermissionState | None = None
    ) -> list[PermissionRequest]:
        found = await info.context.services.browse.permission_requests(self.id, state)
        return [PermissionRequest.of(request) for request in found]

    @strawberry.field(
        description="What the agent did, the newest first; `before` is the id of the one to go on from."
    )
    async def activities(
        self, info: Info, first: int | None = PAGE_ACTIVITIES, before: str | None = None
    ) -> list[Activity]:
        found = await info.context.services.activities.page(
            self.id,
            first=PAGE_ACTIVITIES if first is None else first,
            before=None if before is None else decode_cursor(before),
        )
        return [Activity.of(activity) for activity in found]

    @strawberry.field(description="Everything the task changed since its base, committed or not.")
    async def diff(self, info: Info) -> str:
        return await info.context.services.browse.diff(self.record)

    @classmethod
    def of(cls, task: model.Task) -> Task:
        return convert(cls, task, record=task)


@strawberry.type
class Heading:
    level: int
    text: str
    slug: str
    line: int

    @classmethod
    def of(cls, heading: model.Heading) -> Heading:
        return convert(cls, heading)


@strawberry.type
class Document:
    path: str
    title: str
    provider: str
    size: int = strawberry.field(description="In bytes.")
    version: str = strawberry.field(description="A digest: the same version is the same text.")
    fields: JSON = strawberry.field(description="What its front matter says.")
    project_id: strawberry.Private[str | None]

    @strawberry.field
    async def outline(self, info: Info) -> list[Heading]:
        found = await info.context.services.documents.outline(self.project_id, self.path)
        return [Heading.of(heading) for heading in found]

    @strawberry.field
    async def content(self, info: Info) -> str:
        return (await info.context.services.documents.read(self.project_id, self.path)).text

    @strawberry.field(description="The tasks that refer to it.")
    async def tasks(self, info: Info) -> list[Task]:
        found = await info.context.services.documents.tasks(self.project_id, self.path)
        return [Task.of(task) for task in found]

    @strawberry.field(description="A section by the slug of its heading, with its subsections.")
    async def section(self, info: Info, heading: str) -> str | None:
        documents = info.context.services.documents
        return (await documents.read(self.project_id, self.path, heading=heading)).text

    @strawberry.field(description="Lines from start to end, 1-based and inclusive.")
    async def lines(self, info: Info, start: int, end: int) -> str:
        documents = info.context.services.documents
        return (await documents.read(self.project_id, self.path, lines=(start, end))).text

    @classmethod
    def of(cls, document: model.Document, project_id: str | None) -> Document:
        return convert(cls, document, project_id=project_id)


@strawberry.type
class OutputChunk:
    run_id: strawberry.ID
    offset: int
    base64: str
    truncated_from: int | None = strawberry.field(
        description="The bytes from here to offset are no longer kept."
    )


@strawberry.type
class TaskEdge:
    cursor: str
    node: Task


@strawberry.type
class TaskConnection:
    edges: list[TaskEdge]
    page_info: PageInfo
    total_count: int
