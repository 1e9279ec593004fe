"""The permission inbox: requests as people see them, with what they may answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chorus.db import permissions, policies
from chorus.db.database import Database
from chorus.model import AfterPlan, PermissionRequest, PermissionState, Task, ToolKind
from chorus.model.rules import offers
from chorus.services.permissions.policy_cache import PolicyCache

#: Requests that are listed at once.
LISTED = 500


class Inbox:
    def __init__(self, database: Database, policies: PolicyCache) -> None:
        self._database = database
        self._policies = policies

    async def list(self, state: PermissionState | None, task_id: str | None) -> Sequence[PermissionRequest]:
        """Return requests, oldest first; None stands for all states, or all tasks."""
        return await self._database.read(permissions.oldest, state, task_id, LISTED)

    def offers(self, request: PermissionRequest, task: Task) -> Sequence[str]:
        """Return patterns that could be remembered with an answer, besides the request itself."""
        return offers(request.tool.at(task.worktree), request.suggestions)

    async def plan_options(self, requests: Sequence[PermissionRequest]) -> Sequence[Sequence[AfterPlan]]:
        """Return for each request how the agent may go on once its plan is approved.

        The profile's own way comes first. There is none for a request that is about no plan or is decided.
        """
        asking = {request.run_id for request in requests if _is_open_plan(request)}
        if not asking:
            return [()] * len(requests)
        known = await self._database.read(policies.facts, asking)
        choices = {run_id: self._policies.policy(facts).after_plan() for run_id, facts in known.items()}
        return [choices.get(one.run_id, ()) if _is_open_plan(one) else () for one in requests]

    def due(self, request: PermissionRequest, task: Task) -> datetime | None:
        """Return when the profile of its task decides a request, unless somebody has by then."""
        profile = self._policies.profiles.find(task.permission_profile)
        if profile is None or profile.timeout is None or not profile.decides_in_time:
            return None
        return request.created_at + profile.timeout if request.state is PermissionState.PENDING else None

    async def restart_reason(self, task: Task) -> str | None:
        """Return why a task's agent has to be restarted for its profile to apply in full."""
        if task.current_run_id is None:
            return None
        facts = await self._database.read(policies.facts_of_live_run, task.current_run_id)
        return self._policies.policy(facts).restart_reason() if facts else None


def _is_open_plan(request: PermissionRequest) -> bool:
    return request.tool.kind is ToolKind.PLAN and request.state is PermissionState.PENDING
