"""What applies to each run right now: its task's profile, the one it was started with, and the rules.

Asked before every use of a tool, so it is remembered; whoever changes a part of it in a writing transaction
says `forget` in there. Only writing transactions ask, and there is one at a time: nothing stale is kept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, or_, select

from chorus.backends import PermissionProfile
from chorus.db import rows, tables
from chorus.db.rows import AnyRow
from chorus.db.unit import PUT_OFF, Unit
from chorus.model import AfterPlan, PermissionRule
from chorus.model.policy import Permissions, Policy
from chorus.plugins import Plugins
from chorus.services.permissions.profiles import Profiles, permissions

#: Runs whose policies are remembered.
REMEMBERED = 500


class Policies:
    def __init__(self, profiles: Profiles, plugins: Plugins) -> None:
        self.profiles = profiles
        self._plugins = plugins
        self._known: dict[str, Policy] = {}

    def forget(self, unit: Unit) -> None:
        """Forget what is remembered: this transaction changes a profile, a rule or a conversation.

        What is read again before it ends may never become true: a rollback forgets that too.
        """
        self._known.clear()
        unit.on_rollback(self._known.clear)

    def of(self, connection: Connection, run_id: str) -> Policy:
        """The policy of a run; to be asked in a writing transaction."""
        known = self._known.get(run_id)
        if known is None:
            known = self.read(connection, run_id)
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[run_id] = known
        return known

    def read(self, connection: Connection, run_id: str) -> Policy:
        """The same, read anew in any transaction."""
        return (self.read_all(connection, [run_id]))[run_id]

    def read_all(self, connection: Connection, run_ids: Collection[str]) -> dict[str, Policy]:
        """Those of many runs, by run, in two statements; without those that are not there any more."""
        runs, tasks = tables.runs, tables.tasks
        run, conversation = runs.c.id.label("run"), runs.c.agent_session_id.label("conversation")
        query = select(run, runs.c.profile, runs.c.after_plan, conversation, tasks)
        query = query.join(tasks).where(runs.c.id.in_(run_ids)).execution_options(**PUT_OFF)
        found = (connection.execute(query)).all()
        rules = _rules(connection, found)
        return {row.run: self._policy(row, rules) for row in found}

    def _policy(self, row: AnyRow, rules: Iterable[PermissionRule]) -> Policy:
        started = self._started(row)
        profile = self.profiles.find(row.permission_profile)
        # A profile that is no longer configured stays what it was for those who were started with it.
        given = profile.permissions if profile else PermissionProfile(row.permission_profile)
        current = permissions(given, row.allowed_tools) if profile or not started else started
        if row.after_plan:
            # The agent went on in another mode than it was started with, as its profile of then let it.
            after = AfterPlan(row.after_plan["choice"])
            started = started and started.going_on(after)
            if row.after_plan["profile"] == row.permission_profile:
                current = current.going_on(after)
        applying = tuple(rule for rule in rules if _applies(rule, row))
        return Policy(current, started, applying, row.worktree)

    def _started(self, row: AnyRow) -> Permissions | None:
        agent = self._plugins.agents.get(row.agent)  # None: its plugin may be off
        if row.profile is None or not getattr(agent, "applies_profiles", False):
            return None
        told: Mapping[str, Any] = row.profile
        given = PermissionProfile(told["name"], told["mode"], told["allow"], told["deny"])
        return permissions(given, told["allowed_tools"])


def _rules(connection: Connection, found: Sequence[AnyRow]) -> list[PermissionRule]:
    """The rules that may apply to some of these, oldest first."""
    table = tables.permission_rules
    conversations = {row.conversation for row in found if row.conversation is not None}
    query = select(table).where(
        table.c.project_id.in_({row.project_id for row in found}),
        or_(table.c.task_id.is_(None), table.c.task_id.in_({row.id for row in found})),
        or_(table.c.agent_session_id.is_(None), table.c.agent_session_id.in_(conversations)),
    )
    query = query.order_by(table.c.position).execution_options(**PUT_OFF)
    return [rows.permission_rule(one) for one in (connection.execute(query)).all()]


def _applies(rule: PermissionRule, row: AnyRow) -> bool:
    return (
        rule.project_id == row.project_id
        and rule.task_id in (None, row.id)
        and rule.agent_session_id in (None, row.conversation)
    )
