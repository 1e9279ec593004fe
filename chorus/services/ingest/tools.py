"""What is written when an agent reports a tool: an event, and a commit of what the tool changed.

Events are bounded, however long the tool's input and answer are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chorus.db.unit import Unit
from chorus.model import FileEdit, Run, ToolFinished, ToolStarted, one_line
from chorus.model.events import AgentToolEvent
from chorus.model.request_text import summary
from chorus.model.truncate import Truncator
from chorus.plugins import Plugins
from chorus.services.ingest.commits import order_commit
from chorus.services.permissions.broker import PermissionService
from chorus.services.status import run_state

#: Bytes of JSON that an event keeps of a tool's input, of the hunks of its edit and of its result: together
#: with the rest some 16 KiB.
INPUT = 6 * 1024
PATCH = 5 * 1024
RESULT = 4 * 1024


class Tools:
    def __init__(self, plugins: Plugins, permissions: PermissionService) -> None:
        self._plugins = plugins
        self._permissions = permissions

    def started(self, unit: Unit, run: Run, signal: ToolStarted, source: str) -> None:
        """Tell that the agent is about to use a tool."""
        _tell_start(unit, run, signal, source)

    def finished(self, unit: Unit, run: Run, signal: ToolFinished, source: str) -> None:
        """Tell how a tool has ended, and have committed what it changed."""
        self._permissions.withdrawals.of_tool(unit, run.id, signal, "answered in the terminal")
        run_state.refresh(unit, run.id)
        _tell_end(unit, run, signal, source)
        if not signal.ok:
            return
        if signal.edits:
            commit_edits(unit, run, signal)
        elif signal.use_id and signal.tool.writes != () and self._shares_tree(unit, run):
            # Where tasks share a folder, what a command changed has to be told apart before the next one.
            order_commit(unit, run, f"tool:{run.id}:{signal.use_id}", None, use_id=signal.use_id)

    def _shares_tree(self, unit: Unit, run: Run) -> bool:
        return self._plugins.shares_tree(run_state.of(unit, run.id).vcs_backend)


def commit_edits(unit: Unit, run: Run, signal: ToolFinished) -> None:
    """Have the edits of a tool committed, once for its use wherever that is told."""
    key = f"edit:{run.id}:{signal.use_id or unit.at.timestamp()}"
    order_commit(unit, run, key, signal.edits or None, use_id=signal.use_id)


def _tell_start(unit: Unit, run: Run, signal: ToolStarted, source: str) -> None:
    given = Truncator(INPUT)
    used = AgentToolEvent(
        run_id=run.id,
        phase="start",
        tool_name=signal.tool.name,
        tool_kind=signal.tool.kind,
        summary=summary(signal.tool),
        use_id=signal.use_id,
        agent_ref=signal.agent,
        input=given.value(signal.tool.input),
        truncated=given.cut,
    )
    unit.emit(used, task_id=run.task_id, source=source)


def _tell_end(unit: Unit, run: Run, signal: ToolFinished, source: str) -> None:
    """Emit the end of a tool: `result` is its answer in words, `patch` the hunks of an edit."""
    given, changed, answered = Truncator(INPUT), Truncator(PATCH), Truncator(RESULT)
    result = signal.result if signal.ok else signal.error
    used = AgentToolEvent(
        run_id=run.id,
        phase="end" if signal.ok else "failed",
        tool_name=signal.tool.name,
        tool_kind=signal.tool.kind,
        summary=summary(signal.tool),
        use_id=signal.use_id,
        agent_ref=signal.agent,
        input=given.value(signal.tool.input),
        patch=changed.value(_hunks(signal.edits)),
        result=None if result is None else answered.text(result),
        files=[edit.path for edit in signal.edits],
        error=one_line(signal.error),
        truncated=given.cut or changed.cut or answered.cut,
    )
    unit.emit(used, task_id=run.task_id, source=source)


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
