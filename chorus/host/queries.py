"""Queries of this host, answered at once: implements `chorus.host.port.HostPort`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from types import NoneType

from chorus.backends import FollowsCommits, NeedsSetup, Pushes, Repository, SessionState, SharesTree
from chorus.errors import BadInput, ChorusError, Conflict, Unavailable
from chorus.host.backends.calls import call
from chorus.host.doctor import run_doctor
from chorus.host.documents.reader import DocumentReader
from chorus.host.port import Output, Pointed, RepositoryFound
from chorus.host.reports import Followed
from chorus.host.run_dir import RunDir
from chorus.host.terminal.output_log import OutputLog
from chorus.host.vcs.committer import workspace_of
from chorus.host.vcs.shared_tree import SharedTree
from chorus.model import Check, Commit, Document, DocumentReference, Excerpt, Heading, Project, Signal, Task
from chorus.plugins import Plugins

#: The VCS backend for repositories that no other asks for.
PLAIN_VCS = "git"


class HostQueries:
    def __init__(self, plugins: Plugins, state_dir: Path) -> None:
        self._plugins = plugins
        self._state_dir = state_dir
        self._shared_tree = SharedTree(plugins)
        self._documents = DocumentReader(plugins)

    # --- repositories ----------------------------------------------------------------------------

    async def inspect(self, path: str, vcs: str | None) -> RepositoryFound:
        """The repository at a path and the VCS backend its tasks should use."""
        name = vcs or PLAIN_VCS
        backend = self._plugins.vcs[name]
        reason = backend.check()
        if reason is not None:
            raise Unavailable(reason)
        found = await call(f"VCS {name}", backend.inspect(path), expect=Repository)
        return RepositoryFound(found.path, found.default_branch, vcs or await self._detect_vcs(found.path))

    async def _detect_vcs(self, path: str) -> str:
        for name, backend in self._plugins.vcs.items():
            usable = name != PLAIN_VCS and backend.check() is None
            if usable and await call(f"VCS {name}", backend.suits(path)):
                return name
        return PLAIN_VCS

    async def ready(self, agent: str, session: str, vcs: str) -> None:
        backends = (self._plugins.agents[agent], self._plugins.sessions[session], self._plugins.vcs[vcs])
        for backend in backends:
            reason = await asyncio.to_thread(backend.check)
            if reason is not None:
                raise Unavailable(reason)

    async def diff(self, task: Task, project: Project) -> str:
        workspace = workspace_of(task, project)
        if workspace is None:
            return ""
        vcs = self._plugins.vcs[task.vcs_backend]
        return await call(f"VCS {vcs.name}", vcs.diff(workspace), expect=str)

    async def announce_tools(self, task: Task, project: Project, signals: Sequence[Signal]) -> None:
        await self._shared_tree.announce_tools(task, workspace_of(task, project), signals)

    async def commits(self, task: Task, project: Project) -> Sequence[Commit] | None:
        vcs = self._plugins.vcs[task.vcs_backend]
        workspace = workspace_of(task, project)
        if workspace is None or not isinstance(vcs, FollowsCommits):
            return None
        return await call(f"VCS {vcs.name}", vcs.commits(workspace))

    async def push(self, task: Task, project: Project) -> str:
        vcs = self._plugins.vcs[task.vcs_backend]
        workspace = workspace_of(task, project)
        if workspace is None:
            raise Conflict("The task has no branch yet: start it first.")
        if not isinstance(vcs, Pushes):
            raise Unavailable(f"The VCS backend {vcs.name} does not push; push {workspace.branch} with git.")
        return await call(f"VCS {vcs.name}", vcs.push(workspace))

    async def run_doctor(self, repositories: Sequence[str]) -> Sequence[Check]:
        return await run_doctor(self._plugins, self._state_dir, repositories)

    async def unassigned(self, project: Project) -> Sequence[str]:
        """Uncommitted changes that belong to no task, where tasks share a folder."""
        found: list[str] = []
        for name, vcs in self._plugins.vcs.items():
            shared = isinstance(vcs, SharesTree) and vcs.check() is None
            if shared and await call(f"VCS {name}", vcs.suits(project.path)):
                assert isinstance(vcs, SharesTree)
                found += await call(f"VCS {name}", vcs.unassigned(project.path))
        return found

    async def set_up(self, project: Project, vcs: str, *, consented: bool) -> str:
        backend = self._setup_backend(vcs)
        what = await call(f"VCS {vcs}", backend.consent(project.path))
        if consented:
            await call(f"VCS {vcs}", backend.setup(project.path, consented=True))
        return what

    async def leave(self, project: Project, vcs: str) -> None:
        await call(f"VCS {vcs}", self._setup_backend(vcs).leave(project.path))

    def _setup_backend(self, name: str) -> NeedsSetup:
        vcs = self._plugins.vcs[name]
        reason = vcs.check()
        if reason is not None:
            raise Unavailable(reason)
        if not isinstance(vcs, NeedsSetup):
            raise BadInput(f"The VCS backend {name} needs no set-up.", field="vcsBackend")
        return vcs

    # --- terminals -------------------------------------------------------------------------------

    def attach_command(self, task: Task) -> Sequence[str]:
        return self._plugins.sessions[task.session_backend].attach_command(task.id)

    async def input(self, task: Task, data: bytes) -> None:
        session = self._plugins.sessions[task.session_backend]
        await call(f"session {session.name}", session.input(task.id, data))

    async def resize(self, task: Task, cols: int, rows: int) -> None:
        session = self._plugins.sessions[task.session_backend]
        await call(f"session {session.name}", session.resize(task.id, cols, rows))

    async def size(self, task: Task) -> tuple[int, int]:
        """Columns and rows of the task's terminal; (0, 0) when it has none."""
        session = self._plugins.sessions[task.session_backend]
        try:
            found = await call(
                f"session {session.name}", session.observe(task.id), expect=(SessionState, NoneType)
            )
        except ChorusError:
            found = None
        return (found.cols, found.rows) if found else (0, 0)

    async def output(self, run_id: str, after: int, ended: asyncio.Event) -> AsyncIterator[Output]:
        """The run's terminal from an offset on, until the run has ended and all of it was given."""
        log = OutputLog(RunDir(self._state_dir, run_id).log)
        async for chunk in log.follow(after, ended=ended):
            yield Output(chunk.offset, chunk.data, chunk.truncated_from)

    # --- documents -------------------------------------------------------------------------------

    async def documents(self, project: Project, match: str | None) -> Sequence[Document]:
        found: list[Document] = []
        paths: set[str] = set()
        for name in sorted(self._plugins.documents):
            provider = self._plugins.documents[name]
            listed = await call(f"documents {name}", provider.list(project.path, match))
            found += [document for document in listed if document.path not in paths]
            paths.update(document.path for document in listed)
        return sorted(found, key=lambda document: document.path)

    async def outline(self, project: Project, path: str) -> Sequence[Heading]:
        return (await self._documents.provider(project, path))[1]

    async def excerpt(
        self, project: Project, path: str, heading: str | None, lines: tuple[int, int] | None
    ) -> Excerpt:
        provider, _ = await self._documents.provider(project, path)
        reading = provider.read(project.path, path, heading=heading, lines=lines)
        return await call(f"documents {provider.name}", reading)

    async def follow(self, project: Project, references: Sequence[DocumentReference]) -> Sequence[Followed]:
        return await self._documents.follow(project, references)

    async def point(
        self, project: Project, path: str, heading: str | None, lines: tuple[int, int] | None
    ) -> Pointed:
        return await self._documents.point(project, path, heading, lines)
