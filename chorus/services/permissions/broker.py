"""The permission broker: every request is on record, shown to everybody, and answered exactly once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from chorus.backends import Verdict
from chorus.crash import point
from chorus.db import lookup, rows, tables
from chorus.db.database import Database
from chorus.db.rows import AnyRow
from chorus.db.unit import Unit
from chorus.errors import BadInput, ChorusError
from chorus.model import (
    AfterPlan,
    Evidence,
    PermissionAsked,
    PermissionRequest,
    PermissionScope,
    PermissionState,
    Run,
    Task,
    ToolStarted,
)
from chorus.model.after_decision import after_decision
from chorus.model.patterns import ToolUse
from chorus.model.plans import PLAN_TOOL
from chorus.model.policy import Ruling
from chorus.model.rules import QUESTION_TOOLS, offers
from chorus.services import events, validation
from chorus.services.permissions import decisions, rule_store
from chorus.services.permissions.decisions import DECISIONS, STATES, Answer, Outcome, summary
from chorus.services.permissions.policy_cache import Policies
from chorus.services.permissions.profiles import TimeoutPolicy
from chorus.services.permissions.waiters import Waiters
from chorus.services.status import updates

#: Requests that can be answered at once.
MOST = 200


class PermissionService:
    def __init__(self, database: Database, policies: Policies) -> None:
        self._database = database
        self.policies = policies
        self.waiters = Waiters()
        #: Set when requests come or profiles change: somebody may be watching their time.
        self.changed = asyncio.Event()

    async def list(
        self, state: PermissionState | None = PermissionState.PENDING, task_id: str | None = None
    ) -> Sequence[PermissionRequest]:
        """Requests of all tasks, oldest first; `state` None for all states."""
        table = tables.permission_requests
        query = select(table).order_by(table.c.created_at, table.c.position).limit(500)
        if state is not None:
            query = query.where(table.c.state == state)
        if task_id is not None:
            query = query.where(table.c.task_id == task_id)

        def work(connection: Connection) -> Sequence[PermissionRequest]:
            return [rows.permission(row) for row in (connection.execute(query)).all()]

        return await self._database.read(work)

    def offers(self, request: PermissionRequest, task: Task) -> Sequence[str]:
        """Patterns that could be remembered with an answer, besides the request itself; `task` is its own."""
        use = ToolUse(request.tool_name, request.tool_input, task.worktree)
        return offers(use, request.suggestions)

    async def plan_choices(self, requests: Sequence[PermissionRequest]) -> Sequence[Sequence[AfterPlan]]:
        """For each request how the agent may go on once its plan is approved, the profile's own way first;
        nothing for one that is about no plan or is decided.
        """
        asking = {request.run_id for request in requests if _open_plan(request)}
        if not asking:
            return [()] * len(requests)

        policies = await self._database.read(self.policies.read_all, asking)
        known = [policies.get(one.run_id) if _open_plan(one) else None for one in requests]
        return [policy.after_plan() if policy else () for policy in known]

    def due(self, request: PermissionRequest, task: Task) -> datetime | None:
        """When the profile of its task decides the request, unless somebody has by then; None: never."""
        if request.state is not PermissionState.PENDING:
            return None
        profile = self.policies.profiles.find(task.permission_profile)
        if profile is None or profile.timeout is None or profile.on_timeout is TimeoutPolicy.WAIT:
            return None
        return request.created_at + profile.timeout

    async def restart_reason(self, task: Task) -> str | None:
        """Why the agent of a task has to be restarted for its profile to apply in full; None when it does."""

        return await self._database.read(self._restart_reason, task)

    def _restart_reason(self, connection: Connection, task: Task) -> str | None:
        run = lookup.run(connection, task.current_run_id)
        if run is None or run.ended_at is not None:
            return None
        return self.policies.read(connection, run.id).restart_reason()

    # --- answers ---------------------------------------------------------------------------------

    async def respond(self, id: str, answer: Answer, *, actor: str) -> PermissionRequest:
        """Answer a request. The same answer again is the same answer; another one is a Conflict.

        Raises BadInput, with nothing recorded, for a question that is allowed without being answered.
        """
        if answer.message is not None:
            validation.text(answer.message, "message")

        return await self._database.write(self._respond, id, answer, actor)

    def _respond(self, unit: Unit, id: str, answer: Answer, actor: str) -> PermissionRequest:
        row = lookup.row(unit.connection, tables.permission_requests, "permission request", id)
        if row.state != PermissionState.PENDING:
            same = (STATES[answer.decision], answer.after_plan)
            if (row.state, row.after_plan) == same and row.decided_by == actor:
                return rows.permission(row)
            raise decisions.too_late(row)
        verdict = decisions.verdict(row, answer)
        self._go_on(unit, row, answer)
        request = self.decide(unit, row, verdict, actor)
        self._remember(unit, row, answer, actor)
        return request

    def _go_on(self, unit: Unit, row: AnyRow, answer: Answer) -> None:
        """Keep what the agent may do after its plan. BadInput when it may not go on like that."""
        if answer.after_plan is None:
            return
        policy = self.policies.of(unit.connection, row.run_id)
        decisions.check_after_plan(row, answer, policy.after_plan())
        task = lookup.task(unit.connection, row.task_id)
        chosen = {"choice": answer.after_plan, "profile": task.permission_profile}
        table = tables.runs
        unit.connection.execute(update(table).where(table.c.id == row.run_id).values(after_plan=chosen))
        self.policies.forget(unit)

    def _remember(self, unit: Unit, row: AnyRow, answer: Answer, actor: str) -> None:
        """An answer that reaches further becomes a rule, which may decide other open requests too."""
        if answer.scope is PermissionScope.ONCE:
            return
        policy = self.policies.of(unit.connection, row.run_id)
        use = policy.use(row.tool_name, row.tool_input)
        rule = rule_store.remember(unit, row, use, answer.scope, answer.decision, actor, answer.pattern)
        self.policies.forget(unit)
        self.settle(unit, rule.project_id)

    async def respond_all(self, ids: Sequence[str], answer: Answer, *, actor: str) -> Sequence[Outcome]:
        """Answer many requests alike, each once and for itself; what became of each, in their order."""
        wanted = list(dict.fromkeys(ids))
        if not 0 < len(wanted) <= MOST:
            raise BadInput(f"Answer 1 to {MOST} requests at once.", field="ids")
        return [await self._one_of_many(id, answer, actor) for id in wanted]

    async def _one_of_many(self, id: str, answer: Answer, actor: str) -> Outcome:
        try:
            return Outcome(id, await self.respond(id, answer, actor=actor), None)
        except ChorusError as error:
            return Outcome(id, None, error)

    def decide(
        self, unit: Unit, row: AnyRow, verdict: Verdict, by: str, state: PermissionState | None = None
    ) -> PermissionRequest:
        """Put a decision on record; the agent that waits is told after the commit."""
        values: dict[str, Any] = {
            "state": state or STATES[verdict.decision],
            "scope": verdict.scope,
            "decided_at": unit.at,
            "decided_by": by[:100],
            "message": verdict.message,
            "answers": (verdict.updated_input or {}).get("answers"),
            "after_plan": verdict.after_plan,
        }
        table = tables.permission_requests
        unit.connection.execute(
            update(table).where(table.c.id == row.id).values(**values, interrupt=verdict.interrupt)
        )
        request = replace(rows.permission(row), **values)
        events.permission(unit, "resolved", request, by)
        _weigh(unit, row.run_id, lambda known: after_decision(known, request, verdict.interrupt))
        unit.on_commit(lambda: self._tell(row.id, verdict))
        return request

    def _tell(self, id: str, verdict: Verdict) -> None:
        point("permission.decided")
        self.waiters.release(id, verdict)

    def settle(self, unit: Unit, project_id: str) -> None:
        """Decide the open requests of a project that rules or profiles, which have changed, decide now."""
        unit.on_commit(self.changed.set)
        table, tasks = tables.permission_requests, tables.tasks
        query = select(table).join(tasks, tasks.c.id == table.c.task_id)
        query = query.where(tasks.c.project_id == project_id, table.c.state == PermissionState.PENDING)
        for row in unit.connection.execute(query.order_by(table.c.position)).all():
            ruling = self._ruling(unit, row.run_id, row.tool_name, row.tool_input)
            if ruling is not None:
                self.decide(unit, row, decisions.of_ruling(ruling), ruling.by)

    # --- used while a report is applied --------------------------------------------------------

    def before_use(self, unit: Unit, run: Run, started: ToolStarted) -> Ruling | None:
        """What is decided about a tool before it is used; None leaves it to the agent."""
        policy = self.policies.of(unit.connection, run.id)
        ruling = policy.before_use(policy.use(started.tool, started.input))
        if ruling is not None:
            words = summary(started.tool, started.input, policy.folder)
            events.permission_enforced(unit, run, started, words, ruling)
        return ruling

    def _ruling(self, unit: Unit, run_id: str, tool: str, given: Mapping[str, Any]) -> Ruling | None:
        policy = self.policies.of(unit.connection, run_id)
        return policy.when_asked(policy.use(tool, given))

    def asked_before(self, unit: Unit, run_id: str, source_id: str) -> tuple[str, Verdict | None] | None:
        """The request of a report that came before: an agent whose connection broke asks again."""
        table = tables.permission_requests
        query = select(table).where(table.c.run_id == run_id, table.c.source_id == source_id)
        row = (unit.connection.execute(query)).first()
        if row is None:
            return None
        if row.state == PermissionState.PENDING:
            unit.on_commit(lambda: self.waiters.expect(row.id))
            return row.id, None
        decision = DECISIONS.get(PermissionState(row.state))
        if decision is None:
            return None
        scope = PermissionScope(row.scope or PermissionScope.ONCE)
        changed = {"answers": row.answers} if row.answers else None
        after = AfterPlan(row.after_plan) if row.after_plan else None
        return row.id, Verdict(decision, scope, row.message, row.interrupt, changed, after)

    def ask(
        self, unit: Unit, run: Run, asked: PermissionAsked, source: str, source_id: str | None
    ) -> tuple[str, Verdict | None]:
        """Put a request on record: its id, and the verdict when a rule or the profile has one."""
        folder = (self.policies.of(unit.connection, run.id)).folder
        request = decisions.new_request(unit, run, asked, folder)
        table = tables.permission_requests
        columns = {name: getattr(request, name) for name in PermissionRequest.__slots__}
        unit.connection.execute(
            insert(table).values(
                **{**columns, "suggestions": list(asked.suggestions)},
                position=unit.position(table),
                use_id=asked.use_id,
                source_id=source_id,
            )
        )
        events.permission(unit, "requested", request, source)
        ruling = self._ruling(unit, run.id, asked.tool, asked.input)
        if ruling is None:
            unit.on_commit(lambda: self.waiters.expect(request.id))
            unit.on_commit(self.changed.set)
            return request.id, None
        verdict = decisions.of_ruling(ruling)
        row = lookup.row(unit.connection, table, "permission request", request.id)
        self.decide(unit, row, verdict, ruling.by)
        return request.id, verdict

    def withdraw(
        self, unit: Unit, run_id: str, why: str, *, agent: str | None = None, tool: Any = None
    ) -> None:
        """Close requests that nobody has to answer any more: all of the run, or those of one tool call."""
        if updates.asks_nothing(unit, run_id):
            return
        table = tables.permission_requests
        query = select(table).where(table.c.run_id == run_id, table.c.state == PermissionState.PENDING)
        if tool is not None:
            query = query.where(
                table.c.tool_name == tool.tool,
                table.c.agent_ref.is_(None) if agent is None else table.c.agent_ref == agent,
            )
        for row in (unit.connection.execute(query)).all():
            # Questions and plans come one at a time, and their inputs are told differently afterwards.
            same = tool is None or tool.tool in QUESTION_TOOLS or row.tool_input == dict(tool.input)
            if not same:
                continue
            self._withdraw(unit, row, why)

    def left_behind(self, unit: Unit, run_id: str, since: float) -> None:
        """By its own word the agent has waited for nobody since then (seconds since the epoch): what it had
        asked before was answered in its terminal. Subagents ask while others work; theirs stay open until
        their tool ends: Claude Code 2.1.197 says that it waits as long as any dialog is open, but 2.1.329
        does not say so for those of its subagents, and what it says of others must not take theirs away.
        """
        if updates.asks_nothing(unit, run_id):
            return
        table = tables.permission_requests
        query = select(table).where(
            table.c.run_id == run_id,
            table.c.state == PermissionState.PENDING,
            table.c.agent_ref.is_(None),
            table.c.created_at < datetime.fromtimestamp(since, UTC),
        )
        for row in (unit.connection.execute(query)).all():
            self._withdraw(unit, row, "answered in the terminal")

    async def withdraw_one(self, id: str, why: str) -> None:
        """The agent let go of its request: somebody answered in the terminal, or pressed Escape."""

        def work(unit: Unit) -> None:
            row = lookup.row(unit.connection, tables.permission_requests, "permission request", id)
            if row.state != PermissionState.PENDING:
                return
            self._withdraw(unit, row, why)
            _weigh(unit, row.run_id)

        await self._database.write(work)

    def _withdraw(self, unit: Unit, row: AnyRow, why: str) -> None:
        values = {"state": PermissionState.WITHDRAWN, "decided_at": unit.at, "message": why}
        table = tables.permission_requests
        unit.connection.execute(update(table).where(table.c.id == row.id).values(**values))
        request = replace(
            rows.permission(row), state=PermissionState.WITHDRAWN, decided_at=unit.at, message=why
        )
        events.permission(unit, "resolved", request, "host")
        unit.on_commit(lambda: self.waiters.release(row.id, None))


def _open_plan(request: PermissionRequest) -> bool:
    return request.tool_name == PLAN_TOOL and request.state is PermissionState.PENDING


def _weigh(unit: Unit, run_id: str, change: Callable[[Evidence], Evidence] = lambda known: known) -> None:
    run = lookup.run(unit.connection, run_id)
    if run is not None:
        updates.weigh(unit, run, change)
