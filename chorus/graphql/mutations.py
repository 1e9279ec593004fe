"""Mutations. Each is on record before it answers."""

from __future__ import annotations

import strawberry

from chorus.backends import ConflictPolicy
from chorus.errors import BadInput
from chorus.graphql.context import Info
from chorus.graphql.permissions import PermissionMutation
from chorus.graphql.queue_mutations import QueueMutation
from chorus.graphql.types import documents, tasks
from chorus.model import RunMode
from chorus.services.documents.service import Target
from chorus.services.tasks.inputs import Budget, NewTask, TaskChanges


@strawberry.input
class AddProjectInput:
    path: str
    name: str | None = None


@strawberry.input
class CreateTaskInput:
    title: str
    project_id: strawberry.ID | None = None
    description: str | None = ""
    priority: int | None = 0
    agent: str | None = None
    session_backend: str | None = None
    vcs_backend: str | None = None
    permission_profile: str | None = None
    allowed_tools: list[str] | None = None
    run_mode: RunMode | None = RunMode.INTERACTIVE
    budget_usd: float | None = None
    client_mutation_id: str | None = None


@strawberry.input
class UpdateTaskInput:
    title: str | None = None
    description: str | None = None
    priority: int | None = None
    permission_profile: str | None = None
    allowed_tools: list[str] | None = None
    budget_usd: float | None = strawberry.field(
        default=strawberry.UNSET, description="In dollars; null takes the limit away."
    )
    run_mode: RunMode | None = strawberry.field(default=None, description="Of the agent's next start.")


@strawberry.input
class AddDocumentReferenceInput:
    task_id: strawberry.ID
    path: str
    heading: str | None = None
    start_line: int | None = None
    end_line: int | None = None
    note: str | None = None


@strawberry.input(
    description="What is not given stays as it is. A heading, lines or `whole` point it at another part "
    "of its document; an empty note removes the note."
)
class UpdateDocumentReferenceInput:
    whole: bool | None = False
    heading: str | None = None
    start_line: int | None = None
    end_line: int | None = None
    note: str | None = None


@strawberry.type
class Mutation(PermissionMutation, QueueMutation):
    @strawberry.mutation
    async def add_project(self, info: Info, input: AddProjectInput) -> tasks.Project:
        return tasks.Project.of(await info.context.services.projects.add(input.path, input.name))

    @strawberry.mutation
    async def create_task(self, info: Info, input: CreateTaskInput) -> tasks.Task:
        new = NewTask(
            title=input.title,
            project_id=input.project_id,
            description=input.description or "",
            priority=input.priority or 0,
            agent=input.agent,
            session_backend=input.session_backend,
            vcs_backend=input.vcs_backend,
            permission_profile=input.permission_profile,
            allowed_tools=input.allowed_tools,
            run_mode=input.run_mode or RunMode.INTERACTIVE,
            budget_usd=input.budget_usd,
        )
        context = info.context
        task = await context.services.tasks.create(new, actor=context.actor, key=input.client_mutation_id)
        return tasks.Task.of(task)

    @strawberry.mutation
    async def update_task(self, info: Info, id: strawberry.ID, input: UpdateTaskInput) -> tasks.Task:
        changes = TaskChanges(
            input.title,
            input.description,
            input.priority,
            input.permission_profile,
            input.allowed_tools,
            None if input.budget_usd is strawberry.UNSET else Budget(input.budget_usd),
            input.run_mode,
        )
        task = await info.context.services.tasks.update(id, changes, actor=info.context.actor)
        return tasks.Task.of(task)

    @strawberry.mutation(
        description="Branch, session and agent; the description and the referenced documents are the first "
        "prompt unless one is given."
    )
    async def start_task(self, info: Info, id: strawberry.ID, prompt: str | None = None) -> tasks.Task:
        task = await info.context.services.starter.start(id, actor=info.context.actor, prompt=prompt)
        return tasks.Task.of(task)

    @strawberry.mutation(
        description="Says something to the agent: delivered at once when it is idle, queued while it is "
        "busy, and resumed with the conversation when it is stopped."
    )
    async def send_message(
        self, info: Info, task_id: strawberry.ID, text: str, client_mutation_id: str | None = None
    ) -> tasks.Message:
        context = info.context
        message = await context.services.agents.send(
            task_id, text, actor=context.actor, key=client_mutation_id
        )
        return tasks.Message.of(message)

    @strawberry.mutation(description="Ends the agent's turn; the agent stays.")
    async def interrupt_agent(self, info: Info, task_id: strawberry.ID) -> tasks.Task:
        task = await info.context.services.agents.interrupt(task_id, actor=info.context.actor)
        return tasks.Task.of(task)

    @strawberry.mutation(
        description="Kills and relaunches the agent in the task's session; resumes the conversation "
        "unless fresh."
    )
    async def restart_agent(
        self, info: Info, task_id: strawberry.ID, prompt: str | None = None, fresh: bool | None = False
    ) -> tasks.Task:
        task = await info.context.services.agents.restart(
            task_id, actor=info.context.actor, prompt=prompt, fresh=bool(fresh)
        )
        return tasks.Task.of(task)

    @strawberry.mutation(
        description="Goes on with the same conversation in the other run mode. An agent that is at work is "
        "interrupted only with `interrupt`."
    )
    async def switch_run_mode(
        self, info: Info, task_id: strawberry.ID, mode: RunMode, interrupt: bool | None = False
    ) -> tasks.Task:
        task = await info.context.services.run_modes.switch(
            task_id, mode, actor=info.context.actor, interrupt=bool(interrupt)
        )
        return tasks.Task.of(task)

    @strawberry.mutation
    async def complete_task(self, info: Info, id: strawberry.ID, result: str | None = None) -> tasks.Task:
        task = await info.context.services.closing.complete(id, actor=info.context.actor, result=result)
        return tasks.Task.of(task)

    @strawberry.mutation
    async def fail_task(
        self, info: Info, id: strawberry.ID, reason: str, delete_branch: bool | None = False
    ) -> tasks.Task:
        task = await info.context.services.closing.fail(
            id, reason, actor=info.context.actor, delete_branch=bool(delete_branch)
        )
        return tasks.Task.of(task)

    @strawberry.mutation(
        description="Decides about changes that depend on another task's branch: stack puts the task's "
        "branch above the other one, hold tries again with every later commit, ask leaves them."
    )
    async def resolve_conflict(
        self, info: Info, task_id: strawberry.ID, policy: ConflictPolicy
    ) -> tasks.Task:
        task = await info.context.services.branches.resolve_conflict(
            task_id, policy, actor=info.context.actor
        )
        return tasks.Task.of(task)

    @strawberry.mutation(description="Pushes the task's branch; what it is called at the remote.")
    async def push_task(self, info: Info, id: strawberry.ID) -> str:
        return await info.context.services.branches.push(id)

    @strawberry.mutation(
        description="Makes a repository ready for a VCS backend that changes it (GitButler). Without consent "
        "nothing is changed; the answer says what would be or was."
    )
    async def set_up_project(self, info: Info, id: strawberry.ID, vcs_backend: str, consent: bool) -> str:
        return await info.context.services.projects.set_up(id, vcs_backend, consented=consent)

    @strawberry.mutation(description="Undoes the set-up of a VCS backend; branches stay.")
    async def leave_project(self, info: Info, id: strawberry.ID, vcs_backend: str) -> tasks.Project:
        return tasks.Project.of(await info.context.services.projects.leave(id, vcs_backend))

    @strawberry.mutation(description="Pending and failed tasks only.")
    async def delete_task(self, info: Info, id: strawberry.ID) -> strawberry.ID:
        return strawberry.ID(await info.context.services.closing.delete(id, actor=info.context.actor))

    @strawberry.mutation
    async def add_document_reference(
        self, info: Info, input: AddDocumentReferenceInput
    ) -> documents.DocumentReference:
        reference = await info.context.services.documents.refer(
            input.task_id,
            input.path,
            Target(input.heading, input.start_line, input.end_line),
            note=input.note,
            actor=info.context.actor,
        )
        return documents.DocumentReference.of(reference)

    @strawberry.mutation
    async def update_document_reference(
        self, info: Info, id: strawberry.ID, input: UpdateDocumentReferenceInput
    ) -> documents.DocumentReference:
        target = Target(input.heading, input.start_line, input.end_line)
        if input.whole and not target.whole:
            raise BadInput("Refer to the whole document or to a part of it, not to both.", field="whole")
        reference = await info.context.services.documents.change(
            id,
            target if input.whole or not target.whole else None,
            note=input.note,
            actor=info.context.actor,
        )
        return documents.DocumentReference.of(reference)

    @strawberry.mutation
    async def remove_document_reference(self, info: Info, id: strawberry.ID) -> strawberry.ID:
        removed = await info.context.services.documents.remove(id, actor=info.context.actor)
        return strawberry.ID(removed)
