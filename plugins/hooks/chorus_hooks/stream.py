"""The status source `claude-stream`: what a headless Claude Code says in lines of JSON, and is told.

Recorded from 2.1.197 and 2.1.329 with `-p --input-format stream-json --output-format stream-json --verbose
--permission-prompt-tool stdio --replay-user-messages`. Lines are parsed as JSON, whatever the order of their
keys. One that is not known is kept as data. `events` names what older notes call by ten names.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from chorus.backends import Injection, LaunchRequest, StatusSource, Verdict
from chorus.model import (
    AgentStatus,
    PermissionAsked,
    PermissionDecision,
    PromptAccepted,
    SessionSeen,
    Signal,
    StatusSeen,
    TextSeen,
    ToolFinished,
    ToolKind,
    TurnEnded,
    TurnFailed,
    Unknown,
)
from chorus_hooks import activity, answers, injection, keys, limits, tools
from chorus_hooks.edits import edits
from chorus_hooks.results import result

Line = Mapping[str, Any]

#: What `complete` adds to a line.
EARLIER = "chorus"

#: Uses of tools that are remembered until their result comes.
REMEMBERED = 500

#: Lines that tell nothing that others do not.
_SILENT = frozenset(
    (
        *("hook_started", "hook_progress", "hook_response", "thinking_tokens", "task_progress"),
        *("task_started", "task_updated", "task_notification", "background_tasks_changed"),
        *("session_state_changed", "files_persisted"),
    )
)
_SILENT_TYPES = frozenset(
    ("control_response", "control_cancel_request", "command_lifecycle", "stream_event", "keep_alive")
)

#: The names that older notes use, for what the real versions send.
EVENTS = (
    *("session_start", "user", "tool_use", "tool_result", "text", "assistant", "result"),
    *("permission_request", "error", "system"),
)


def events(line: Line) -> Sequence[str]:
    """What a line says, in the ten names of `EVENTS`, in its order; none for a line of another kind."""
    kind = line.get("type")
    if kind == "system":
        special = {"init": "session_start", "api_retry": "error"}
        return (special.get(str(line.get("subtype")), "system"),)
    if kind == "result":
        return ("result", "error") if line.get("is_error") is True else ("result",)
    if kind == "control_request":
        return ("permission_request",) if _request(line).get("subtype") == "can_use_tool" else ()
    if kind == "assistant":
        inner = [block["type"] for block in _blocks(line) if block.get("type") in ("text", "tool_use")]
        return ("assistant", *inner, *(("error",) if line.get("error") else ()))
    if kind == "user":
        return ("user", *("tool_result" for block in _blocks(line) if block.get("type") == "tool_result"))
    return ()


class ClaudeStream(StatusSource):
    """The lines of one run come in order, completed by what the earlier ones said."""

    name = "claude-stream"
    tool_kinds = tools.KINDS

    def inject(self, request: LaunchRequest) -> Injection:
        return injection.inject(request)

    # --- what it says -------------------------------------------------------------------------------

    def interpret(self, report: Line) -> Sequence[Signal]:
        match report.get("type"):
            case "system":
                return _system(report)
            case "user":
                return _user(report)
            case "assistant":
                return _assistant(report)
            case "result":
                return [_result(report)]
            case "control_request":
                return _asked(report)
            case "control_response" if _opened(report):
                return [StatusSeen(AgentStatus.IDLE, "Ready")]
            case str(kind) if kind in _SILENT_TYPES:
                return []
            case kind:
                return [Unknown(str(kind), report)]

    def complete(self, line: Line, memory: dict[str, Any]) -> Line:
        _remember(line, memory)
        kind = line.get("type")
        if kind == "user":
            uses = memory.get("uses", {})
            ids = [str(block.get("tool_use_id")) for block in _blocks(line)]
            return {**line, EARLIER: {"uses": {id: uses.pop(id) for id in ids if id in uses}}}
        if kind == "result":
            background = len(memory.get("tasks", ()))
            return {**line, EARLIER: {"background": background, "error": memory.pop("error", None)}}
        return line

    def asks(self, line: Line) -> str | None:
        return _mark(line) if line.get("type") == "control_request" else None

    def takes_back(self, line: Line) -> str | None:
        return _mark(line) if line.get("type") == "control_cancel_request" else None

    # --- what it is told ------------------------------------------------------------------------------

    def answer(self, report: Line, verdict: Verdict) -> Line:
        request = _request(report)
        decision = answers.decision(
            {"tool_name": request.get("tool_name"), "tool_input": request.get("input")}, verdict
        )
        if verdict.decision is PermissionDecision.ALLOW:  # 2.1.197 wants the input given back
            decision = {"updatedInput": request.get("input"), **decision}
        response = {"subtype": "success", "request_id": _mark(report), "response": decision}
        return {"type": "control_response", "response": response}

    def opening(self, mark: str) -> Line:
        return _control(mark, "initialize")

    def prompt(self, text: str, mark: str) -> Line:
        # The CLI takes a UUID and gives it back; the mark itself need not be one.
        id = str(uuid.uuid5(uuid.NAMESPACE_OID, mark))
        message = {"role": "user", "content": keys.clean(text)}
        return {"type": "user", "uuid": id, "message": message, "parent_tool_use_id": None, "mark": mark}

    def interruption(self, mark: str) -> Line:
        return _control(mark, "interrupt")


# --- lines ------------------------------------------------------------------------------------------


def _system(line: Line) -> Sequence[Signal]:
    match line.get("subtype"):
        case "init":
            id = line.get("session_id")
            return [SessionSeen(id)] if isinstance(id, str) else []
        case "api_retry":
            attempt, most = line.get("attempt"), line.get("max_retries")
            words = f"Retrying, attempt {attempt} of {most}: {line.get('error') or line.get('error_status')}"
            return [StatusSeen(AgentStatus.THINKING, activity.line(words))]
        case "status" if line.get("status") == "compacting":
            return [StatusSeen(AgentStatus.THINKING, "Compacting the conversation")]
        case "compact_boundary":
            return [StatusSeen(AgentStatus.THINKING, "The conversation was compacted")]
        case "status":
            return []
        case subtype if subtype in _SILENT:
            return []
        case subtype:
            return [Unknown(f"system/{subtype}", line)]


def _user(line: Line) -> Sequence[Signal]:
    if line.get("isReplay") is True and _agent(line) is None:
        text = _said(line)
        if not text.strip() or text.lstrip().startswith("<task-notification>"):
            return []
        return [PromptAccepted(text), StatusSeen(AgentStatus.THINKING, activity.line(text))]
    done = [_finished(line, block) for block in _blocks(line) if block.get("type") == "tool_result"]
    if not done:
        return []
    return [*done, StatusSeen(AgentStatus.THINKING, "Thinking", agent=_agent(line))]


def _finished(line: Line, block: Mapping[str, Any]) -> ToolFinished:
    use = str(block.get("tool_use_id"))
    known = _table(_table(line, EARLIER), "uses").get(use) or {}
    tool = tools.use(str(known.get("name") or "tool"), known.get("input") or {})
    failed = block.get("is_error") is True
    answer = line.get("tool_use_result")
    text = result(tool.kind, answer if isinstance(answer, Mapping) else block.get("content"))
    return ToolFinished(
        tool,
        use,
        ok=not failed,
        edits=() if failed else edits(tool, answer),
        error=result(ToolKind.OTHER, block.get("content")) if failed else None,
        result=None if failed else text,
        agent=_agent(line),
    )


def _assistant(line: Line) -> Sequence[Signal]:
    signals: list[Signal] = []
    for block in _blocks(line):
        text = block.get("text")
        if block.get("type") == "text" and isinstance(text, str) and text.strip() and not line.get("error"):
            signals.append(TextSeen(text, agent=_agent(line)))
        if block.get("type") == "tool_use":
            use = tools.use(str(block.get("name")), _table(block, "input"))
            signals.append(StatusSeen(*activity.of_tool(use), agent=_agent(line)))
    return signals


def _result(line: Line) -> Signal:
    """`subtype` may be success with `is_error`; an interrupted turn is an error that is none."""
    earlier, text = _table(line, EARLIER), line.get("result")
    said = text if isinstance(text, str) else None
    if str(line.get("terminal_reason")).startswith("aborted"):
        return TurnEnded("Interrupted")
    if line.get("is_error") is not True:
        return TurnEnded(said, int(earlier.get("background") or 0))
    kind = earlier.get("error") or line.get("subtype")
    errors = line.get("errors")
    more = "; ".join(str(one) for one in errors) if isinstance(errors, list) else None
    error, words = "unknown" if kind in (None, "success") else str(kind), said or more
    return TurnFailed(error, words, limits.reset_of(error, words))


def _asked(line: Line) -> Sequence[Signal]:
    request = _request(line)
    if request.get("subtype") != "can_use_tool":
        return [Unknown(f"control_request/{request.get('subtype')}", line)]
    tool = tools.with_change(tools.use(str(request.get("tool_name")), _table(request, "input")))
    suggestions = request.get("permission_suggestions")
    known = [one for one in suggestions if isinstance(one, Mapping)] if isinstance(suggestions, list) else []
    use, agent = request.get("tool_use_id"), request.get("agent_id")
    return [
        PermissionAsked(
            tool,
            tools.suggested(known),
            use if isinstance(use, str) else None,
            agent=agent if isinstance(agent, str) else None,
        )
    ]


def _remember(line: Line, memory: dict[str, Any]) -> None:
    match line.get("type"), line.get("subtype"):
        case "assistant", _:
            uses = memory.setdefault("uses", {})
            for block in _blocks(line):
                if block.get("type") == "tool_use":
                    uses[str(block.get("id"))] = {"name": block.get("name"), "input": _table(block, "input")}
            for id in list(uses)[:-REMEMBERED]:
                del uses[id]
            if isinstance(line.get("error"), str):
                memory["error"] = line["error"]
        case "system", "task_started":
            tasks = memory.setdefault("tasks", [])
            if line.get("task_id") not in tasks:
                tasks.append(line.get("task_id"))
        case "system", "task_notification":
            memory["tasks"] = [one for one in memory.get("tasks", []) if one != line.get("task_id")]
        case "system", "background_tasks_changed":
            running = line.get("tasks")
            if isinstance(running, list):
                memory["tasks"] = [one.get("task_id") for one in running if isinstance(one, Mapping)]


# --- fields -----------------------------------------------------------------------------------------


def _table(line: Line, name: str) -> Mapping[str, Any]:
    found = line.get(name)
    return found if isinstance(found, Mapping) else {}


def _request(line: Line) -> Mapping[str, Any]:
    return _table(line, "request")


def _blocks(line: Line) -> Sequence[Mapping[str, Any]]:
    content = _table(line, "message").get("content")
    return [block for block in content if isinstance(block, Mapping)] if isinstance(content, list) else []


def _said(line: Line) -> str:
    content = _table(line, "message").get("content")
    if isinstance(content, str):
        return content
    return "\n".join(str(block.get("text", "")) for block in _blocks(line) if block.get("type") == "text")


def _agent(line: Line) -> str | None:
    """The subagent that a line is about; the newer version names it, the older one the use that began it."""
    for name in ("agent_id", "parent_tool_use_id"):
        if isinstance(line.get(name), str):
            return str(line[name])
    return None


def _mark(line: Line) -> str | None:
    id = line.get("request_id")
    return id if isinstance(id, str) else None


def _opened(line: Line) -> bool:
    """Whether it is the answer to `initialize`, the only one that lists commands."""
    return "commands" in _table(_table(line, "response"), "response")


def _control(id: str, subtype: str) -> Line:
    return {"type": "control_request", "request_id": id, "request": {"subtype": subtype}}
