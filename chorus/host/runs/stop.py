"""End of agents, and of tasks that are put away."""

from __future__ import annotations

from pathlib import Path

from chorus.backends import CommitRequest, VcsBackend, Workspace
from chorus.crash import point
from chorus.errors import Conflict
from chorus.host.backends.calls import call
from chorus.host.lanes import Lanes
from chorus.host.port import Command, run_of
from chorus.host.reports import Committed, Report, RunEnded, WorkspaceClosed
from chorus.host.run_dir import RunDir
from chorus.host.runs.orphans import end_orphans_of_run, end_orphans_of_task
from chorus.host.runs.registry import RunRegistry
from chorus.host.runs.watcher import ended_report
from chorus.host.vcs.committer import Committer, workspace_of
from chorus.model import Run, Task
from chorus.plugins import Plugins


class StopHandler:
    def __init__(
        self, plugins: Plugins, state_dir: Path, registry: RunRegistry, committer: Committer, lanes: Lanes
    ) -> None:
        """`lanes`: a task is put away between its commits."""
        self._plugins = plugins
        self._state_dir = state_dir
        self._registry = registry
        self._committer = committer
        self._lanes = lanes

    async def stop(self, command: Command) -> list[Report]:
        """End the run's agent and all it has started."""
        run = run_of(command)
        run_dir = RunDir(self._state_dir, run.id)
        process = run_dir.agent()
        if process is None:
            return await self._never_started(run, command.task)
        if command.payload.get("settle"):
            await self._registry.settle(run.id)  # what is not written down yet could not be resumed
        await process.end()
        # What it put in the background has left its family: it goes too when a person ends the agent.
        left = await end_orphans_of_run(run, command.task)
        point("stop.ended")
        if run.ended_at is not None or await self._registry.ended(run.id):
            return left
        session = self._plugins.sessions[command.task.session_backend]
        return [*left, await ended_report(run, command.task, run_dir, session)]

    async def _never_started(self, run: Run, task: Task) -> list[Report]:
        """Its start made way for this: it is not tried again, and what there may be of a session goes."""
        if run.ended_at is not None:
            return []
        session = self._plugins.sessions[task.session_backend]
        await call(f"session {session.name}", session.stop(task.id))
        return [RunEnded(run.id, None, None, "It had not been started yet")]

    async def close(self, command: Command) -> list[Report]:
        """Put the task away: session ended, what is left committed, working folder removed when clean."""
        task, project = command.task, command.project
        session = self._plugins.sessions[task.session_backend]
        await call(f"session {session.name}", session.stop(task.id))
        # Also what runs left that ended by themselves or lost their terminal.
        left = await end_orphans_of_task(task)
        point("close.stopped")
        workspace = workspace_of(task, project)
        if workspace is None:
            return left
        async with self._lanes.commits(task.id).turn():
            # What is left comes last: it is what a person has to know of a task that is put away.
            return [
                *await self._close_workspace(command, self._plugins.vcs[task.vcs_backend], workspace),
                *left,
            ]

    async def _close_workspace(self, command: Command, vcs: VcsBackend, workspace: Workspace) -> list[Report]:
        task = command.task
        delete = bool(command.payload["delete_branch"])
        key = f"close:{command.run.id if command.run else task.id}"
        message = f"Keep what was left uncommitted\n\nTask: {task.title}\nAgent: {task.agent}\n"
        reports: list[Report] = []
        try:
            commit = await call(f"VCS {vcs.name}", vcs.commit(workspace, CommitRequest(message, key)))
            stat = await self._committer.stat(task, workspace) if commit else None
            reports.append(Committed(task.id, key, commit, stat))
            point("close.committed")
            await call(f"VCS {vcs.name}", vcs.close(workspace, delete_branch=delete))
        except Conflict as kept:
            failure = {**kept.details, "code": kept.code}
            return [*reports, WorkspaceClosed(task.id, kept.message, failure=failure)]
        point("close.closed")
        return [*reports, WorkspaceClosed(task.id, None, delete)]
