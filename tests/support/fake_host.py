"""A host that does nothing but answer, for tests of services. What it is asked to do is in `asked`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from chorus.errors import ChorusError, NotFound
from chorus.host.port import HostPort, Output, Pointed, RepositoryFound
from chorus.host.reports import Followed
from chorus.model import Check, Commit, Document, DocumentReference, Excerpt, Heading, Project, Signal, Task


@dataclass
class FakeHost(HostPort):
    """Answers every question of services; `refuses` is raised when a task is about to be started."""

    asked: list[str] = field(default_factory=list)
    refuses: ChorusError | None = None
    listed: list[Document] = field(default_factory=list)
    headings: dict[str, list[Heading]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    points: dict[str, Pointed] = field(default_factory=dict)
    followed: list[Followed] = field(default_factory=list)
    changed_commits: list[Commit] | None = None
    written: bytes = b""

    async def inspect(self, path: str, vcs: str | None) -> RepositoryFound:
        return RepositoryFound(path, "main", vcs or "memory")

    async def ready(self, agent: str, session: str, vcs: str) -> None:
        self.asked.append(f"ready {agent} {session} {vcs}")
        if self.refuses is not None:
            raise self.refuses

    def attach_command(self, task: Task) -> Sequence[str]:
        return ["attach", task.id]

    async def announce_tools(self, task: Task, project: Project, signals: Sequence[Signal]) -> None:
        self.asked.append(f"heed {task.id}")

    async def commits(self, task: Task, project: Project) -> Sequence[Commit] | None:
        return self.changed_commits

    async def push(self, task: Task, project: Project) -> str:
        self.asked.append(f"push {task.id}")
        return f"origin/{task.branch}"

    async def unassigned(self, project: Project) -> Sequence[str]:
        return ["left.txt"]

    async def run_doctor(self, repositories: Sequence[str]) -> Sequence[Check]:
        return []

    async def set_up(self, project: Project, vcs: str, *, consented: bool) -> str:
        self.asked.append(f"set_up {vcs} {consented}")
        return "nothing"

    async def leave(self, project: Project, vcs: str) -> None:
        self.asked.append(f"leave {vcs}")

    async def diff(self, task: Task, project: Project) -> str:
        return f"diff of {task.branch}"

    async def input(self, task: Task, data: bytes) -> None:
        self.written += data

    async def resize(self, task: Task, cols: int, rows: int) -> None:
        self.asked.append(f"resize {cols}x{rows}")

    async def size(self, task: Task) -> tuple[int, int]:
        return 80, 24

    async def documents(self, project: Project, match: str | None) -> Sequence[Document]:
        return self.listed

    async def outline(self, project: Project, path: str) -> Sequence[Heading]:
        return self.headings.get(path, [])

    async def excerpt(
        self, project: Project, path: str, heading: str | None, lines: tuple[int, int] | None
    ) -> Excerpt:
        if path not in self.texts:
            raise NotFound(f"There is no document {path}.")
        text = self.texts[path]
        return Excerpt(path, text, 1, len(text.splitlines()), "v1")

    async def follow(self, project: Project, references: Sequence[DocumentReference]) -> Sequence[Followed]:
        return self.followed

    async def point(
        self, project: Project, path: str, heading: str | None, lines: tuple[int, int] | None
    ) -> Pointed:
        if path not in self.points:
            raise NotFound(f"There is no document {path}.")
        return self.points[path]

    async def output(self, run_id: str, after: int, ended: asyncio.Event) -> AsyncIterator[Output]:
        yield Output(after, b"")
