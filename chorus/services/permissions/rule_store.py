"""Rules in the database: written by answers that reach further than once, and by people directly.

They are Chorus's own; nothing is ever written into a repository.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import insert, select

from chorus.db import lookup, rows, tables
from chorus.db.rows import AnyRow
from chorus.db.unit import Unit, new_id
from chorus.errors import BadInput, Conflict
from chorus.model import PermissionDecision, PermissionRule, PermissionScope
from chorus.model.patterns import Pattern, ToolUse, allowing
from chorus.model.rules import QUESTION_TOOLS, Remembered, remembering
from chorus.services import events

#: Rules of one project: more than anybody can look after.
MOST = 1000


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a rule may be: a project, one of its tasks, and the conversation of the task's agent."""

    project_id: str
    task_id: str | None
    conversation: str | None


def pattern(tool_name: str, content: str | None) -> Pattern:
    """A pattern from its two parts, or from `Tool(content)` in the first. Raises BadInput."""
    try:
        found = Pattern.parse(tool_name if content is None else f"{tool_name}({content})")
    except ValueError as error:
        raise BadInput(str(error), field="toolName" if content is None else "pattern") from None
    if found.tool in QUESTION_TOOLS or found.tool == "*":
        raise BadInput(f"No rule can be made for {found.tool}: name one tool.", field="toolName")
    return found


def remember(
    unit: Unit,
    row: AnyRow,
    use: ToolUse,
    scope: PermissionScope,
    decision: PermissionDecision,
    actor: str,
    wider: str | None,
) -> PermissionRule:
    """The rule that an answer to a request leaves: for exactly this request, unless `wider` says more."""
    what = remembering(use) if wider is None else _wider(wider, use)
    task = lookup.task(unit.connection, row.task_id)
    run = lookup.run(unit.connection, row.run_id)
    owner = Owner(task.project_id, task.id, run.agent_session_id if run else None)
    return add(unit, owner, scope, decision, what, actor)


def _wider(text: str, use: ToolUse) -> Remembered:
    found = pattern(text, None)
    if allowing([found], use) is None:
        raise BadInput(f"{found} does not cover this request.", field="pattern")
    return Remembered(found.tool, found.content, None)


def add(
    unit: Unit,
    owner: Owner,
    scope: PermissionScope,
    decision: PermissionDecision,
    what: Remembered,
    actor: str,
) -> PermissionRule:
    """Add a rule of as much of its owner as the scope says; one that is there already is kept."""
    of_session = scope is PermissionScope.SESSION
    if of_session and owner.conversation is None:
        raise Conflict("The agent has no conversation yet; start it, or make a rule for the task.")
    rule = PermissionRule(
        id=new_id(),
        scope=scope,
        project_id=owner.project_id,
        task_id=None if scope is PermissionScope.PROJECT else owner.task_id,
        agent_session_id=owner.conversation if of_session else None,
        decision=decision,
        tool_name=what.tool_name,
        pattern=what.pattern,
        tool_input=what.tool_input,
        author=actor,
        created_at=unit.at,
    )
    return _stored(unit, rule, actor)


def _stored(unit: Unit, rule: PermissionRule, actor: str) -> PermissionRule:
    known = _of_project(unit, rule.project_id)
    same = next((one for one in known if _means(one) == _means(rule)), None)
    if same is not None:
        return same
    if len(known) >= MOST:
        raise Conflict(f"The project has {MOST} rules; remove some, or write wider ones.")
    table = tables.permission_rules
    columns = {name: getattr(rule, name) for name in PermissionRule.__slots__}
    unit.connection.execute(insert(table).values(**columns, position=unit.position(table)))
    events.permission_rule(unit, "added", rule, actor)
    return rule


def _means(rule: PermissionRule) -> PermissionRule:
    """Two rules that differ only in who made them, and when, are one."""
    return replace(rule, id="", author="", created_at=rule.created_at.min)


def _of_project(unit: Unit, project_id: str) -> Sequence[PermissionRule]:
    table = tables.permission_rules
    found: Any = unit.connection.execute(select(table).where(table.c.project_id == project_id))
    return [rows.permission_rule(row) for row in found.all()]
