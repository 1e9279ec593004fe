"""A permission inbox in a database of its own, asked over the schema, and the statements that costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from chorus_hooks.tools import use
from sqlalchemy import Table, event, insert

from chorus.db import tables
from chorus.db.database import Database
from chorus.db.unit import Unit
from chorus.graphql import schema
from chorus.graphql.context import Context
from chorus.host.queries import HostQueries
from chorus.plugins import Plugins
from chorus.services.container import Services
from chorus.services.permissions.broker import PermissionService
from chorus.services.permissions.policy_cache import PolicyCache
from chorus.services.permissions.profiles import Profiles
from chorus.services.projects import ProjectService
from chorus.services.tasks.reader import TaskReader
from chorus.settings import ProfileSettings
from tests.support.fake_agents import FakeAgent, FakeSource

QUERY = "{ permissionRequests { id toolName patterns planOptions expiresAt task { id title } } }"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)

#: Of the tasks: edits are accepted in the end, and who is not answered for a minute is refused.
PROFILE = ProfileSettings(mode="acceptEdits", timeout_seconds=60, on_timeout="deny")


#: What a run of it was started with.
STARTED = {"name": "mine", "mode": "acceptEdits", "allow": [], "deny": [], "allowed_tools": []}


def services(database: Database, state_dir: Path) -> Services:
    """Those that read permission requests, with the agent `claude`; nothing is run."""
    plugins = Plugins()
    plugins.agents.add("claude", FakeAgent("claude"))
    plugins.sources.add("fake", FakeSource())
    queries = HostQueries(plugins, state_dir)
    projects = ProjectService(database, queries, "host")
    found = SimpleNamespace(
        projects=projects,
        browse=TaskReader(database, queries, plugins, projects),
        permissions=PermissionService(database, PolicyCache(Profiles({"mine": PROFILE}), plugins)),
    )
    return cast(Services, found)


@dataclass
class Inbox:
    """Tasks 1, 2, 3... of the projects `one` and `other`; the run of each asks about a plan and an edit."""

    database: Database
    context: Context
    statements: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        event.listen(self.database.engine, "before_cursor_execute", self._noted)
        self.schema = schema.build()

    def _noted(self, _: Any, __: Any, statement: str, *more: Any) -> None:
        self.statements.append(statement)

    async def read(self) -> Mapping[str, Mapping[str, Any]]:
        """All open requests by their ids, `plan-1`, `edit-1`...; `statements` are those it took."""
        self.statements.clear()
        result = await self.schema.execute(QUERY, context_value=self.context)
        assert result.errors is None, result.errors
        assert result.data is not None
        return {one["id"]: one for one in result.data["permissionRequests"]}

    async def begin(self) -> None:
        def work(unit: Unit) -> None:
            _add(unit, tables.hosts, id="host", name="local")
            for id in ("one", "other"):
                told = {"name": id, "path": f"/{id}", "default_branch": "main"}
                _add(unit, tables.projects, id=id, host_id="host", created_at=NOON, **told)

        await self.database.write(work)

    async def add(self, *numbers: int, agent: str = "claude", project: str = "one") -> None:
        def work(unit: Unit) -> None:
            for number in numbers:
                _task(unit, number, agent, project)
                _asks(unit, number, "plan", "ExitPlanMode", {"plan": "Do it."})
                _asks(unit, number, "edit", "Edit", {"file_path": f"/work/{number}/docs/a.md"})

        await self.database.write(work)

    async def allow_edits(
        self, scope: str, project: str = "one", task: int | None = None, conversation: int | None = None
    ) -> None:
        """A rule after which there is nothing to choose: edits are not asked about anyway."""
        told = {"scope": scope, "tool_name": "Edit", "decision": "ALLOW", "author": "ada"}

        def work(unit: Unit) -> None:
            position = unit.position(tables.permission_rules)
            _add(
                unit,
                tables.permission_rules,
                id=f"rule-{position}",
                position=position,
                project_id=project,
                task_id=f"task-{task}" if task else None,
                agent_session_id=f"conversation-{conversation}" if conversation else None,
                created_at=NOON,
                **told,
            )

        await self.database.write(work)


def _task(unit: Unit, number: int, agent: str, project: str) -> None:
    backends = {"agent": agent, "session_backend": "tmux", "vcs_backend": "git"}
    states = {"status": "RUNNING", "agent_status": "WAITING", "run_mode": "INTERACTIVE"}
    _add(
        unit,
        tables.tasks,
        id=f"task-{number}",
        position=number,
        project_id=project,
        host_id="host",
        title=f"Task {number}",
        description="",
        priority=0,
        permission_profile="mine",
        allowed_tools=[],
        worktree=f"/work/{number}",
        created_at=NOON,
        **backends,
        **states,
    )
    _add(
        unit,
        tables.runs,
        id=f"run-{number}",
        position=number,
        task_id=f"task-{number}",
        host_id="host",
        mode="INTERACTIVE",
        agent_session_id=f"conversation-{number}",
        token_hash=f"hash-{number}",
        profile=STARTED,
        evidence={},
        started_at=NOON,
    )


def _asks(unit: Unit, number: int, kind: str, tool: str, given: Mapping[str, Any]) -> None:
    _add(
        unit,
        tables.permission_requests,
        id=f"{kind}-{number}",
        position=unit.position(tables.permission_requests),
        task_id=f"task-{number}",
        run_id=f"run-{number}",
        tool_name=tool,
        tool_input=given,
        tool_use=use(tool, given).to_json(),
        suggestions=[],
        summary=kind,
        state="PENDING",
        created_at=NOON,
    )


def _add(unit: Unit, table: Table, **values: Any) -> None:
    unit.connection.execute(insert(table).values(**values))
