"""What an agent does once its request is decided: no report says so before the tool has ended. Pure."""

from __future__ import annotations

from dataclasses import replace

from chorus.model.enums import AgentStatus, PermissionState
from chorus.model.records import PermissionRequest
from chorus.model.status import Evidence, StatusReading, one_line
from chorus.model.tools import ToolKind

SOURCE = "permission"


def after_decision(evidence: Evidence, request: PermissionRequest, interrupted: bool) -> Evidence:
    """The evidence with what follows from the decision; a subagent's only ends what the agent waited for."""
    seen = _next(request, interrupted)
    if request.agent_ref is not None:
        if evidence.reported is None or evidence.reported.status is not AgentStatus.WAITING:
            return evidence
        seen = replace(seen, status=AgentStatus.RUNNING, activity="Subagents at work")
    return evidence.with_report(seen)


def _next(request: PermissionRequest, interrupted: bool) -> StatusReading:
    at = (request.decided_at or request.created_at).timestamp()
    if interrupted:
        return StatusReading(AgentStatus.IDLE, f"Interrupted by {request.decided_by}", SOURCE, at)
    if request.state is not PermissionState.ALLOWED:
        return StatusReading(AgentStatus.THINKING, f"Was refused: {request.summary}", SOURCE, at)
    return StatusReading(*_allowed(request), SOURCE, at)


def _allowed(request: PermissionRequest) -> tuple[AgentStatus, str]:
    use = request.tool
    if use.kind.asks_person:
        return AgentStatus.THINKING, "Was answered"
    if use.kind is ToolKind.EDIT:
        return AgentStatus.EDITING, f"Editing {', '.join(path.name for path in use.paths)}".strip()
    if use.writes == ():
        return AgentStatus.READING, f"Reading {one_line(use.subject) or ''}".strip()
    return AgentStatus.RUNNING, f"Running {request.summary}"
