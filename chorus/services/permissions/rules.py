"""Permission rules as people look after them: listed, added, changed and removed, each on record."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from chorus.db import permission_rules, tasks
from chorus.db.database import Database
from chorus.db.unit import Unit
from chorus.errors import BadInput
from chorus.model import PermissionDecision, PermissionRule, PermissionScope
from chorus.model.events import PermissionRuleChangedEvent, PermissionRuleRemovedEvent
from chorus.model.patterns import Pattern
from chorus.model.rules import Remembered
from chorus.services.permissions import rule_store
from chorus.services.permissions.broker import PermissionService
from chorus.services.projects import ProjectService


@dataclass(frozen=True, slots=True)
class NewRule:
    """A rule as a person gives it; the project may be left out where there is only one."""

    scope: PermissionScope
    tool_name: str
    pattern: str | None = None
    decision: PermissionDecision = PermissionDecision.ALLOW
    project_id: str | None = None
    task_id: str | None = None


@dataclass(frozen=True, slots=True)
class RuleChanges:
    """Changes of a rule: None leaves a part as it is, `every_use` takes the pattern away."""

    decision: PermissionDecision | None = None
    tool_name: str | None = None
    pattern: str | None = None
    every_use: bool = False


class RuleService:
    def __init__(self, database: Database, permissions: PermissionService, projects: ProjectService) -> None:
        self._database = database
        self._permissions = permissions
        self._projects = projects

    async def list(
        self, project_id: str | None = None, task_id: str | None = None
    ) -> Sequence[PermissionRule]:
        """Return rules, oldest first: all, those of a project, or those that apply to a task."""
        return await self._database.read(permission_rules.search, project_id, task_id)

    async def get(self, id: str) -> PermissionRule:
        return await self._database.read(permission_rules.get, id)

    async def add(self, new: NewRule, *, actor: str) -> PermissionRule:
        """Add a rule; the same rule again is the one that is there. It decides open requests at once."""
        found = rule_store.pattern(new.tool_name, new.pattern, self._permissions.policies.asking)
        project = await self._project(new)
        return await self._database.write(self._add, new, project, found, actor)

    def _add(self, unit: Unit, new: NewRule, project: str, found: Pattern, actor: str) -> PermissionRule:
        rule = self._stored(unit, new, project, found, actor)
        self._permissions.decisions.settle(unit, rule.project_id)
        return rule

    def _stored(self, unit: Unit, new: NewRule, project: str, found: Pattern, actor: str) -> PermissionRule:
        task = tasks.get(unit.connection, new.task_id) if new.task_id else None
        owner = rule_store.Owner(
            task.project_id if task else project,
            task.id if task else None,
            task.agent_session_id if task else None,
        )
        what = Remembered(found.tool, found.content)
        return rule_store.add(unit, owner, new.scope, new.decision, what, actor)

    async def _project(self, new: NewRule) -> str:
        """Return the project of a project's rule. Raises BadInput if the scope and the task do not fit."""
        if new.scope is PermissionScope.ONCE:
            raise BadInput("A rule is for a SESSION, a TASK or a PROJECT.", field="scope")
        if new.scope is PermissionScope.PROJECT:
            if new.task_id is not None:
                raise BadInput("A rule for the project names no task.", field="taskId")
            return (await self._projects.only(new.project_id)).id
        if new.task_id is None:
            raise BadInput(f"Say which task the rule for the {new.scope.lower()} is for.", field="taskId")
        return ""

    async def update(self, id: str, changes: RuleChanges, *, actor: str) -> PermissionRule:
        """Change what a rule is about or decides. A rule for one very input becomes one with a pattern."""
        if changes.every_use and changes.pattern is not None:
            raise BadInput("Give a pattern or ask for every use, not both.", field="pattern")
        return await self._database.write(self._update, id, changes, actor)

    def _update(self, unit: Unit, id: str, changes: RuleChanges, actor: str) -> PermissionRule:
        before = permission_rules.get(unit.connection, id)
        rule = _changed(before, changes, self._permissions.policies.asking)
        if rule == before:
            return rule
        permission_rules.save(unit.connection, rule)
        unit.emit(PermissionRuleChangedEvent.change(before, rule), task_id=rule.task_id, source=actor)
        self._permissions.decisions.settle(unit, rule.project_id)
        return rule

    async def remove(self, id: str, *, actor: str) -> str:
        """Remove a rule: what it decided is asked again from now on."""
        await self._database.write(self._remove, id, actor)
        return id

    def _remove(self, unit: Unit, id: str, actor: str) -> None:
        rule = permission_rules.get(unit.connection, id)
        permission_rules.remove(unit.connection, id)
        unit.emit(PermissionRuleRemovedEvent.of(rule), task_id=rule.task_id, source=actor)
        self._permissions.policies.forget(unit)


def _changed(rule: PermissionRule, changes: RuleChanges, asking: Collection[str]) -> PermissionRule:
    rule = replace(rule, decision=changes.decision or rule.decision)
    if changes.tool_name is None and changes.pattern is None and not changes.every_use:
        return rule
    tool = changes.tool_name or rule.tool_name
    kept = None if changes.every_use or "(" in tool else rule.pattern
    found = rule_store.pattern(tool, changes.pattern or kept, asking)
    return replace(rule, tool_name=found.tool, pattern=found.content, tool_input=None, subject=None)
