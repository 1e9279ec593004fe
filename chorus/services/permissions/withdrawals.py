"""Withdrawals of permission requests that nobody has to answer any more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from chorus.db import permissions
from chorus.db.unit import Unit
from chorus.model import PermissionRequest, PermissionState, ToolFinished
from chorus.model.events import PermissionResolvedEvent
from chorus.services.permissions.waiters import Waiters
from chorus.services.status import run_state


class Withdrawals:
    def __init__(self, waiters: Waiters) -> None:
        self._waiters = waiters

    def of_run(self, unit: Unit, run_id: str, why: str) -> None:
        """Withdraw all open requests of a run."""
        self._withdraw(unit, _open(unit, run_id), why)

    def of_tool(self, unit: Unit, run_id: str, tool: ToolFinished, why: str) -> None:
        """Withdraw the open requests for a tool use that is over."""
        over = [request for request in _open(unit, run_id) if _is_about(request, tool)]
        self._withdraw(unit, over, why)

    def left_behind(self, unit: Unit, run_id: str, since: float) -> None:
        """Withdraw what the agent itself asked before a moment, since when it has waited for nobody.

        `since` is in seconds since the epoch; the requests were answered in the terminal. Subagents ask while
        others work; theirs stay open until their tool ends: Claude Code 2.1.197 says that it waits as long as
        any dialog is open, but 2.1.329 does not say so for those of its subagents, and what it says of others
        must not take theirs away.
        """
        moment = datetime.fromtimestamp(since, UTC)
        of_agent = [request for request in _open(unit, run_id) if request.agent_ref is None]
        asked_before = [request for request in of_agent if request.created_at < moment]
        self._withdraw(unit, asked_before, "answered in the terminal")

    def one(self, unit: Unit, id: str, why: str) -> None:
        """Withdraw a request, if it is open, and show what the agent does without it."""
        request = permissions.get(unit.connection, id)
        if request.state is not PermissionState.PENDING:
            return
        self._withdraw(unit, [request], why)
        run_state.refresh(unit, request.run_id)

    def _withdraw(self, unit: Unit, requests: Iterable[PermissionRequest], why: str) -> None:
        for request in requests:
            withdrawn = replace(request, state=PermissionState.WITHDRAWN, decided_at=unit.at, message=why)
            permissions.save_decision(unit.connection, withdrawn)
            unit.run_states.requests_changed(request.run_id)
            unit.emit(PermissionResolvedEvent.of(withdrawn), task_id=request.task_id, source="host")
            unit.on_commit(partial(self._waiters.release, request.id, None))


def _open(unit: Unit, run_id: str) -> list[PermissionRequest]:
    if unit.run_states.asks_nothing(run_id):
        return []
    return permissions.pending_of_run(unit.connection, run_id)


def _is_about(request: PermissionRequest, tool: ToolFinished) -> bool:
    if (request.tool_name, request.agent_ref) != (tool.tool.name, tool.agent):
        return False
    # Questions and plans come one at a time, and their inputs are told differently afterwards.
    return tool.tool.kind.asks_person or request.tool_input == tool.tool.input
