"""API types of permission rules and profiles."""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry.scalars import JSON

from chorus import model
from chorus.graphql.context import Info
from chorus.graphql.types.convert import convert
from chorus.graphql.types.tasks import PermissionRequest, Project, Task
from chorus.model import PermissionDecision, PermissionScope
from chorus.services.permissions import profiles
from chorus.services.permissions.answers import Outcome
from chorus.services.permissions.profiles import TimeoutPolicy


@strawberry.type(description="A remembered answer. Rules that refuse win over rules that allow.")
class PermissionRule:
    id: strawberry.ID
    scope: PermissionScope
    decision: PermissionDecision
    tool_name: str
    pattern: str | None = strawberry.field(
        description="What stands in parentheses in `run(git status:*)`; null: every use, or `toolInput`."
    )
    tool_input: JSON | None = strawberry.field(description="The one input it is about, if it is that exact.")
    summary: str
    author: str
    created_at: datetime
    record: strawberry.Private[model.PermissionRule]

    @strawberry.field(description="The project it applies in.")
    async def project(self, info: Info) -> Project | None:
        found = await info.context.services.projects.get(self.record.project_id)
        return Project.of(found)

    @strawberry.field(description="The task it is for; null: all of the project.")
    async def task(self, info: Info) -> Task | None:
        if self.record.task_id is None:
            return None
        return Task.of(await info.context.loaders.tasks.load(self.record.task_id))

    @classmethod
    def of(cls, rule: model.PermissionRule) -> PermissionRule:
        return convert(cls, rule, record=rule)


@strawberry.type(description="How much an agent may do unasked.")
class PermissionProfile:
    name: str
    mode: str
    allow: list[str]
    deny: list[str]
    built_in: bool
    timeout_seconds: int | None = strawberry.field(description="Null: a request waits until it is answered.")
    on_timeout: TimeoutPolicy

    @classmethod
    def of(cls, profile: profiles.Profile) -> PermissionProfile:
        return cls(
            name=profile.name,
            mode=profile.permissions.mode,
            allow=list(profile.permissions.allow),
            deny=list(profile.permissions.deny),
            built_in=profile.built_in,
            timeout_seconds=int(profile.timeout.total_seconds()) if profile.timeout else None,
            on_timeout=profile.on_timeout,
        )


@strawberry.type(description="What became of one of many answers: the request, or why it was not answered.")
class PermissionAnswer:
    id: strawberry.ID
    request: PermissionRequest | None
    code: str | None
    message: str | None

    @classmethod
    def of(cls, outcome: Outcome) -> PermissionAnswer:
        request, error = outcome.request, outcome.error
        return cls(
            id=strawberry.ID(outcome.id),
            request=PermissionRequest.of(request) if request else None,
            code=error.code if error else None,
            message=error.message if error else None,
        )
