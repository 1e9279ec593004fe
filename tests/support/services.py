"""All services on a database of their own, without a server and without a host: for tests in process.

    async def test_it_waits(tmp_path: Path) -> None:
        async with services(tmp_path, limits=LimitSettings(agents=1)) as core:
            first, second = await core.running(), await core.started()
            assert (await core.task(second.id)).status is TaskStatus.WAITING

What a host agent would do is said with `core.report(...)` and its short forms: `up`, `seen`, `ended`.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from chorus.backends import Workspace
from chorus.bus.memory import MemoryBus
from chorus.db import migrate
from chorus.db.database import Database
from chorus.db.engine import create_engine
from chorus.db.unit import new_id
from chorus.host.port import Command
from chorus.host.reports import CommandDone, Report, RunEnded, RunStarted, WorkspaceOpened
from chorus.model import (
    AgentStatus,
    Event,
    Message,
    PermissionRequest,
    Project,
    Run,
    Signal,
    StatusSeen,
    Task,
)
from chorus.plugins import Plugins
from chorus.services import container
from chorus.services.container import Services
from chorus.services.ingest.control_plane import register
from chorus.services.tasks.inputs import NewTask
from chorus.settings import Defaults, LimitSettings, PermissionSettings, ProfileSettings, Settings
from chorus.testing.memory_sessions import MemorySessionBackend
from chorus.testing.memory_vcs import MemoryVcsBackend
from tests.support.fake_agents import FakeAgent, FakeSource
from tests.support.fake_host import FakeHost

#: Statements as SQL, made once for the databases of all tests.
_COMPILED: dict[Any, Any] = {}

#: Who does what tests do.
ACTOR = "user"


@cache
def _template() -> Path:
    """Return a database with the newest schema, made once in a process."""
    path = Path(tempfile.mkdtemp(prefix="chorus-template-")) / "chorus.db"
    engine = create_engine(f"sqlite:///{path}")
    migrate.prepare(engine)
    engine.dispose()  # the last connection writes the log of SQLite back into the file
    return path


def new_database(folder: Path) -> Database:
    """Return an empty database with all tables, in a file of its own."""
    path = folder / "chorus.db"
    if not path.exists():
        shutil.copyfile(_template(), path)
    engine = create_engine(f"sqlite:///{path}").execution_options(compiled_cache=_COMPILED)
    return Database(engine, MemoryBus())


def fake_plugins(folder: Path, agents: Sequence[FakeAgent] = (FakeAgent(),)) -> Plugins:
    """Return plugins of which nothing is started: the agents, and fakes of the rest."""
    plugins = Plugins()
    for agent in agents:
        plugins.agents.add(agent.name, agent)
    plugins.sources.add("fake", FakeSource())
    plugins.sessions.add("memory", MemorySessionBackend())
    plugins.vcs.add("memory", MemoryVcsBackend(folder / "worktrees"))
    return plugins


@dataclass
class Core:
    """The services, what they work with, and short forms of what tests of most of them need."""

    services: Services
    settings: Settings
    database: Database
    plugins: Plugins
    host: FakeHost
    host_id: str
    project: Project

    # --- what people do -------------------------------------------------------------------------

    async def new(self, title: str = "Task", **values: Any) -> Task:
        """Create a task; `values` are fields of NewTask."""
        values.setdefault("project_id", self.project.id)
        return await self.services.tasks.create(NewTask(title, **values), actor=ACTOR)

    async def started(self, title: str = "Task", **values: Any) -> Task:
        """Create a task and start it: now, or when it is its turn. Its agent does not live yet."""
        task = await self.new(title, **values)
        return await self.services.starter.start(task.id, actor=ACTOR)

    async def running(self, title: str = "Task", **values: Any) -> Task:
        """Create a task whose agent lives and is idle."""
        task = await self.started(title, **values)
        await self.up(task.id)
        await self.seen(task.id, AgentStatus.IDLE)
        return await self.task(task.id)

    # --- what a host and an agent do --------------------------------------------------------------

    async def report(self, *reports: Report) -> None:
        """Have the services take what a host reports."""
        await self.services.control.report(self.host_id, reports)

    async def up(self, task_id: str, pid: int = 4711) -> None:
        """Carry out the start of the task's agent: it has a branch, a process and its prompt."""
        run = await self.run(task_id)
        workspace = Workspace(self.project.path, f"chorus/{task_id}", f"/worktrees/{task_id}", "base")
        await self.report(WorkspaceOpened(task_id, workspace), RunStarted(run.id, pid, 1))
        await self.done("start", task_id)

    async def done(self, kind: str, task_id: str) -> None:
        """Carry out the waiting commands of this kind for the task."""
        for command in await self.commands(kind, task_id):
            await self.report(CommandDone(command.seq))

    async def ended(self, task_id: str, exit_code: int | None = 0, signal: str | None = None) -> None:
        """End the task's agent by itself."""
        run = await self.run(task_id)
        await self.report(RunEnded(run.id, exit_code, signal))

    async def told(self, task_id: str, *signals: Signal) -> None:
        """Have the task's agent say this."""
        run = await self.run(task_id)
        await self.database.write(self.services.reports.writer.signals.apply, run, signals, "fake")

    async def seen(self, task_id: str, status: AgentStatus, activity: str | None = None) -> None:
        """Have the task's agent say that it does this."""
        await self.told(task_id, StatusSeen(status, activity))

    async def asks(
        self, task_id: str, tool: str, **given: Any
    ) -> tuple[PermissionRequest, asyncio.Task[Mapping[str, Any] | None]]:
        """Have the agent ask before it uses a tool; return the request, and the answer that it waits for."""
        run, report = await self.run(task_id), {"tool": tool, "input": given, "asks": True}
        reports = self.services.reports
        with self.database.bus.subscription() as subscriber:
            answer = asyncio.create_task(reports.heard(run.id, "fake", report, new_id(), asyncio.Event()))
            while not any(event.kind == "permission.requested" for event in await subscriber.take()):
                pass
        requests = await self.services.browse.permission_requests(task_id)
        return requests[-1], answer

    # --- what is on record ------------------------------------------------------------------------

    async def task(self, id: str) -> Task:
        """Return the task as it is now."""
        return await self.services.browse.get(id)

    async def run(self, task_id: str) -> Run:
        """Return the newest run of the task."""
        return (await self.services.browse.runs(task_id))[-1]

    async def messages(self, task_id: str) -> list[Message]:
        """Return all messages of the task, oldest first."""
        return await self.services.browse.messages(task_id)

    async def commands(self, kind: str | None = None, task_id: str | None = None) -> list[Command]:
        """Return what the host still has to do, oldest first."""
        found = await self.services.control.pull(self.host_id)
        return [one for one in found if kind in (None, one.kind) and task_id in (None, one.task.id)]

    async def events(self, kind: str | None = None, task_id: str | None = None) -> list[Event]:
        """Return the events of the log, oldest first."""
        kinds = None if kind is None else [kind]
        return await self.services.events.page(0, task_id=task_id, kinds=kinds)

    async def read(self, function: Callable[[Connection], Any]) -> Any:
        """Return what the function finds in the database."""
        return await self.database.read(function)


@asynccontextmanager
async def services(
    folder: Path,
    *,
    limits: LimitSettings | None = None,
    profiles: Mapping[str, ProfileSettings] | None = None,
    agents: Sequence[FakeAgent] = (FakeAgent(),),
) -> AsyncIterator[Core]:
    """Wire all services as a server does, over a copy of an empty database in `folder`.

    A second call with the same folder opens the same database: it is a server that starts again.
    """
    settings = Settings(
        state_dir=folder,
        runtime_dir=folder / "runtime",
        defaults=Defaults(agent=agents[0].name, vcs="memory", session="memory"),
        limits=limits or LimitSettings(),
        permissions=PermissionSettings(profiles or {}),
    )
    database, plugins, host = new_database(folder), fake_plugins(folder, agents), FakeHost()
    host_id = await database.write(register, "local")
    built = container.build(settings, plugins, database, host, host_id)
    project = await built.projects.add("/repository", "repository")
    writing = asyncio.create_task(built.reports.run())
    try:
        yield Core(built, settings, database, plugins, host, host_id, project)
    finally:
        writing.cancel()
        with suppress(asyncio.CancelledError):
            await writing
        await database.close()
