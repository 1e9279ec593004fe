"""What is asked, as text for a person: in one line, and as the whole. Pure."""

from __future__ import annotations

import json

from chorus.model.questions import Question
from chorus.model.status import one_line
from chorus.model.tools import ToolKind, ToolUse

#: Characters that are shown; more is nothing to decide by.
SHOWN = 20_000

#: What a person reads where there is no plan: the agent's own dialog then says no more either.
NO_PLAN = "Wants to begin, and has written no plan"


def summary(use: ToolUse) -> str:
    """Return one line: the command, the question, the plan, or the tool and what its use is about.

    A file in the task's folder is called as it is there.
    """
    if use.kind is ToolKind.PLAN:
        return f"Plan: {one_line(use.plan)}" if use.plan else NO_PLAN
    if use.kind is ToolKind.QUESTION:
        return (one_line(use.questions[0].text) if use.questions else None) or use.name
    line = one_line(_in_folder(use))
    if line is None or use.kind is ToolKind.RUN:
        return line or use.name
    return f"{use.name} {line}"


def detail(use: ToolUse) -> str:
    """Return at most SHOWN characters; what was left out is said in the last line."""
    text = _text(use)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}\n… and {len(text) - SHOWN:,} more characters"


def _in_folder(use: ToolUse) -> str | None:
    if use.subject is None or use.folder is None or use.kind is ToolKind.RUN:
        return use.subject
    return use.subject.removeprefix(use.folder.rstrip("/") + "/") or use.subject


def _text(use: ToolUse) -> str:
    if use.questions:
        return "\n\n".join(_question(one) for one in use.questions)
    if use.kind is ToolKind.PLAN:
        return use.plan or f"{NO_PLAN}."
    if use.command is not None:
        return use.command
    if use.change is not None and use.subject is not None:
        return f"{use.subject}\n{use.change}"
    return json.dumps(dict(use.input), indent=2, ensure_ascii=False)


def _question(asked: Question) -> str:
    several = " (several may be chosen)" if asked.several else ""
    return "\n".join((f"{asked.text}{several}", *(f"- {option.label}" for option in asked.options)))
