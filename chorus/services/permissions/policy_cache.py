"""Cache of the policies of runs: a task's profile, the profile its run was started with, and the rules.

The policy is needed before every use of a tool. Whoever changes a part of it in a writing transaction says
`forget` in there. Only writing transactions use the cache, and there is one at a time: nothing stale is kept.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from chorus.backends import NamesTools, PermissionProfile
from chorus.db import policies
from chorus.db.policies import PolicyFacts
from chorus.db.unit import Unit
from chorus.model import ToolKind
from chorus.model.policy import Permissions, Policy
from chorus.plugins import Plugins
from chorus.services.permissions.profiles import Profiles, permissions

#: Runs whose policies are kept.
KEPT = 500


class PolicyCache:
    def __init__(self, profiles: Profiles, plugins: Plugins) -> None:
        self.profiles = profiles
        self._plugins = plugins
        self._known: dict[str, Policy] = {}

    def forget(self, unit: Unit) -> None:
        """Forget all policies: this transaction changes a profile, a rule or a conversation.

        What is read again before the transaction ends may never become true: a rollback forgets that too.
        """
        self._known.clear()
        unit.on_rollback(self._known.clear)

    def of(self, unit: Unit, run_id: str) -> Policy:
        """Return the policy of a run."""
        known = self._known.get(run_id)
        if known is None:
            known = self.policy(policies.facts(unit.connection, [run_id])[run_id])
            if len(self._known) >= KEPT:
                self._known.clear()
            self._known[run_id] = known
        return known

    def policy(self, facts: PolicyFacts) -> Policy:
        """Return the policy that follows from what is on record."""
        started = self._started(facts)
        current = self._current(facts, started)
        after = facts.after_plan
        if after is not None:
            # The agent went on in another mode than it was started with, as its profile of then let it.
            started = started and started.going_on(after.choice)
            if after.profile == facts.profile:
                current = current.going_on(after.choice)
        return Policy(current, started, facts.rules, facts.folder, self._edit_tool(facts.agent))

    @property
    def asking(self) -> Collection[str]:
        """Return the names of the tools with which agents ask a person."""
        sources = self._plugins.sources.values()
        kinds = [source.tool_kinds for source in sources if isinstance(source, NamesTools)]
        return {name for known in kinds for name, kind in known.items() if kind.asks_person}

    def _edit_tool(self, agent: str) -> str:
        """Return the name by which patterns cover all tools of an agent that edit."""
        known = self._plugins.agents.get(agent)
        source = self._plugins.sources.get(known.status_source) if known else None
        kinds: Mapping[str, ToolKind] = source.tool_kinds if isinstance(source, NamesTools) else {}
        return next((name for name, kind in kinds.items() if kind is ToolKind.EDIT), "")

    def _current(self, facts: PolicyFacts, started: Permissions | None) -> Permissions:
        profile = self.profiles.find(facts.profile)
        if profile is not None:
            return permissions(profile.permissions, facts.allowed_tools)
        # A profile that is no longer configured stays what it was for runs that were started with it.
        return started or permissions(PermissionProfile(facts.profile), facts.allowed_tools)

    def _started(self, facts: PolicyFacts) -> Permissions | None:
        agent = self._plugins.agents.get(facts.agent)  # None: its plugin may be off
        told = facts.started
        if told is None or not getattr(agent, "applies_profiles", False):
            return None
        profile = PermissionProfile(told["name"], told["mode"], told["allow"], told["deny"])
        return permissions(profile, told["allowed_tools"])
