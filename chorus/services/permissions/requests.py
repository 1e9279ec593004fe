"""Permission requests of agents: put on record, and answered at once where a rule or a profile decides."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TypeAlias

from chorus.backends import Verdict
from chorus.db import permissions
from chorus.db.unit import Unit, new_id
from chorus.model import PermissionAsked, PermissionRequest, PermissionState, Run
from chorus.model.events import PermissionRequestedEvent
from chorus.model.request_text import summary
from chorus.services.permissions import answers
from chorus.services.permissions.decisions import Decisions
from chorus.services.permissions.policy_cache import PolicyCache
from chorus.services.permissions.waiters import Waiters

#: The id of a request and its verdict; None: the agent waits for one.
Asked: TypeAlias = tuple[str, Verdict | None]


class Requests:
    def __init__(
        self, policies: PolicyCache, decisions: Decisions, waiters: Waiters, changed: asyncio.Event
    ) -> None:
        self._policies = policies
        self._decisions = decisions
        self._waiters = waiters
        self._changed = changed

    def ask(self, unit: Unit, run: Run, asked: PermissionAsked, source: str, source_id: str | None) -> Asked:
        """Put a request on record and decide it if a rule or the profile does."""
        policy = self._policies.of(unit, run.id)
        request = _new_request(unit, run, asked, policy.folder)
        permissions.add(unit.connection, request, use_id=asked.use_id, source_id=source_id)
        unit.run_states.requests_changed(run.id)
        unit.emit(PermissionRequestedEvent.of(request), task_id=request.task_id, source=source)
        ruling = policy.when_asked(asked.tool)
        if ruling is None:
            self._expect(unit, request)
            unit.on_commit(self._changed.set)
            return request.id, None
        verdict = answers.of_ruling(ruling)
        self._decisions.decide(unit, request, verdict, ruling.by)
        return request.id, verdict

    def asked_before(self, unit: Unit, run_id: str, source_id: str) -> Asked | None:
        """Return the request of a report that came before: an agent whose connection broke asks again."""
        request = permissions.find_by_source(unit.connection, run_id, source_id)
        if request is None:
            return None
        if request.state is PermissionState.PENDING:
            self._expect(unit, request)
            return request.id, None
        verdict = answers.on_record(request)
        return (request.id, verdict) if verdict else None

    def _expect(self, unit: Unit, request: PermissionRequest) -> None:
        unit.on_commit(partial(self._waiters.expect, request.id))


def _new_request(unit: Unit, run: Run, asked: PermissionAsked, folder: str | None) -> PermissionRequest:
    return PermissionRequest(
        id=new_id(),
        task_id=run.task_id,
        run_id=run.id,
        tool=asked.tool,
        summary=summary(asked.tool.at(folder)),
        state=PermissionState.PENDING,
        scope=None,
        created_at=unit.at,
        decided_at=None,
        decided_by=None,
        message=None,
        suggestions=tuple(asked.suggestions),
        agent_ref=asked.agent,
    )
