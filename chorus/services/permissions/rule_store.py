"""Making permission rules: by answers that reach further than once, and by people directly.

They are Chorus's own; nothing is ever written into a repository.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from chorus.db import permission_rules, runs, tasks
from chorus.db.unit import Unit, new_id
from chorus.errors import BadInput, Conflict
from chorus.model import PermissionDecision, PermissionRequest, PermissionRule, PermissionScope, ToolUse
from chorus.model.events import PermissionRuleAddedEvent
from chorus.model.patterns import Pattern, allowing
from chorus.model.rules import Remembered, remembering
from chorus.services.permissions.answers import Answer

#: Rules of one project: more than anybody can look after.
MOST = 1000


@dataclass(frozen=True, slots=True)
class Owner:
    """What a rule may belong to: a project, one of its tasks, and the conversation of the task's agent."""

    project_id: str
    task_id: str | None
    conversation: str | None


def pattern(tool_name: str, content: str | None, asking: Collection[str] = ()) -> Pattern:
    """Return the pattern of two parts, or of `tool(content)` in the first.

    Raises BadInput, also for a tool that is among `asking`: what a person is asked no rule answers.
    """
    try:
        found = Pattern.parse(tool_name if content is None else f"{tool_name}({content})")
    except ValueError as error:
        raise BadInput(str(error), field="toolName" if content is None else "pattern") from None
    if found.tool in asking or found.tool == "*":
        raise BadInput(f"No rule can be made for {found.tool}: name one tool.", field="toolName")
    return found


def remember(
    unit: Unit, request: PermissionRequest, use: ToolUse, answer: Answer, actor: str
) -> PermissionRule:
    """Make the rule that an answer leaves: for exactly this request, unless its pattern says more."""
    what = remembering(use) if answer.pattern is None else _wider(answer.pattern, use)
    task = tasks.get(unit.connection, request.task_id)
    run = runs.find(unit.connection, request.run_id)
    owner = Owner(task.project_id, task.id, run.agent_session_id if run else None)
    return add(unit, owner, answer.scope, answer.decision, what, actor)


def _wider(text: str, use: ToolUse) -> Remembered:
    found = pattern(text, None)
    if allowing([found], use) is None:
        raise BadInput(f"{found} does not cover this request.", field="pattern")
    return Remembered(found.tool, found.content)


def add(
    unit: Unit,
    owner: Owner,
    scope: PermissionScope,
    decision: PermissionDecision,
    what: Remembered,
    actor: str,
) -> PermissionRule:
    """Add a rule for as much of its owner as the scope says; a rule that is there already is kept."""
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
        subject=what.subject,
        author=actor,
        created_at=unit.at,
    )
    return _stored(unit, rule)


def _stored(unit: Unit, rule: PermissionRule) -> PermissionRule:
    known = permission_rules.of_project(unit.connection, rule.project_id)
    same = next((one for one in known if _meaning(one) == _meaning(rule)), None)
    if same is not None:
        return same
    if len(known) >= MOST:
        raise Conflict(f"The project has {MOST} rules; remove some, or write wider ones.")
    permission_rules.add(unit.connection, rule)
    unit.emit(PermissionRuleAddedEvent.of(rule), task_id=rule.task_id, source=rule.author)
    return rule


def _meaning(rule: PermissionRule) -> PermissionRule:
    """Return the rule without its author and time: two that differ only in those are the same."""
    return replace(rule, id="", author="", subject=None, created_at=rule.created_at.min)
