"""Permission decisions: by rules and profiles before a tool is used, by people, and when rules change."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from chorus.backends import Verdict
from chorus.crash import point
from chorus.db import permissions, policies, tasks
from chorus.db.policies import AfterPlanChoice
from chorus.db.unit import Unit
from chorus.model import PermissionRequest, PermissionScope, PermissionState, Run, ToolStarted
from chorus.model.after_decision import after_decision
from chorus.model.events import PermissionEnforcedEvent, PermissionResolvedEvent
from chorus.model.policy import Ruling
from chorus.model.request_text import summary
from chorus.services.permissions import answers, rule_store
from chorus.services.permissions.answers import Answer
from chorus.services.permissions.policy_cache import PolicyCache
from chorus.services.permissions.waiters import Waiters
from chorus.services.status import run_state


class Decisions:
    def __init__(self, policies: PolicyCache, waiters: Waiters, changed: asyncio.Event) -> None:
        self._policies = policies
        self._waiters = waiters
        self._changed = changed

    def before_use(self, unit: Unit, run: Run, started: ToolStarted) -> Ruling | None:
        """Return the ruling on a tool before it is used; None leaves it to the agent."""
        policy = self._policies.of(unit, run.id)
        ruling = policy.before_use(started.tool)
        if ruling is not None:
            words = summary(started.tool.at(policy.folder))
            enforced = PermissionEnforcedEvent.of(run, started, words, ruling)
            unit.emit(enforced, task_id=run.task_id, source=ruling.by)
        return ruling

    def respond(self, unit: Unit, id: str, answer: Answer, actor: str) -> PermissionRequest:
        """Decide a request as a person answers it. The same answer again changes nothing.

        Raises Conflict for another answer, BadInput for one that does not fit.
        """
        request = permissions.get(unit.connection, id)
        if request.state is not PermissionState.PENDING:
            if answers.repeats(answer, actor, request):
                return request
            raise answers.too_late(request)
        verdict = answers.verdict(request, answer)
        self._keep_after_plan(unit, request, answer)
        decided = self.decide(unit, request, verdict, actor)
        self._remember(unit, request, answer, actor)
        return decided

    def decide(
        self,
        unit: Unit,
        request: PermissionRequest,
        verdict: Verdict,
        by: str,
        state: PermissionState | None = None,
    ) -> PermissionRequest:
        """Put a decision on record. The agent that waits gets the verdict after the commit."""
        decided = replace(
            request,
            state=state or answers.STATES[verdict.decision],
            scope=verdict.scope,
            decided_at=unit.at,
            decided_by=by[:100],
            message=verdict.message,
            interrupt=verdict.interrupt,
            answers=(verdict.updated_input or {}).get("answers"),
            after_plan=verdict.after_plan,
        )
        permissions.save_decision(unit.connection, decided)
        unit.run_states.requests_changed(request.run_id)
        unit.emit(PermissionResolvedEvent.of(decided), task_id=request.task_id, source=by)
        self._show(unit, decided)
        unit.on_commit(lambda: self._release(request.id, verdict))
        return decided

    def settle(self, unit: Unit, project_id: str) -> None:
        """Apply rules or profiles of a project that have changed, to its open requests too."""
        self._policies.forget(unit)
        unit.on_commit(self._changed.set)
        for request in permissions.pending_of_project(unit.connection, project_id):
            ruling = self._policies.of(unit, request.run_id).when_asked(request.tool)
            if ruling is not None:
                self.decide(unit, request, answers.of_ruling(ruling), ruling.by)

    def _keep_after_plan(self, unit: Unit, request: PermissionRequest, answer: Answer) -> None:
        """Keep how the agent goes on after its plan. Raises BadInput when it may not go on like that."""
        if answer.after_plan is None:
            return
        options = self._policies.of(unit, request.run_id).after_plan()
        answers.check_after_plan(request, answer, options)
        profile = tasks.get(unit.connection, request.task_id).permission_profile
        choice = AfterPlanChoice(answer.after_plan, profile)
        policies.keep_after_plan(unit.connection, request.run_id, choice)
        self._policies.forget(unit)

    def _remember(self, unit: Unit, request: PermissionRequest, answer: Answer, actor: str) -> None:
        """Make a rule of an answer that reaches further; it may decide other open requests too."""
        if answer.scope is PermissionScope.ONCE:
            return
        use = request.tool.at(self._policies.of(unit, request.run_id).folder)
        rule = rule_store.remember(unit, request, use, answer, actor)
        self.settle(unit, rule.project_id)

    def _show(self, unit: Unit, decided: PermissionRequest) -> None:
        """Have the agent's status say what follows from the decision."""
        run_id, interrupt = decided.run_id, decided.interrupt
        run_state.apply(unit, run_id, lambda known: after_decision(known, decided, interrupt))

    def _release(self, id: str, verdict: Verdict) -> None:
        point("permission.decided")
        self._waiters.release(id, verdict)
