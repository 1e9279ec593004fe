"""What an agent does, in one line for a person."""

from __future__ import annotations

from pathlib import PurePath

from chorus.model import AgentStatus, ToolKind, ToolUse, one_line
from chorus_hooks.tools import SUBAGENTS

#: Characters of such a line.
LENGTH = 120

_STATUS = {
    ToolKind.READ: AgentStatus.READING,
    ToolKind.SEARCH: AgentStatus.READING,
    ToolKind.FETCH: AgentStatus.READING,
    ToolKind.EDIT: AgentStatus.EDITING,
    ToolKind.PLAN: AgentStatus.WAITING,
    ToolKind.QUESTION: AgentStatus.WAITING,
}
_WORDS = {
    ToolKind.READ: "Reading",
    ToolKind.SEARCH: "Searching for",
    ToolKind.FETCH: "Reading",
    ToolKind.EDIT: "Editing",
    ToolKind.RUN: "Running",
}
#: Words that say more than those of the kind.
_SPECIAL = {
    "Glob": "Looking for",
    "WebSearch": "Searching the web for",
    "Write": "Writing",
    **dict.fromkeys(SUBAGENTS, "Subagent:"),
}


def line(text: object) -> str | None:
    return one_line(text, LENGTH) if isinstance(text, str) else None


def of_tool(use: ToolUse) -> tuple[AgentStatus, str]:
    """Return what the agent does while it uses a tool."""
    status = _STATUS.get(use.kind, AgentStatus.RUNNING)
    if use.kind.asks_person:
        return status, of_request(use)
    words = _SPECIAL.get(use.name) or _WORDS.get(use.kind)
    what = f"{words} {_about(use) or use.name}" if words else f"Using {_plain(use.name)}"
    return status, line(what) or use.name


def of_request(use: ToolUse) -> str:
    """Return what the agent wants to be allowed, or to know."""
    if use.kind is ToolKind.QUESTION:
        asked = line(use.questions[0].text) if use.questions else None
        return line(f"Asks: {asked or 'a question'}") or use.name
    if use.kind is ToolKind.PLAN:
        return line(f"Plan to approve: {line(use.plan) or 'none was written'}") or use.name
    about = _about(use)
    wanted = about if use.kind is ToolKind.RUN and about else f"{_plain(use.name)} {about or ''}"
    return line(f"Needs approval: {wanted}") or use.name


def _about(use: ToolUse) -> str | None:
    if use.kind is ToolKind.OTHER:
        return line(use.input.get("description")) if use.name in SUBAGENTS else None
    value = line(use.subject)
    return PurePath(value).name or value if value and use.kind in (ToolKind.READ, ToolKind.EDIT) else value


def _plain(tool: str) -> str:
    """Return `mcp__server__tool` as people know it."""
    return tool.removeprefix("mcp__").replace("__", " ")
