"""Looking after the rules that are remembered: listed, added, changed and removed, each on record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chorus.backends import Verdict
from chorus.db import lookup, rows, tables
from chorus.db.unit import Database, Unit
from chorus.errors import BadInput
from chorus.model import PermissionDecision, PermissionRule, PermissionScope
from chorus.model.patterns import Pattern
from chorus.model.rules import Remembered
from chorus.services import events
from chorus.services.permissions import rule_store
from chorus.services.permissions.broker import PermissionService
from chorus.services.projects import ProjectService


@dataclass(frozen=True, slots=True)
class NewRule:
    """What a person says of a rule; the project may be left out where there is only one."""

    scope: PermissionScope
    tool_name: str
    pattern: str | None = None
    decision: PermissionDecision = PermissionDecision.ALLOW
    project_id: str | None = None
    task_id: str | None = None


@dataclass(frozen=True, slots=True)
class RuleChanges:
    """None leaves it as it is; `every_use` takes the pattern away."""

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
        """Rules, oldest first: all, those of a project, or those that apply to a task."""
        table = tables.permission_rules
        query = select(table).order_by(table.c.created_at, table.c.position)
        async with self._database.read() as connection:
            if task_id is not None:
                task = await lookup.task(connection, task_id)
                project_id = project_id or task.project_id
                query = query.where(or_(table.c.task_id.is_(None), table.c.task_id == task_id))
            if project_id is not None:
                query = query.where(table.c.project_id == project_id)
            return [rows.permission_rule(row) for row in (await connection.execute(query)).all()]

    async def get(self, id: str) -> PermissionRule:
        async with self._database.read() as connection:
            return await _rule(connection, id)

    async def add(self, new: NewRule, *, actor: str) -> PermissionRule:
        """Add a rule; the same rule again is the one that is there. It decides open requests at once."""
        found = rule_store.pattern(new.tool_name, new.pattern)
        project = await self._project(new)
        async with self._database.write() as unit:
            rule = await self._stored(unit, new, project, found, actor)
            released = await self._applied(unit, rule)
        self._permissions.release(released)
        return rule

    async def _stored(
        self, unit: Unit, new: NewRule, project: str, found: Pattern, actor: str
    ) -> PermissionRule:
        task = await lookup.task(unit.connection, new.task_id) if new.task_id else None
        owner = rule_store.Owner(
            task.project_id if task else project,
            task.id if task else None,
            task.agent_session_id if task else None,
        )
        what = Remembered(found.tool, found.content, None)
        return await rule_store.add(unit, owner, new.scope, new.decision, what, actor)

    async def _project(self, new: NewRule) -> str:
        """The project of a project's rule; BadInput when the scope and what it is for do not fit."""
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
        async with self._database.write() as unit:
            before = await _rule(unit.connection, id)
            rule = _changed(before, changes)
            if rule == before:
                return rule
            values = {
                name: getattr(rule, name) for name in ("decision", "tool_name", "pattern", "tool_input")
            }
            table = tables.permission_rules
            await unit.connection.execute(update(table).where(table.c.id == id).values(**values))
            events.permission_rule(unit, "changed", rule, actor, before)
            released = await self._applied(unit, rule)
        self._permissions.release(released)
        return rule

    async def remove(self, id: str, *, actor: str) -> str:
        """Forget a rule: what it decided is asked again from now on."""
        async with self._database.write() as unit:
            rule = await _rule(unit.connection, id)
            table = tables.permission_rules
            await unit.connection.execute(delete(table).where(table.c.id == id))
            events.permission_rule(unit, "removed", rule, actor)
            self._permissions.policies.forget()
        return id

    async def _applied(self, unit: Unit, rule: PermissionRule) -> dict[str, Verdict | None]:
        self._permissions.policies.forget()
        return await self._permissions.settle(unit, rule.project_id)


def _changed(rule: PermissionRule, changes: RuleChanges) -> PermissionRule:
    rule = replace(rule, decision=changes.decision or rule.decision)
    if changes.tool_name is None and changes.pattern is None and not changes.every_use:
        return rule
    tool = changes.tool_name or rule.tool_name
    kept = None if changes.every_use or "(" in tool else rule.pattern
    found = rule_store.pattern(tool, changes.pattern or kept)
    return replace(rule, tool_name=found.tool, pattern=found.content, tool_input=None)


async def _rule(connection: AsyncConnection, id: str) -> PermissionRule:
    row = await lookup.row(connection, tables.permission_rules, "permission rule", id)
    return rows.permission_rule(row)
