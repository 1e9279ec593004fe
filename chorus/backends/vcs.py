"""VCS backends: how changes become commits, and what some of them can do beyond that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from chorus.model import Commit, DiffStat, FileEdit


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository as found: its top folder and its default branch."""

    path: str
    default_branch: str


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where a task works. `path` is the folder the agent is started in, `base` the commit its branch began
    at.
    """

    repository: str
    branch: str
    path: str
    base: str


@dataclass(frozen=True, slots=True)
class WorkspaceSpec:
    """`name` is a safe branch name made by Chorus, unique to the task; `base` a branch or commit, default
    the default branch.
    """

    repository: str
    task_id: str
    name: str
    base: str | None = None


@dataclass(frozen=True, slots=True)
class CommitRequest:
    """What to commit: the named edits, or (edits None) everything in the task's workspace that is not
    committed.

    `key` names the reason (a hook report, an end of turn): the same key is never committed twice.
    """

    message: str
    key: str
    edits: Sequence[FileEdit] | None = None
    author: str = "Chorus agent"


@runtime_checkable
class VcsBackend(Protocol):
    """Gives each task a branch and turns its changes into commits on it."""

    name: str

    def check(self) -> str | None:
        """Why this backend cannot work here; None when it can."""
        return None

    async def inspect(self, path: str) -> Repository:
        """The repository at `path`; BadInput with what to do when it is none, bare or without a commit."""
        ...

    async def suits(self, repository: str) -> bool:
        """Whether this backend should be the default for the repository when nobody chose one."""
        return False

    async def open(self, spec: WorkspaceSpec) -> Workspace:
        """Create the task's branch and working folder, or find the ones it has."""
        ...

    async def changed(self, workspace: Workspace) -> Sequence[str]:
        """Paths in the workspace, relative to it, that are not committed."""
        ...

    async def commit(self, workspace: Workspace, request: CommitRequest) -> Commit | None:
        """Commit on the task's branch; None when there is nothing to commit."""
        ...

    async def commits(self, workspace: Workspace) -> Sequence[Commit]:
        """The commits of the task's branch since its base, oldest first."""
        ...

    async def diff(self, workspace: Workspace) -> str:
        """Everything the task changed since its base, committed or not, as one unified diff."""
        ...

    async def close(self, workspace: Workspace, *, delete_branch: bool = False) -> None:
        """Put the working folder away when nothing in it can be lost; delete the branch only when asked.

        Raises Conflict, and changes nothing, when uncommitted work would be lost.
        """
        ...


class ConflictPolicy(StrEnum):
    """What to do with a change that depends on another task's branch."""

    STACK = "stack"  #: put the task's branch on top of the other one, then commit
    HOLD = "hold"  #: leave the change uncommitted, try again with every later commit, and be quiet about it
    ASK = "ask"  #: leave it uncommitted and report it every time, until somebody decides


@runtime_checkable
class NeedsSetup(Protocol):
    """A VCS backend that changes a repository before it can work in it, and can change it back."""

    async def explain(self, repository: str) -> str:
        """One sentence for a person: whether the backend suits this repository, and why."""
        ...

    async def consent(self, repository: str) -> str:
        """What `setup` will change in the repository, to be shown before it is asked for."""
        ...

    async def setup(self, repository: str, *, consented: bool) -> None:
        """Set the repository up; Forbidden, with the text of `consent`, unless a person agreed."""
        ...

    async def leave(self, repository: str, *, checkout: str | None = None) -> None:
        """Undo the set-up and check `checkout` out (the default branch if None); branches stay.

        Conflict, and nothing is changed, while anything is uncommitted.
        """
        ...


@runtime_checkable
class SharesTree(Protocol):
    """A VCS backend whose tasks work in one folder, so that it has to be told whose tool is at work.

    `use_id` names one use of a tool. These calls never fail because of the agent's work and never hold
    an agent up for long.
    """

    async def tool_started(self, workspace: Workspace, use_id: str, paths: Sequence[str] | None) -> bool:
        """A tool is about to write `paths`, or (None) wherever it wants.

        False: somebody else is editing one of them, and it did not become free in time; go on anyway.
        """
        ...

    async def tool_finished(self, workspace: Workspace, use_id: str) -> Sequence[str]:
        """The tool has ended, well or not: the task's paths that are uncommitted now."""
        ...

    async def tools_ended(self, workspace: Workspace) -> None:
        """The task's turn or agent has ended: no tool of it is at work."""
        ...

    async def unassigned(self, repository: str) -> Sequence[str]:
        """Paths with uncommitted changes that belong to no task: they are committed on nobody's branch."""
        ...


@runtime_checkable
class ResolvesConflicts(Protocol):
    """A VCS backend that can act on a VcsConflict once a person has decided."""

    async def resolve(
        self, workspace: Workspace, request: CommitRequest, policy: ConflictPolicy
    ) -> Commit | None:
        """Decide about the changes that wait because of a VcsConflict. VcsConflict when it still stands."""
        ...


@runtime_checkable
class CountsChanges(Protocol):
    """A VCS backend that can count what a branch changed without making a diff of it."""

    async def stat(self, workspace: Workspace) -> DiffStat:
        """What is committed on the task's branch since its base. Asked after each commit: be quick."""
        ...


@runtime_checkable
class Pushes(Protocol):
    """A VCS backend that can push a task's branch."""

    async def push(self, workspace: Workspace) -> str:
        """Push the task's branch; what it is called at the remote."""
        ...


@runtime_checkable
class FollowsCommits(Protocol):
    """A VCS backend in which the ids of commits change when other branches move."""

    async def follow(self, workspace: Workspace, commit_id: str) -> Commit | None:
        """The commit as it is now, if a rebase has given it another id; None when it is gone."""
        ...
