"""Committer: carries out each commit once, and reports conflicts."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from chorus.backends import CommitRequest, ConflictPolicy, CountsChanges, ResolvesConflicts, Workspace
from chorus.crash import point
from chorus.errors import ChorusError, Unavailable, VcsConflict
from chorus.host.backends.calls import call
from chorus.host.port import Command
from chorus.host.reports import Committed, ConflictResolved, Report, Unassigned, VcsTrouble
from chorus.host.vcs.edits import edits_from_json
from chorus.host.vcs.shared_tree import SharedTree
from chorus.model import Commit, DiffStat, Project, Task, diffs
from chorus.plugins import Plugins

log = logging.getLogger(__name__)


def workspace_of(task: Task, project: Project) -> Workspace | None:
    if task.branch is None or task.worktree is None:
        return None
    return Workspace(project.path, task.branch, task.worktree, task.base or "")


class Committer:
    def __init__(self, plugins: Plugins) -> None:
        self._plugins = plugins
        self._shared_tree = SharedTree(plugins)
        self._told: dict[str, list[str]] = {}

    async def commit(self, command: Command) -> list[Report]:
        """Commit what the command names, or everything of the task that is not committed."""
        workspace = workspace_of(command.task, command.project)
        if workspace is None:
            return []
        task, payload = command.task, command.payload
        vcs = self._plugins.vcs[task.vcs_backend]
        request = CommitRequest(payload["message"], payload["key"], edits_from_json(payload["edits"]))
        use_id = payload.get("use_id")
        swept = request.edits is None
        if swept:
            await self._shared_tree.around_commit(task, workspace, use_id, before=True)
        try:
            reports = await self._recorded(command, lambda: vcs.commit(workspace, request))
        finally:
            if not swept:
                await self._shared_tree.around_commit(task, workspace, use_id, before=False)
        point("commit.committed")
        return [*reports, *(await self._unassigned(command, workspace) if use_id is None else [])]

    async def _unassigned(self, command: Command, workspace: Workspace) -> list[Report]:
        """What nobody's tool is known to have changed is told at the end of a turn, never swept up."""
        backend = self._shared_tree.backend(command.task)
        if backend is None:
            return []
        name = command.task.vcs_backend
        paths = list(await call(f"VCS {name}", backend.unassigned(workspace.repository)))
        if paths == self._told.get(workspace.repository, []):
            return []
        self._told[workspace.repository] = paths
        return [Unassigned(command.task.id, paths)]

    async def resolve(self, command: Command) -> list[Report]:
        """Do with the changes that are in conflict what a person has decided."""
        workspace = workspace_of(command.task, command.project)
        if workspace is None:
            return []
        task, payload = command.task, command.payload
        vcs = self._plugins.vcs[task.vcs_backend]
        if not isinstance(vcs, ResolvesConflicts):
            raise Unavailable(f"The VCS backend {vcs.name} has no conflicts to resolve.")
        request = CommitRequest(payload["message"], f"resolve:{command.seq}")
        policy = ConflictPolicy(payload["policy"])
        reports = await self._recorded(command, lambda: vcs.resolve(workspace, request, policy))
        if any(isinstance(report, VcsTrouble) for report in reports):
            return reports
        return [*reports, ConflictResolved(task.id)]

    async def _recorded(self, command: Command, work: Callable[[], Awaitable[Commit | None]]) -> list[Report]:
        task = command.task
        try:
            commit = await call(f"VCS {task.vcs_backend}", work())
        except VcsConflict as conflict:
            return [VcsTrouble(task.id, conflict.message, True, conflict.details)]
        key = command.payload.get("key", f"{command.kind}:{command.seq}")
        workspace = workspace_of(task, command.project)
        return [Committed(task.id, key, commit, await self.stat(task, workspace) if commit else None)]

    async def stat(self, task: Task, workspace: Workspace | None) -> DiffStat | None:
        """What the task's branch has changed, counted; None when that does not work just now."""
        vcs = self._plugins.vcs[task.vcs_backend]
        if workspace is None:
            return None
        try:
            if isinstance(vcs, CountsChanges):
                return await call(f"VCS {vcs.name}", vcs.stat(workspace))
            return diffs.of_text(await call(f"VCS {vcs.name}", vcs.diff(workspace)))
        except ChorusError as error:
            log.warning("the changes of task %s could not be counted: %s", task.id, error)
            return None
