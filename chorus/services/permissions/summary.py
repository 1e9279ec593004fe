"""One line that says what a tool use is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chorus.model import one_line
from chorus.model.plans import NO_PLAN, PLAN_TOOL, plan
from chorus.model.questions import questions
from chorus.model.rules import subject

#: The fields of a tool's input that name a file or folder.
_FILES = ("file_path", "notebook_path", "path")


def summary(tool: str, given: Mapping[str, Any], folder: str | None = None) -> str:
    """Return the command, the file, or the tool and its input.

    A file in the task's folder is called as it is there.
    """
    line = subject({**given, **_in_folder(given, folder)} if folder else given)
    if tool == PLAN_TOOL:
        return f"Plan: {line}" if plan(tool, given) else NO_PLAN
    if line is not None:
        return line if tool == "Bash" else f"{tool} {line}"
    asked = questions(tool, given)
    return one_line(asked[0].text) or tool if asked else tool


def _in_folder(given: Mapping[str, Any], folder: str) -> dict[str, str]:
    """Return the files of an input that are in the folder, as they are called there."""
    start = folder.rstrip("/") + "/"
    files = {name: given[name] for name in _FILES if isinstance(given.get(name), str)}
    return {name: path.removeprefix(start) for name, path in files.items() if path != start}
