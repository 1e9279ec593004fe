"""An agent that asks for permission, and what is decided about its tools."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from chorus_hooks.tools import use

from chorus.backends import Verdict
from chorus.model import PermissionAsked, PermissionRequest, PermissionState, Run, ToolStarted
from chorus.model.policy import Ruling
from tests.support.services import Core


@dataclass
class Waiting:
    """A request of an agent, which waits for its verdict."""

    id: str
    agent: asyncio.Future[Verdict | None]

    async def released(self) -> bool:
        """Return whether the agent goes on, once everything that was due is done."""
        for _ in range(10):
            await asyncio.sleep(0)
        return self.agent.done()


@dataclass
class AskingAgent:
    """The agent of a task, as the permission broker meets it."""

    core: Core
    task_id: str
    run: Run

    @classmethod
    async def start(cls, core: Core, **values: Any) -> AskingAgent:
        """Start a task whose agent lives; `values` are fields of NewTask."""
        task = await core.running(**values)
        return cls(core, task.id, await core.run(task.id))

    async def ask(
        self, tool: str, /, source_id: str | None = None, **given: Any
    ) -> tuple[str, Verdict | None]:
        """Ask for permission; return the id of the request, and its verdict if there is one at once."""
        asked, permissions = PermissionAsked(use(tool, given)), self.core.services.permissions
        return await self.core.database.write(permissions.requests.ask, self.run, asked, "fake", source_id)

    async def wait(self, tool: str, /, **given: Any) -> Waiting:
        """Ask, and wait for the answer as the connection of an agent does."""
        id, verdict = await self.ask(tool, **given)
        assert verdict is None, verdict
        return Waiting(id, asyncio.ensure_future(self.core.services.permissions.waiters.wait(id)))

    async def ruling(self, tool: str, /, **given: Any) -> Ruling | None:
        """Return what is decided about a tool before it is used."""
        decisions = self.core.services.permissions.decisions
        return await self.core.database.write(decisions.before_use, self.run, ToolStarted(use(tool, given)))


async def pending(core: Core) -> list[PermissionRequest]:
    """Return the open requests, oldest first."""
    return list(await core.services.permissions.inbox.list(PermissionState.PENDING, None))
