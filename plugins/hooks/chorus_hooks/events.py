"""What each hook event of Claude Code means. Pure; the table at the end is the index.

Recorded from 2.1.197 and 2.1.329. Any agent may send the same events to Chorus's hook endpoint, so whatever
is not needed to understand an event may be missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from chorus.errors import BadInput
from chorus.model import (
    AgentStatus,
    Counts,
    PermissionAsked,
    PromptAccepted,
    SessionLeft,
    SessionSeen,
    Signal,
    StatusSeen,
    TextSeen,
    ToolFinished,
    ToolStarted,
    TurnEnded,
    TurnFailed,
    Unknown,
    UsageSeen,
)
from chorus_hooks import activity, limits, tools
from chorus_hooks.edits import edits
from chorus_hooks.fields import Report, count, event, needed, tables, text
from chorus_hooks.results import result

Signals = Sequence[Signal]

_READY = {
    "resume": "Ready, the conversation goes on",
    "clear": "Ready, the conversation was cleared",
    "fork": "Ready, the conversation was copied",
}

#: Kinds of notification that mean: somebody has to answer in the terminal.
_NEEDS_ANSWER = ("permission_prompt", "worker_permission_prompt", "agent_needs_input", "elicitation_dialog")

#: Reasons of SessionEnd after which another SessionStart of the same process follows.
_GOES_ON = ("clear", "resume")

_TASK_SUMMARY = re.compile(r"<summary>(.*?)</summary>", re.DOTALL)


def interpret(report: Report) -> Signals:
    """The facts in a report. BadInput when it is malformed."""
    kind = event(report)
    meaning = _MEANINGS.get(kind)
    return meaning(report) if meaning else [Unknown(kind, report)]


def _agent(report: Report) -> str | None:
    return text(report, "agent_id") or None


def _doing(
    report: Report, status: AgentStatus, words: str | None, counts: Counts = Counts.ALWAYS
) -> StatusSeen:
    return StatusSeen(status, activity.line(words), counts=counts, agent=_agent(report))


def _session(report: Report) -> list[Signal]:
    id = text(report, "session_id")
    return [SessionSeen(id, text(report, "transcript_path"))] if id else []


def _session_start(report: Report) -> Signals:
    source = text(report, "source") or "startup"
    if source == "compact":  # in the middle of a turn, perhaps: PostCompact tells
        return _session(report)
    # It is the one report of a program of its own, and may be overtaken by the first prompt.
    counts = Counts.ALWAYS if source == "clear" else Counts.BETWEEN_TURNS
    return [*_session(report), _doing(report, AgentStatus.IDLE, _READY.get(source, "Ready"), counts)]


def _prompt(report: Report) -> Signals:
    prompt = text(report, "prompt") or ""
    if prompt.lstrip().startswith("<task-notification>"):  # the CLI's own, not a person's
        summary = _TASK_SUMMARY.search(prompt)
        words = summary[1] if summary else "A background task has ended"
        return [_doing(report, AgentStatus.THINKING, words)]
    accepted = [PromptAccepted(prompt)] if prompt else []
    return [*_session(report), *accepted, _doing(report, AgentStatus.THINKING, prompt or "Thinking")]


def _tool_started(report: Report) -> Signals:
    use = tools.described(report)
    started = ToolStarted(use, text(report, "tool_use_id"), agent=_agent(report))
    return [started, _doing(report, *activity.of_tool(use))]


def _tool_finished(report: Report) -> Signals:
    use = tools.described(report)
    finished = ToolFinished(
        use,
        text(report, "tool_use_id"),
        edits=edits(use, report.get("tool_response")),
        result=result(use.kind, report.get("tool_response")),
        agent=_agent(report),
    )
    return [finished, _doing(report, AgentStatus.THINKING, "Thinking", Counts.IN_TURN)]


def _tool_failed(report: Report) -> Signals:
    words = "Thinking"
    status = AgentStatus.THINKING
    if report.get("is_interrupt") is True:
        status, words = AgentStatus.IDLE, "Interrupted"
    return [_failed(report, text(report, "error")), _doing(report, status, words, Counts.IN_TURN)]


def _permission_denied(report: Report) -> Signals:
    failed = _failed(report, text(report, "reason") or "denied")
    return [failed, _doing(report, AgentStatus.THINKING, "Thinking", Counts.IN_TURN)]


def _failed(report: Report, error: str | None) -> ToolFinished:
    return ToolFinished(
        tools.described(report),
        text(report, "tool_use_id"),
        ok=False,
        error=error,
        agent=_agent(report),
    )


def _permission(report: Report) -> Signals:
    use = tools.with_change(tools.described(report))
    asked = PermissionAsked(
        use,
        tools.suggested(tables(report, "permission_suggestions")),
        text(report, "tool_use_id"),
        agent=_agent(report),
    )
    return [asked, _doing(report, AgentStatus.WAITING, activity.of_request(use))]


def _notification(report: Report) -> Signals:
    kind, message = text(report, "notification_type"), text(report, "message")
    if kind in _NEEDS_ANSWER:
        words = message or "Needs an answer in the terminal"
        return [_doing(report, AgentStatus.WAITING, words, Counts.IN_TURN)]
    if kind == "idle_prompt":
        return [_doing(report, AgentStatus.IDLE, message or "Waiting for input", Counts.UNEXPLAINED)]
    return []


def _stop(report: Report) -> Signals:
    tasks = tables(report, "background_tasks")
    running = sum(task.get("status", "running") in ("running", "pending") for task in tasks)
    said = text(report, "last_assistant_message")
    return [*_said(report), TurnEnded(said, running, agent=_agent(report))]


def _said(report: Report) -> list[Signal]:
    """The agent's last words, which no other report has."""
    said = text(report, "last_assistant_message")
    return [TextSeen(said, agent=_agent(report))] if said and said.strip() else []


def _stop_failure(report: Report) -> Signals:
    error = text(report, "error") or "unknown"
    words = text(report, "last_assistant_message")
    return [TurnFailed(error, words, limits.reset_of(error, words), agent=_agent(report))]


def _subagent_start(report: Report) -> Signals:
    kind = text(report, "agent_type")
    return [_doing(report, AgentStatus.RUNNING, f"Subagent: {kind or 'started'}")] if _agent(report) else []


def _subagent_stop(report: Report) -> Signals:
    if not _agent(report) or not text(report, "agent_type"):  # compaction ends one that never began
        return []
    words = text(report, "last_assistant_message") or "Finished"
    return [*_said(report), _doing(report, AgentStatus.STOPPED, words)]


def _pre_compact(report: Report) -> Signals:
    return [_doing(report, AgentStatus.THINKING, "Compacting the conversation")]


def _post_compact(report: Report) -> Signals:
    """After `/compact` no Stop follows; an automatic compaction is in the middle of a turn."""
    if text(report, "trigger") == "manual":
        return [_doing(report, AgentStatus.IDLE, "Ready, the conversation was compacted")]
    words = "The conversation was compacted"
    return [_doing(report, AgentStatus.THINKING, words, Counts.IN_TURN)]


def _usage(report: Report) -> Signals:
    """Not one of Claude Code's, which keeps transcripts: for any agent that knows what an answer took."""
    cost = report.get("cost_usd")
    if cost is not None and (type(cost) not in (int, float) or cost < 0):
        raise BadInput("`cost_usd` of Usage must be a number of dollars.", field="cost_usd")
    return [
        UsageSeen(
            needed(report, "message_id")[:200],
            count(report, "input_tokens"),
            count(report, "output_tokens"),
            cost,
            count(report, "cache_read_tokens"),
            count(report, "cache_write_tokens"),
            text(report, "model"),
            agent=_agent(report),
        )
    ]


def _session_end(report: Report) -> Signals:
    reason = text(report, "reason") or "other"
    return [] if reason in _GOES_ON else [SessionLeft(reason)]


_MEANINGS: Mapping[str, Callable[[Report], Signals]] = {
    "SessionStart": _session_start,
    "UserPromptSubmit": _prompt,
    "PreToolUse": _tool_started,
    "PostToolUse": _tool_finished,
    "PostToolUseFailure": _tool_failed,
    "PermissionRequest": _permission,
    "PermissionDenied": _permission_denied,
    "Notification": _notification,
    "Stop": _stop,
    "StopFailure": _stop_failure,
    "SubagentStart": _subagent_start,
    "SubagentStop": _subagent_stop,
    "PreCompact": _pre_compact,
    "PostCompact": _post_compact,
    "SessionEnd": _session_end,
    "Usage": _usage,
}
