"""Reconciler: compares what is with the record at the start, and then slowly, in case a hint was missed.

Nothing is killed or removed here. A session that carries our marker and belongs to nothing is reported;
sessions without it are not even seen.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from chorus.backends import SessionBackend, SessionState
from chorus.errors import ChorusError
from chorus.host.backends.calls import call
from chorus.host.port import ControlPlane, LiveRun
from chorus.host.reports import SessionOrphaned, VcsTrouble
from chorus.plugins import Plugins

log = logging.getLogger(__name__)

#: Seconds between comparisons.
COMPARE_SECONDS = 30.0


#: Seconds after which a part that fails is tried again at the latest.
MAX_BACKOFF_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class _Backoff:
    failures: int
    until: float


class Reconciler:
    """`adopt` takes up a live run that nobody watches."""

    def __init__(
        self,
        control: ControlPlane,
        plugins: Plugins,
        host_id: str,
        adopt: Callable[[LiveRun], Awaitable[None]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._control = control
        self._plugins = plugins
        self._host_id = host_id
        self._adopt = adopt
        self._clock = clock
        self._reported: set[str] = set()
        self._backoffs: dict[str, _Backoff] = {}

    async def run(self) -> None:
        while True:
            await self.compare()
            await asyncio.sleep(COMPARE_SECONDS)

    async def compare(self) -> None:
        """One part after the other: what cannot be looked at just now keeps nothing else from being."""
        await self._step("runs", self._check_runs)
        for backend in self._plugins.sessions.values():
            await self._step(f"sessions of {backend.name}", partial(self._check_sessions, backend))
        await self._step("folders", self._check_folders)

    async def _step(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Carry a part out; one that fails is tried later, each time twice as much."""
        backoff = self._backoffs.get(name)
        if backoff is not None and self._clock() < backoff.until:
            return
        try:
            await work()
        except Exception as error:
            failures = backoff.failures + 1 if backoff else 1
            seconds = min(COMPARE_SECONDS * 2**failures, MAX_BACKOFF_SECONDS)
            self._backoffs[name] = _Backoff(failures, self._clock() + seconds)
            known = error if isinstance(error, ChorusError) else None
            log.warning(
                "the %s could not be compared with the record, again in %.0f s: %s",
                name, seconds, error, exc_info=None if known else error,
            )  # fmt: skip
        else:
            self._backoffs.pop(name, None)

    async def _check_runs(self) -> None:
        for one in await self._control.live_runs(self._host_id):
            await self._adopt(one)

    async def _check_sessions(self, backend: SessionBackend) -> None:
        if await asyncio.to_thread(backend.check) is not None:
            return
        tasks = {one.id for one in await self._control.open_tasks(self._host_id)}
        for session in await call(f"session {backend.name}", backend.sessions()):
            if session.task_id not in tasks:
                await self._report_orphan(session, backend.name)

    async def _report_orphan(self, session: SessionState, backend: str) -> None:
        key = f"session {session.task_id}"
        if key not in self._reported:
            self._reported.add(key)
            await self._control.report(
                self._host_id, [SessionOrphaned(session.task_id, session.run_id, backend)]
            )

    async def _check_folders(self) -> None:
        for one in await self._control.live_runs(self._host_id):
            folder = one.task.worktree
            if folder is None or await asyncio.to_thread(os.path.isdir, folder):
                self._reported.discard(f"folder {one.task.id}")
            elif f"folder {one.task.id}" not in self._reported:
                self._reported.add(f"folder {one.task.id}")
                message = (
                    f"The task's folder {folder} is gone. Restart the agent to have it made again from "
                    f"the branch {one.task.branch}."
                )
                await self._control.report(self._host_id, [VcsTrouble(one.task.id, message)])
