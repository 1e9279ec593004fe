"""Kinds of events of permission requests and rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Self

from chorus.model.enums import AfterPlan, PermissionDecision, PermissionScope, PermissionState
from chorus.model.events.base import EventKind, Id, Source
from chorus.model.policy import Ruling, ToolDecision
from chorus.model.records import PermissionRequest, Run
from chorus.model.rules import PermissionRule
from chorus.model.signals import ToolStarted


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionRequestEvent(EventKind):
    """Base of the kinds that are about one permission request."""

    id: Annotated[Id, "Id of the request."]
    tool_name: Annotated[str, "Name of the tool."]
    summary: Annotated[str, "Tool and input in one line."]
    state: Annotated[PermissionState, "State of the request."]
    decided_by: Annotated[str | None, "Person, rule or profile that decided."] = None
    message: Annotated[str | None, "Message to the agent, or why the request was withdrawn."] = None
    scope: Annotated[PermissionScope | None, "Scope of the decision."] = None
    answers: Annotated[Mapping[str, str] | None, "Answers to the questions of the agent, by question."] = None
    after_plan: Annotated[AfterPlan | None, "How the agent continues after its plan is approved."] = None

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
    """An agent asks for permission to use a tool."""

    kind = "permission.requested"
    sources = (Source.AGENT,)


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionResolvedEvent(PermissionRequestEvent):
    """A permission request was decided, was withdrawn or has expired."""

    kind = "permission.resolved"
    sources = (Source.ACTOR, Source.POLICY, Source.HOST)


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionEnforcedEvent(EventKind):
    """A rule or a profile decided about a tool before the agent used it."""

    kind = "permission.enforced"
    sources = (Source.POLICY,)

    run_id: Annotated[Id, "Id of the run."]
    tool_name: Annotated[str, "Name of the tool."]
    use_id: Annotated[Id | None, "Id of the tool use."] = None
    summary: Annotated[str, "Tool and input in one line."]
    decision: Annotated[ToolDecision, "The decision."]
    by: Annotated[str, "Rule or profile that decided."]
    rule_id: Annotated[Id | None, "Id of the rule."] = None

    @classmethod
    def of(cls, run: Run, tool: ToolStarted, summary: str, ruling: Ruling) -> Self:
        """Return the event of a ruling about a tool of a run."""
        return cls(
            run_id=run.id,
            tool_name=tool.tool.name,
            use_id=tool.use_id,
            summary=summary,
            decision=ruling.decision,
            by=ruling.by,
            rule_id=ruling.rule_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionRuleEvent(EventKind):
    """Base of the kinds that are about one permission rule."""

    id: Annotated[Id, "Id of the rule."]
    scope: Annotated[PermissionScope, "Scope of the rule."]
    project_id: Annotated[Id, "Id of the project."]
    decision: Annotated[PermissionDecision, "Decision of the rule."]
    tool_name: Annotated[str, "Name of the tool."]
    pattern: Annotated[str | None, "Pattern of the tool uses; null for all of them."] = None
    summary: Annotated[str, "The rule in one line."]
    author: Annotated[str, "Author of the rule."]

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
    """A permission rule before a change."""

    decision: Annotated[PermissionDecision, "Former decision of the rule."]
    summary: Annotated[str, "The rule in one line."]


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionRuleChangedEvent(PermissionRuleEvent):
    """A permission rule was changed."""

    kind = "permission.rule_changed"
    sources = (Source.ACTOR,)

    before: Annotated[FormerRule | None, "The rule before the change."] = None

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
