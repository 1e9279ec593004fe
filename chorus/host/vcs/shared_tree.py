"""Shared working trees: a VCS backend is told which tool is at work, so that edits stay apart."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress

from chorus.backends import SharesTree, Workspace
from chorus.errors import ChorusError
from chorus.host.backends.calls import call
from chorus.model import Signal, Task, ToolFinished, ToolStarted
from chorus.plugins import Plugins

log = logging.getLogger(__name__)

#: Seconds a report may be held up for this; the agent waits for five.
HOLD_SECONDS = 4.0


class SharedTree:
    def __init__(self, plugins: Plugins) -> None:
        self._plugins = plugins

    def backend(self, task: Task) -> SharesTree | None:
        if task.vcs_backend not in self._plugins.vcs:
            return None
        found = self._plugins.vcs[task.vcs_backend]
        return found if isinstance(found, SharesTree) else None

    async def announce_tools(
        self, task: Task, workspace: Workspace | None, signals: Sequence[Signal]
    ) -> None:
        """Let the tool that is about to start wait for its turn; forget one that failed. Never raises."""
        backend = self.backend(task)
        if backend is None or workspace is None:
            return
        for signal in signals:
            with suppress(ChorusError):
                if isinstance(signal, ToolStarted) and signal.use_id and signal.tool.writes != ():
                    started = backend.tool_started(workspace, signal.use_id, signal.tool.writes)
                    await call(f"VCS {task.vcs_backend}", started, HOLD_SECONDS)
                elif isinstance(signal, ToolFinished) and signal.use_id and not signal.ok:
                    finished = backend.tool_finished(workspace, signal.use_id)
                    await call(f"VCS {task.vcs_backend}", finished, HOLD_SECONDS)

    async def around_commit(
        self, task: Task, workspace: Workspace, use_id: str | None, *, before: bool
    ) -> None:
        """Say that a tool has ended: before a commit of whatever it changed, after one of its named edits."""
        backend = self.backend(task)
        if backend is None:
            return
        with suppress(ChorusError):
            if use_id is not None:
                await call(f"VCS {task.vcs_backend}", backend.tool_finished(workspace, use_id))
            elif before:
                await call(f"VCS {task.vcs_backend}", backend.tools_ended(workspace))
