"""Kinds of events of permission requests and rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Self

from chorus.model.enums import AfterPlan, PermissionDecision, PermissionScope, PermissionState
from chorus.model.events.base import EventKind, Source
from chorus.model.policy import Ruling, ToolDecision
from chorus.model.records import PermissionRequest, Run
from chorus.model.rules import PermissionRule
from chorus.model.signals import ToolStarted


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionRequestEvent(EventKind):
    """Base of the kinds that are about one permission request."""

    id: Annotated[str, "Id of the request."]
    tool_name: Annotated[str, "Tool that the agent wants to use."]
    summary: Annotated[str, "What for, in a line."]
    state: Annotated[PermissionState, "What became of the request."]
    decided_by: Annotated[str | None, "Who or what decided."] = None
    message: Annotated[str | None, "What the agent was told with the decision."] = None
    scope: Annotated[PermissionScope | None, "How far the decision reaches."] = None
    answers: Annotated[Mapping[str, str] | None, "Answers to the questions it asks, by question."] = None
    after_plan: Annotated[AfterPlan | None, "How the agent goes on with the plan that was approved."] = None

    @classmethod
    def of(cls, request: PermissionRequest) -> Self:
        """Return the event about a request as it is now."""
        return cls(
            id=request.id,
            tool_name=request.tool_name,
            summary=request.summary,
            state=request.state,
            decided_by=request.decided_by,
            message=request.message,
            scope=request.scope,
            answers=request.answers,
            after_plan=request.after_plan,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionRequestedEvent(PermissionRequestEvent):
    """An agent asks whether it may use a tool."""

    kind = "permission.requested"
    sources = (Source.AGENT,)


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionResolvedEvent(PermissionRequestEvent):
    """A permission request was decided or withdrawn, or has expired."""

    kind = "permission.resolved"
    sources = (Source.ACTOR, Source.POLICY, Source.HOST)


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionEnforcedEvent(EventKind):
    """A rule or a profile decided about a tool before the agent used it."""

    kind = "permission.enforced"
    sources = (Source.POLICY,)

    run_id: Annotated[str, "Id of the run."]
    tool_name: Annotated[str, "Name of the tool."]
    use_id: Annotated[str | None, "Id of this use of the tool."] = None
    summary: Annotated[str, "What it was to be used for, in a line."]
    decision: Annotated[ToolDecision, "What was decided."]
    by: Annotated[str, "The rule or profile that decided."]
    rule_id: Annotated[str | None, "Id of the rule."] = None

    @classmethod
    def of(cls, run: Run, tool: ToolStarted, summary: str, ruling: Ruling) -> Self:
        """Return the event of a ruling about a tool of a run."""
        return cls(
            run_id=run.id,
            tool_name=tool.tool,
            use_id=tool.use_id,
            summary=summary,
            decision=ruling.decision,
            by=ruling.by,
            rule_id=ruling.rule_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionRuleEvent(EventKind):
    """Base of the kinds that are about one permission rule."""

    id: Annotated[str, "Id of the rule."]
    scope: Annotated[PermissionScope, "How far it reaches."]
    project_id: Annotated[str, "Its project."]
    decision: Annotated[PermissionDecision, "What it decides."]
    tool_name: Annotated[str, "Tool that it is about."]
    pattern: Annotated[str | None, "Uses of the tool that it is about; without one, all."] = None
    summary: Annotated[str, "The rule in a line."]
    author: Annotated[str, "Who made the rule."]

    @classmethod
    def of(cls, rule: PermissionRule) -> Self:
        """Return the event about a rule as it is now."""
        return cls(
            id=rule.id,
            scope=rule.scope,
            project_id=rule.project_id,
            decision=rule.decision,
            tool_name=rule.tool_name,
            pattern=rule.pattern,
            summary=rule.summary,
            author=rule.author,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionRuleAddedEvent(PermissionRuleEvent):
    """A permission rule was added."""

    kind = "permission.rule_added"
    sources = (Source.ACTOR,)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerRule:
    """A permission rule as it was before a change."""

    decision: Annotated[PermissionDecision, "What it decided."]
    summary: Annotated[str, "The rule in a line."]


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionRuleChangedEvent(PermissionRuleEvent):
    """A permission rule was changed."""

    kind = "permission.rule_changed"
    sources = (Source.ACTOR,)

    before: Annotated[FormerRule | None, "The rule as it was."] = None

    @classmethod
    def change(cls, before: PermissionRule, after: PermissionRule) -> Self:
        """Return the event of a rule that was changed."""
        former = FormerRule(decision=before.decision, summary=before.summary)
        return replace(cls.of(after), before=former)


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionRuleRemovedEvent(PermissionRuleEvent):
    """A permission rule was removed."""

    kind = "permission.rule_removed"
    sources = (Source.ACTOR,)
