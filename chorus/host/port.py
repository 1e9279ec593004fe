"""Interface between the services and a host.

Services write commands; the host agent pulls them, acts, and reports. What a person wants to know or
do right now (a diff, a key press) goes through `HostPort`. In the embedded default both sides are in
one process; nothing here assumes it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from chorus.errors import Conflict
from chorus.host.reports import Followed, Report
from chorus.model import (
    Check,
    Commit,
    Document,
    DocumentReference,
    Excerpt,
    Heading,
    Project,
    Run,
    Signal,
    Task,
)
from chorus.model.context import Part

# --- commands: services -> host ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Command:
    """An intent. `kind` is one of those that `chorus.host.agent` handles; task, run and project are as of
    now.
    """

    seq: int
    kind: str
    task: Task
    project: Project
    run: Run | None
    payload: Mapping[str, Any]
    actor: str


def run_of(command: Command) -> Run:
    if command.run is None:
        raise Conflict(f"The command {command.kind} names no run.")
    return command.run


@dataclass(frozen=True, slots=True)
class LiveRun:
    """A run that the record believes to be alive, for the host to adopt."""

    run: Run
    task: Task
    pid: int | None
    pid_start: int | None


@dataclass(frozen=True, slots=True)
class Attached:
    """A document reference of a task (None: it was removed) and what was last told about it in the
    conversation that was asked about (None: nothing).
    """

    id: str
    reference: DocumentReference | None
    given: Part | None


class ControlPlane(Protocol):
    """What a host agent needs from the services. Everything may be repeated."""

    async def pull(self, host_id: str) -> Sequence[Command]:
        """The commands of the host that are not done, in order."""
        ...

    async def command(self, seq: int) -> Command | None:
        """A command with its task as it is now; None when it is done."""
        ...

    async def report(self, host_id: str, reports: Sequence[Report]) -> None:
        """Have these facts on record; returns after the commit."""
        ...

    async def measured(self, host_id: str, free_memory_mb: int | None) -> None:
        """Take what is free on the host now; None where that cannot be told."""
        ...

    async def live_runs(self, host_id: str) -> Sequence[LiveRun]: ...

    async def transcript_offsets(self, task_id: str) -> Mapping[str, int]:
        """Up to where the transcripts of a task's conversations were read, by path."""
        ...

    async def open_tasks(self, host_id: str) -> Sequence[Task]:
        """Tasks whose session may be there: started and not yet put away."""
        ...

    async def open_projects(self, host_id: str) -> Sequence[Project]: ...

    async def attached(self, task_id: str, conversation: str) -> Sequence[Attached]: ...

    async def references(self, project_id: str) -> Sequence[DocumentReference]:
        """All references of the project's tasks that are not completed."""
        ...

    async def hear(self, run_id: str, source: str, line: Mapping[str, Any], name: str) -> None:
        """Take what an agent said in its channel, understood by this status source. Lines with the same name
        are the same one.
        """
        ...

    async def lost(self, run_id: str, source: str, begin: int, until: int) -> None:
        """Take that what an agent said in its channel between these offsets is gone, and nobody had read it.
        The same place counts once.
        """
        ...

    async def ask(
        self, run_id: str, source: str, line: Mapping[str, Any], name: str, gone: asyncio.Event
    ) -> Mapping[str, Any] | None:
        """Take what an agent asked in its channel; the answer when somebody decides, None when nobody has to.
        `gone`: the agent does not need it any more.
        """
        ...

    async def accepted(self, message_id: str, seconds: float) -> bool:
        """Wait until the agent confirmed a message, for so many seconds at most."""
        ...


# --- queries: services -> host, answered at once ---------------------------------------------------


@dataclass(frozen=True, slots=True)
class RepositoryFound:
    path: str
    default_branch: str
    vcs: str


@dataclass(frozen=True, slots=True)
class Pointed:
    """A part of a document that somebody points at; its path is the one it is listed by."""

    part: Part
    anchor: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Output:
    """Bytes of a run's terminal from `offset` on. `truncated_from`: those since there are no longer kept."""

    offset: int
    data: bytes
    truncated_from: int | None = None


class HostPort(Protocol):
    """What services may ask of a host right now."""

    async def inspect(self, path: str, vcs: str | None) -> RepositoryFound: ...

    async def ready(self, agent: str, session: str, vcs: str) -> None:
        """Raises UnknownBackend or Unavailable when a task with these could not be started."""
        ...

    def attach_command(self, task: Task) -> Sequence[str]: ...

    async def announce_tools(self, task: Task, project: Project, signals: Sequence[Signal]) -> None:
        """Tell a VCS backend whose tasks share a folder which tools are at work; may take a few seconds."""
        ...

    async def commits(self, task: Task, project: Project) -> Sequence[Commit] | None:
        """The commits as they are now, where their ids change; None where the record is right."""
        ...

    async def push(self, task: Task, project: Project) -> str: ...

    async def unassigned(self, project: Project) -> Sequence[str]: ...

    async def run_doctor(self, repositories: Sequence[str]) -> Sequence[Check]:
        """What works on this host and in these repositories, and what does not."""
        ...

    async def set_up(self, project: Project, vcs: str, *, consented: bool) -> str:
        """Make a repository ready for a backend that changes it; without consent, what it would change."""
        ...

    async def leave(self, project: Project, vcs: str) -> None: ...

    async def diff(self, task: Task, project: Project) -> str: ...

    async def input(self, task: Task, data: bytes) -> None: ...

    async def resize(self, task: Task, cols: int, rows: int) -> None: ...

    async def size(self, task: Task) -> tuple[int, int]: ...

    async def documents(self, project: Project, match: str | None) -> Sequence[Document]: ...

    async def outline(self, project: Project, path: str) -> Sequence[Heading]: ...

    async def excerpt(
        self, project: Project, path: str, heading: str | None, lines: tuple[int, int] | None
    ) -> Excerpt: ...

    async def follow(self, project: Project, references: Sequence[DocumentReference]) -> Sequence[Followed]:
        """What the references stand for now."""
        ...

    async def point(
        self, project: Project, path: str, heading: str | None, lines: tuple[int, int] | None
    ) -> Pointed:
        """An anchor at a part as it is now. Raises NotFound or BadInput when it is not there."""
        ...

    def output(self, run_id: str, after: int, ended: asyncio.Event) -> AsyncIterator[Output]: ...
