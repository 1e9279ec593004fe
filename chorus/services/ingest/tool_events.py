"""What is said about the tools of agents: `agent.tool` and `agent.text`, bounded however long they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chorus.db.unit import Unit
from chorus.model import FileEdit, Run, TextSeen, ToolFinished, ToolStarted, one_line
from chorus.model.truncate import Budget
from chorus.services.permissions.summary import summary

#: Bytes of JSON that an event keeps of a tool's input, of the hunks of its edit and of its result, and of a
#: text: together with the rest some 16 KiB.
INPUT = 6 * 1024
PATCH = 5 * 1024
RESULT = 4 * 1024
TEXT = 15 * 1024


def tool_started(unit: Unit, run: Run, signal: ToolStarted, source: str) -> None:
    given = Budget(INPUT)
    data = {**_head(run, signal, "start"), "input": given.value(signal.input), "truncated": given.cut}
    unit.emit("agent.tool", run.task_id, source, data)


def tool_finished(unit: Unit, run: Run, signal: ToolFinished, source: str) -> None:
    """`result` is the tool's answer in words, or why it failed; `patch` the hunks of an edit."""
    given, changed, answered = Budget(INPUT), Budget(PATCH), Budget(RESULT)
    result = signal.result if signal.ok else signal.error
    data = {
        **_head(run, signal, "end" if signal.ok else "failed"),
        "input": given.value(signal.input),
        "patch": changed.value(_hunks(signal.edits)),
        "result": None if result is None else answered.text(result),
        "files": [edit.path for edit in signal.edits],
        "error": one_line(signal.error),
        "truncated": given.cut or changed.cut or answered.cut,
    }
    unit.emit("agent.tool", run.task_id, source, data)


def text_seen(unit: Unit, run: Run, signal: TextSeen, source: str) -> None:
    kept = Budget(TEXT)
    data = {
        "runId": run.id,
        "agentRef": signal.agent,
        "text": kept.text(signal.text),
        "truncated": kept.cut,
    }
    unit.emit("agent.text", run.task_id, source, data)


def _head(run: Run, signal: ToolStarted | ToolFinished, phase: str) -> dict[str, Any]:
    return {
        "runId": run.id,
        "phase": phase,
        "toolName": signal.tool,
        "summary": summary(signal.tool, signal.input),
        "useId": signal.use_id,
        "agentRef": signal.agent,
    }


def _hunks(edits: Sequence[FileEdit]) -> list[dict[str, Any]]:
    return [
        {
            "oldStart": hunk.old_start,
            "oldLines": hunk.old_lines,
            "newStart": hunk.new_start,
            "newLines": hunk.new_lines,
            "lines": hunk.lines,
        }
        for edit in edits
        for hunk in edit.hunks
    ]
