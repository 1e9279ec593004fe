"""Comparing what should be with what is: at the start, and then slowly, whatever hints were missed.

Nothing is killed or removed here. A session that carries our marker and belongs to nothing is reported;
sessions without it are not even seen.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Sequence

from chorus.backends import SessionState
from chorus.errors import ChorusError
from chorus.host.calls import call
from chorus.host.port import ControlPlane, LiveRun, SessionOrphaned, VcsTrouble
from chorus.plugins import Plugins

log = logging.getLogger(__name__)

#: Seconds between comparisons.
COMPARE_SECONDS = 30.0


class Reconciler:
    """`adopt` takes up a live run that nobody watches."""

    def __init__(
        self,
        control: ControlPlane,
        plugins: Plugins,
        host_id: str,
        adopt: Callable[[LiveRun], Awaitable[None]],
    ) -> None:
        self._control = control
        self._plugins = plugins
        self._host_id = host_id
        self._adopt = adopt
        self._told: set[str] = set()

    async def run(self) -> None:
        while True:
            try:
                await self.compare()
            except ChorusError as error:
                log.warning("what is could not be compared with what should be: %s", error)
            await asyncio.sleep(COMPARE_SECONDS)

    async def compare(self) -> None:
        live = await self._control.live_runs(self._host_id)
        for one in live:
            await self._adopt(one)
        await self._orphans()
        await self._workspaces(live)

    async def _orphans(self) -> None:
        tasks = {one.id for one in await self._control.open_tasks(self._host_id)}
        for backend in self._plugins.sessions.values():
            if backend.check() is not None:
                continue
            for session in await call(f"session {backend.name}", backend.sessions()):
                if session.task_id not in tasks:
                    await self._tell(session, backend.name)

    async def _tell(self, session: SessionState, backend: str) -> None:
        key = f"session {session.task_id}"
        if key not in self._told:
            self._told.add(key)
            await self._control.report(
                self._host_id, [SessionOrphaned(session.task_id, session.run_id, backend)]
            )

    async def _workspaces(self, live: Sequence[LiveRun]) -> None:
        for one in live:
            folder = one.task.worktree
            if folder is None or await asyncio.to_thread(os.path.isdir, folder):
                self._told.discard(f"folder {one.task.id}")
            elif f"folder {one.task.id}" not in self._told:
                self._told.add(f"folder {one.task.id}")
                message = (
                    f"The task's folder {folder} is gone. Restart the agent to have it made again from "
                    f"the branch {one.task.branch}."
                )
                await self._control.report(self._host_id, [VcsTrouble(one.task.id, message)])
