"""The whole of what is asked, as text for a person: the command, the change to a file, the question. Pure."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from chorus.model.plans import NO_PLAN, PLAN_TOOL, plan
from chorus.model.questions import Question, questions

#: Characters that are shown; more is nothing to decide by.
SHOWN = 20_000


def detail(tool: str, given: Mapping[str, Any]) -> str:
    """At most SHOWN characters; what was left out is said in the last line."""
    text = _text(tool, given)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}\n… and {len(text) - SHOWN:,} more characters"


def _text(tool: str, given: Mapping[str, Any]) -> str:
    asked = questions(tool, given)
    if asked:
        return "\n\n".join(_question(one) for one in asked)
    if tool == PLAN_TOOL:
        return plan(tool, given) or f"{NO_PLAN}."
    if isinstance(given.get("command"), str):
        return str(given["command"])
    path = given.get("file_path", given.get("notebook_path"))
    if isinstance(path, str):
        changes = list(_changes(given))
        if changes:
            return "\n".join((path, *changes))
    return json.dumps(dict(given), indent=2, ensure_ascii=False)


def _question(asked: Question) -> str:
    several = " (several may be chosen)" if asked.several else ""
    return "\n".join((f"{asked.text}{several}", *(f"- {option}" for option in asked.options)))


def _changes(given: Mapping[str, Any]) -> Iterator[str]:
    """The lines that an edit takes away and adds, without line numbers: those nobody has told."""
    edits = given.get("edits")
    for edit in edits if isinstance(edits, list) else [given]:
        before, after = edit.get("old_string", ""), edit.get("new_string")
        for name in ("content", "new_source"):
            after = edit.get(name) if after is None else after
        if not isinstance(before, str) or not isinstance(after, str):
            continue
        diff = difflib.unified_diff(before.splitlines(), after.splitlines(), n=3, lineterm="")
        yield from (line for at, line in enumerate(diff) if at > 1 and not line.startswith("@@ "))
        if edit.get("replace_all") is True:
            yield "(everywhere in the file)"
