"""Queries and mutations of permissions: the inbox, the rules, the profiles."""

from __future__ import annotations

import strawberry
from strawberry.scalars import JSON

from chorus.graphql.context import Info
from chorus.graphql.types.permissions import PermissionAnswer, PermissionProfile, PermissionRule
from chorus.graphql.types.tasks import PermissionRequest
from chorus.model import AfterPlan, PermissionDecision, PermissionScope, PermissionState
from chorus.services.permissions.answers import Answer
from chorus.services.permissions.rules import NewRule, RuleChanges


@strawberry.input(
    description="A rule for a project, a task or the present conversation of its agent (SESSION). `toolName` "
    "and `pattern` are the parts of `run(git status:*)`; without a pattern every use of the tool is meant. "
    "`projectId` may be left out where there is only one."
)
class PermissionRuleInput:
    scope: PermissionScope
    tool_name: str
    pattern: str | None = None
    decision: PermissionDecision | None = PermissionDecision.ALLOW
    project_id: strawberry.ID | None = None
    task_id: strawberry.ID | None = None


@strawberry.input(
    description="What is not given stays as it is; a pattern that is null means every use of the tool."
)
class UpdatePermissionRuleInput:
    decision: PermissionDecision | None = None
    tool_name: str | None = None
    pattern: str | None = strawberry.UNSET


@strawberry.type
class PermissionQuery:
    @strawberry.field(description="The permission inbox of all tasks, oldest first.")
    async def permission_requests(
        self,
        info: Info,
        state: PermissionState | None = PermissionState.PENDING,
        task_id: strawberry.ID | None = None,
    ) -> list[PermissionRequest]:
        found = await info.context.services.permissions.inbox.list(state, task_id)
        return [PermissionRequest.of(request) for request in found]

    @strawberry.field(
        description="Remembered rules, oldest first: all, those of a project, or those that apply to a task."
    )
    async def permission_rules(
        self, info: Info, project_id: strawberry.ID | None = None, task_id: strawberry.ID | None = None
    ) -> list[PermissionRule]:
        found = await info.context.services.rules.list(project_id, task_id)
        return [PermissionRule.of(rule) for rule in found]

    @strawberry.field(description="The permission profiles a task may have, by name.")
    def permission_profiles(self, info: Info) -> list[PermissionProfile]:
        return [PermissionProfile.of(profile) for profile in info.context.services.profiles.all()]


@strawberry.type
class PermissionMutation:
    @strawberry.mutation(
        description="Answers a request, once. A scope beyond ONCE leaves a rule for this very request, or "
        "for `pattern` (one of its `patterns`, or one of your own that covers it). `answers` are to a "
        "question: by question the label chosen, a list of labels, or free text. `afterPlan` is for a plan "
        "that is allowed: one of its `planOptions`; without it the agent goes on as before its plan."
    )
    async def respond_to_permission(
        self,
        info: Info,
        id: strawberry.ID,
        decision: PermissionDecision,
        message: str | None = None,
        scope: PermissionScope | None = PermissionScope.ONCE,
        interrupt: bool | None = False,
        answers: JSON | None = None,
        pattern: str | None = None,
        after_plan: AfterPlan | None = None,
    ) -> PermissionRequest:
        reach = scope or PermissionScope.ONCE
        answer = Answer(decision, message, reach, bool(interrupt), answers, pattern, after_plan)
        context = info.context
        return PermissionRequest.of(
            await context.services.permissions.respond(id, answer, actor=context.actor)
        )

    @strawberry.mutation(
        description="Answers many requests alike. Each is answered once and has a result of its own, in "
        "their order: the request, or the code and message of why it was not answered."
    )
    async def respond_to_permissions(
        self,
        info: Info,
        ids: list[strawberry.ID],
        decision: PermissionDecision,
        message: str | None = None,
        scope: PermissionScope | None = PermissionScope.ONCE,
        interrupt: bool | None = False,
    ) -> list[PermissionAnswer]:
        answer = Answer(decision, message, scope or PermissionScope.ONCE, bool(interrupt))
        context = info.context
        outcomes = await context.services.permissions.respond_all(ids, answer, actor=context.actor)
        return [PermissionAnswer.of(outcome) for outcome in outcomes]

    @strawberry.mutation(
        description="Adds a rule; it also decides the open requests it covers. The same rule again is the "
        "one that is there."
    )
    async def add_permission_rule(self, info: Info, input: PermissionRuleInput) -> PermissionRule:
        new = NewRule(
            scope=input.scope,
            tool_name=input.tool_name,
            pattern=input.pattern,
            decision=input.decision or PermissionDecision.ALLOW,
            project_id=input.project_id,
            task_id=input.task_id,
        )
        return PermissionRule.of(await info.context.services.rules.add(new, actor=info.context.actor))

    @strawberry.mutation
    async def update_permission_rule(
        self, info: Info, id: strawberry.ID, input: UpdatePermissionRuleInput
    ) -> PermissionRule:
        given = None if input.pattern is strawberry.UNSET else input.pattern
        every = input.pattern is None
        changes = RuleChanges(input.decision, input.tool_name, given, every)
        rule = await info.context.services.rules.update(id, changes, actor=info.context.actor)
        return PermissionRule.of(rule)

    @strawberry.mutation(description="Forgets a rule: what it decided is asked again.")
    async def remove_permission_rule(self, info: Info, id: strawberry.ID) -> strawberry.ID:
        return strawberry.ID(await info.context.services.rules.remove(id, actor=info.context.actor))
