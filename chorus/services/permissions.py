"""The permission broker: every request is on record, shown to everybody, and answered exactly once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import insert, or_, select, update

from chorus.backends import Verdict
from chorus.crash import point
from chorus.db import rows, tables
from chorus.db.rows import AnyRow
from chorus.db.unit import Database, Unit, new_id
from chorus.errors import Conflict
from chorus.model import (
    PermissionAsked,
    PermissionDecision,
    PermissionRequest,
    PermissionScope,
    PermissionState,
    one_line,
)
from chorus.services import checking, events, finding, state

_STATES = {
    PermissionDecision.ALLOW: PermissionState.ALLOWED,
    PermissionDecision.DENY: PermissionState.DENIED,
}


class Holds:
    """The agents that wait for an answer right now, by the id of their request."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Future[Verdict | None]] = {}

    def expect(self, request_id: str) -> None:
        """Somebody is about to wait. Said before the request is on record, so that no answer is missed."""
        self._waiting.setdefault(request_id, asyncio.get_running_loop().create_future())

    async def wait(self, request_id: str) -> Verdict | None:
        """The verdict when it comes; None when nobody needs it any more."""
        self.expect(request_id)
        try:
            return await self._waiting[request_id]
        finally:
            self._waiting.pop(request_id, None)

    def release(self, request_id: str, verdict: Verdict | None) -> None:
        future = self._waiting.get(request_id)
        if future is not None and not future.done():
            future.set_result(verdict)


class PermissionService:
    def __init__(self, database: Database) -> None:
        self._database = database
        self.holds = Holds()

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
        async with self._database.read() as connection:
            return [rows.permission(row) for row in (await connection.execute(query)).all()]

    async def respond(
        self,
        id: str,
        decision: PermissionDecision,
        *,
        actor: str,
        message: str | None = None,
        scope: PermissionScope = PermissionScope.ONCE,
        interrupt: bool = False,
    ) -> PermissionRequest:
        """Answer a request. The same answer again is the same answer; another one is a Conflict."""
        if message is not None:
            checking.text(message, "message")
        async with self._database.write() as unit:
            row = await finding.row(unit.connection, tables.permission_requests, "permission request", id)
            if row.state != PermissionState.PENDING:
                if row.state == _STATES[decision] and row.decided_by == actor:
                    return rows.permission(row)
                raise _answered(row)
            verdict = Verdict(decision, scope, message, interrupt)
            request = await self._decide(unit, row, verdict, actor)
            await self._remember(unit, row, verdict, actor)
            run = await finding.run_row(unit.connection, row.run_id)
            if run is not None:
                await state.weigh(unit, run, lambda evidence: evidence)
        point("permission.decided")
        self.holds.release(id, verdict)
        return request

    async def _decide(self, unit: Unit, row: AnyRow, verdict: Verdict, actor: str) -> PermissionRequest:
        values: dict[str, Any] = {
            "state": _STATES[verdict.decision],
            "scope": verdict.scope,
            "decided_at": unit.at,
            "decided_by": actor,
            "message": verdict.message,
        }
        table = tables.permission_requests
        await unit.connection.execute(
            update(table).where(table.c.id == row.id).values(**values, interrupt=verdict.interrupt)
        )
        request = replace(rows.permission(row), **values)
        events.permission(unit, "resolved", request, actor)
        return request

    async def _remember(self, unit: Unit, row: AnyRow, verdict: Verdict, actor: str) -> None:
        """An answer for the task or project becomes a rule of Chorus; the repository is never written to."""
        if verdict.scope not in (PermissionScope.TASK, PermissionScope.PROJECT):
            return
        task = await finding.task(unit.connection, row.task_id)
        await unit.connection.execute(
            insert(tables.permission_rules).values(
                id=new_id(),
                project_id=task.project_id,
                task_id=task.id if verdict.scope is PermissionScope.TASK else None,
                tool_name=row.tool_name,
                tool_input=rule_input(row.tool_name, row.tool_input),
                decision=verdict.decision,
                author=actor,
                created_at=unit.at,
            )
        )

    # --- used while a report is applied --------------------------------------------------------

    async def asked_before(
        self, unit: Unit, run_id: str, source_id: str
    ) -> tuple[str, Verdict | None] | None:
        """The request of a report that came before: an agent whose connection broke asks again."""
        table = tables.permission_requests
        query = select(table).where(table.c.run_id == run_id, table.c.source_id == source_id)
        row = (await unit.connection.execute(query)).first()
        if row is None:
            return None
        if row.state == PermissionState.PENDING:
            self.holds.expect(row.id)
            return row.id, None
        decision = next((known for known, state in _STATES.items() if state == row.state), None)
        if decision is None:
            return None
        scope = PermissionScope(row.scope or PermissionScope.ONCE)
        return row.id, Verdict(decision, scope, row.message, row.interrupt)

    async def ask(
        self, unit: Unit, run: AnyRow, asked: PermissionAsked, source: str, source_id: str | None
    ) -> tuple[str, Verdict | None]:
        """Put a request on record: its id, and the verdict when a remembered rule has one."""
        request = PermissionRequest(
            id=new_id(),
            task_id=run.task_id,
            run_id=run.id,
            tool_name=asked.tool,
            tool_input=asked.input,
            summary=summary(asked.tool, asked.input),
            state=PermissionState.PENDING,
            scope=None,
            created_at=unit.at,
            decided_at=None,
            decided_by=None,
            message=None,
        )
        table = tables.permission_requests
        columns = {name: getattr(request, name) for name in PermissionRequest.__slots__}
        await unit.connection.execute(
            insert(table).values(
                **columns,
                position=await unit.position(table),
                agent_ref=asked.agent,
                use_id=asked.use_id,
                source_id=source_id,
                suggestions=list(asked.suggestions),
            )
        )
        events.permission(unit, "requested", request, source)
        verdict, author = await self._rule(unit, run.task_id, asked)
        if verdict is None:
            self.holds.expect(request.id)
        else:
            row = await finding.row(unit.connection, table, "permission request", request.id)
            await self._decide(unit, row, verdict, author)
        return request.id, verdict

    async def _rule(self, unit: Unit, task_id: str, asked: PermissionAsked) -> tuple[Verdict | None, str]:
        task = await finding.task(unit.connection, task_id)
        table = tables.permission_rules
        query = select(table).where(
            table.c.project_id == task.project_id,
            table.c.tool_name == asked.tool,
            or_(table.c.task_id.is_(None), table.c.task_id == task_id),
        )
        wanted = rule_input(asked.tool, asked.input)
        for row in (await unit.connection.execute(query)).all():
            if row.tool_input == wanted:
                scope = PermissionScope.TASK if row.task_id else PermissionScope.PROJECT
                return Verdict(PermissionDecision(row.decision), scope), f"rule of {row.author}"
        return None, ""

    async def withdraw(
        self, unit: Unit, run_id: str, why: str, *, agent: str | None = None, tool: Any = None
    ) -> None:
        """Close requests that nobody has to answer any more: all of the run, or those of one tool call."""
        table = tables.permission_requests
        query = select(table).where(table.c.run_id == run_id, table.c.state == PermissionState.PENDING)
        if tool is not None:
            query = query.where(
                table.c.tool_name == tool.tool,
                table.c.agent_ref.is_(None) if agent is None else table.c.agent_ref == agent,
            )
        for row in (await unit.connection.execute(query)).all():
            if tool is not None and row.tool_input != dict(tool.input):
                continue
            await self._withdraw(unit, row, why)

    async def withdraw_one(self, id: str, why: str) -> None:
        """The agent let go of its request: somebody answered in the terminal, or pressed Escape."""
        async with self._database.write() as unit:
            row = await finding.row(unit.connection, tables.permission_requests, "permission request", id)
            if row.state != PermissionState.PENDING:
                return
            await self._withdraw(unit, row, why)
            run = await finding.run_row(unit.connection, row.run_id)
            if run is not None:
                await state.weigh(unit, run, lambda evidence: evidence)

    async def _withdraw(self, unit: Unit, row: AnyRow, why: str) -> None:
        values = {"state": PermissionState.WITHDRAWN, "decided_at": unit.at, "message": why}
        table = tables.permission_requests
        await unit.connection.execute(update(table).where(table.c.id == row.id).values(**values))
        request = replace(
            rows.permission(row), state=PermissionState.WITHDRAWN, decided_at=unit.at, message=why
        )
        events.permission(unit, "resolved", request, "host")
        self.holds.release(row.id, None)


def rule_input(tool: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """What of an input makes two requests the same: a description of the agent's own does not count."""
    return {name: value for name, value in given.items() if name != "description"}


def summary(tool: str, given: Mapping[str, Any]) -> str:
    """One line for a person: the command, the file, or the tool and its input."""
    for name in ("command", "file_path", "notebook_path", "path", "url", "query", "question", "plan"):
        if isinstance(given.get(name), str):
            line = one_line(given[name]) or ""
            return line if tool == "Bash" else f"{tool} {line}"
    questions = given.get("questions")
    if isinstance(questions, list) and questions and isinstance(questions[0], dict):
        return one_line(str(questions[0].get("question", tool))) or tool
    return tool


def _answered(row: AnyRow) -> Conflict:
    by = f" by {row.decided_by}" if row.decided_by else ""
    return Conflict(f"This request was {row.state.lower()}{by} already.", state=row.state)
