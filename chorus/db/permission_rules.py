"""Permission rules in the database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, insert, or_, select, update

from chorus.db import rows, tables, tasks
from chorus.db.lookup import missing, next_position
from chorus.model import PermissionRule

_RULES = tables.permission_rules

_OLDEST_FIRST = select(_RULES).order_by(_RULES.c.created_at, _RULES.c.position)
_BY_ID = select(_RULES).where(_RULES.c.id == bindparam("rule_id"))
_INSERT = insert(_RULES).values(position=next_position(_RULES))
_DELETE = delete(_RULES).where(_RULES.c.id == bindparam("rule_id"))

#: What of a rule may be changed.
_CHANGEABLE = ("decision", "tool_name", "pattern", "tool_input", "subject")
_UPDATE = (
    update(_RULES)
    .where(_RULES.c.id == bindparam("rule_id"))
    .values({name: bindparam(f"new_{name}") for name in _CHANGEABLE})
)


def get(connection: Connection, id: str) -> PermissionRule:
    """Return the rule with this id. Raises NotFound."""
    found = connection.execute(_BY_ID, {"rule_id": id}).first()
    if found is None:
        raise missing("permission rule", id)
    return rows.permission_rule(found)


def of_project(connection: Connection, project_id: str) -> list[PermissionRule]:
    """Return all rules of a project, its tasks and their conversations, oldest first."""
    return _all(connection, _OLDEST_FIRST.where(_RULES.c.project_id == project_id))


def search(connection: Connection, project_id: str | None, task_id: str | None) -> list[PermissionRule]:
    """Return rules, oldest first: all, those of a project, or those that apply to a task."""
    query = _OLDEST_FIRST
    if task_id is not None:
        project_id = project_id or tasks.get(connection, task_id).project_id
        query = query.where(or_(_RULES.c.task_id.is_(None), _RULES.c.task_id == task_id))
    if project_id is not None:
        query = query.where(_RULES.c.project_id == project_id)
    return _all(connection, query)


def add(connection: Connection, rule: PermissionRule) -> None:
    """Add a rule."""
    connection.execute(_INSERT, {name: getattr(rule, name) for name in PermissionRule.__slots__})


def save(connection: Connection, rule: PermissionRule) -> None:
    """Save what a rule is about and what it decides."""
    values = {f"new_{name}": getattr(rule, name) for name in _CHANGEABLE}
    connection.execute(_UPDATE, {"rule_id": rule.id, **values})


def remove(connection: Connection, id: str) -> None:
    """Remove a rule."""
    connection.execute(_DELETE, {"rule_id": id})


def _all(connection: Connection, query: Select[Any]) -> list[PermissionRule]:
    return [rows.permission_rule(row) for row in connection.execute(query).all()]
