"""What an agent does, in one line for a person."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from chorus.model import AgentStatus, one_line

#: Characters of such a line.
LENGTH = 120

Input = Mapping[str, Any]

_READING = AgentStatus.READING
_EDITING = AgentStatus.EDITING
_RUNNING = AgentStatus.RUNNING
_WAITING = AgentStatus.WAITING

#: For each tool: the status, the words, and the field of its input they are about.
_TOOLS: Mapping[str, tuple[AgentStatus, str, str]] = {
    "Read": (_READING, "Reading", "file_path"),
    "NotebookRead": (_READING, "Reading", "notebook_path"),
    "Grep": (_READING, "Searching for", "pattern"),
    "Glob": (_READING, "Looking for", "pattern"),
    "WebFetch": (_READING, "Reading", "url"),
    "WebSearch": (_READING, "Searching the web for", "query"),
    "Edit": (_EDITING, "Editing", "file_path"),
    "MultiEdit": (_EDITING, "Editing", "file_path"),
    "Write": (_EDITING, "Writing", "file_path"),
    "NotebookEdit": (_EDITING, "Editing", "notebook_path"),
    "Bash": (_RUNNING, "Running", "command"),
    "Agent": (_RUNNING, "Subagent:", "description"),
    "Task": (_RUNNING, "Subagent:", "description"),
}

_PATHS = ("file_path", "notebook_path")


def line(text: object) -> str | None:
    return one_line(text, LENGTH) if isinstance(text, str) else None


def of_tool(tool: str, given: Input) -> tuple[AgentStatus, str]:
    """What the agent does while it uses a tool."""
    if tool in ("AskUserQuestion", "ExitPlanMode"):
        return _WAITING, of_request(tool, given)
    status, words, name = _TOOLS.get(tool, (_RUNNING, "Using", ""))
    about = _about(given, name) if name else _plain(tool)
    return status, line(f"{words} {about or tool}") or tool


def of_request(tool: str, given: Input) -> str:
    """What the agent wants to be allowed, or to know."""
    if tool == "AskUserQuestion":
        return line(f"Asks: {_question(given) or 'a question'}") or tool
    if tool == "ExitPlanMode":
        return line(f"Plan to approve: {line(given.get('plan')) or 'none was written'}") or tool
    _, _, name = _TOOLS.get(tool, (_RUNNING, "", ""))
    about = _about(given, name) if name else None
    wanted = about if tool == "Bash" and about else f"{_plain(tool)} {about or ''}"
    return line(f"Needs approval: {wanted}") or tool


def _about(given: Input, name: str) -> str | None:
    value = line(given.get(name))
    return PurePath(value).name or value if value and name in _PATHS else value


def _plain(tool: str) -> str:
    """`mcp__server__tool` as people know it."""
    return tool.removeprefix("mcp__").replace("__", " ")


def _question(given: Input) -> str | None:
    questions = given.get("questions")
    first = questions[0] if isinstance(questions, list) and questions else None
    return line(first.get("question")) if isinstance(first, Mapping) else None
