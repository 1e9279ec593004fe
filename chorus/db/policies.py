"""What decides about the tool uses of a run: profiles, choices after plans, and rules."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select, update

from chorus.db import rows, tables
from chorus.db.rows import AnyRow
from chorus.model import AfterPlan, PermissionRule

_RUNS, _TASKS, _RULES = tables.runs, tables.tasks, tables.permission_rules

_OF_RUNS = (
    select(
        _RUNS.c.id.label("run_id"),
        _RUNS.c.agent_session_id.label("conversation"),
        _RUNS.c.profile,
        _RUNS.c.after_plan,
        *(
            _TASKS.c[name]
            for name in ("id", "project_id", "agent", "permission_profile", "allowed_tools", "worktree")
        ),
    )
    .join(_TASKS)
    .where(_RUNS.c.id.in_(bindparam("run_ids", expanding=True)))
)
_RULES_OF = (
    select(_RULES)
    .where(
        _RULES.c.project_id.in_(bindparam("project_ids", expanding=True)),
        or_(_RULES.c.task_id.is_(None), _RULES.c.task_id.in_(bindparam("task_ids", expanding=True))),
        or_(
            _RULES.c.agent_session_id.is_(None),
            _RULES.c.agent_session_id.in_(bindparam("conversations", expanding=True)),
        ),
    )
    .order_by(_RULES.c.position)
)
_KEEP_AFTER_PLAN = (
    update(_RUNS).where(_RUNS.c.id == bindparam("of_run")).values(after_plan=bindparam("new_after_plan"))
)


@dataclass(frozen=True, slots=True)
class AfterPlanChoice:
    """How the agent of a run went on after its plan, and the profile its task had then."""

    choice: AfterPlan
    profile: str


@dataclass(frozen=True, slots=True)
class PolicyFacts:
    """What is on record about a run's permissions.

    `profile` and `allowed_tools` are the task's now; `started` is what the run was started with, `rules` are
    those that apply to it, oldest first.
    """

    run_id: str
    agent: str
    profile: str
    allowed_tools: tuple[str, ...]
    started: Mapping[str, Any] | None
    after_plan: AfterPlanChoice | None
    folder: str | None
    rules: tuple[PermissionRule, ...]


def facts(connection: Connection, run_ids: Collection[str]) -> dict[str, PolicyFacts]:
    """Return the facts of many runs in two statements, without runs that are not there any more."""
    found = connection.execute(_OF_RUNS, {"run_ids": list(run_ids)}).all()
    rules = _rules(connection, found) if found else []
    return {row.run_id: _facts(row, rules) for row in found}


def facts_of_live_run(connection: Connection, run_id: str) -> PolicyFacts | None:
    """Return the facts of a run; None for one that has ended."""
    found = connection.execute(_OF_RUNS.where(_RUNS.c.ended_at.is_(None)), {"run_ids": [run_id]}).all()
    return _facts(found[0], _rules(connection, found)) if found else None


def keep_after_plan(connection: Connection, run_id: str, choice: AfterPlanChoice) -> None:
    """Save how the agent of a run goes on after its plan."""
    value = {"choice": choice.choice, "profile": choice.profile}
    connection.execute(_KEEP_AFTER_PLAN, {"of_run": run_id, "new_after_plan": value})


def _rules(connection: Connection, found: Sequence[AnyRow]) -> list[PermissionRule]:
    """Return the rules that may apply to some of these runs, oldest first."""
    parameters = {
        "project_ids": list({row.project_id for row in found}),
        "task_ids": list({row.id for row in found}),
        "conversations": list({row.conversation for row in found if row.conversation is not None}),
    }
    return [rows.permission_rule(row) for row in connection.execute(_RULES_OF, parameters).all()]


def _facts(row: AnyRow, rules: Sequence[PermissionRule]) -> PolicyFacts:
    after = row.after_plan
    return PolicyFacts(
        run_id=row.run_id,
        agent=row.agent,
        profile=row.permission_profile,
        allowed_tools=tuple(row.allowed_tools),
        started=row.profile,
        after_plan=AfterPlanChoice(AfterPlan(after["choice"]), after["profile"]) if after else None,
        folder=row.worktree,
        rules=tuple(rule for rule in rules if _applies(rule, row)),
    )


def _applies(rule: PermissionRule, row: AnyRow) -> bool:
    return (
        rule.project_id == row.project_id
        and rule.task_id in (None, row.id)
        and rule.agent_session_id in (None, row.conversation)
    )
