"""Registry of the runs that are watched: those started here, and those adopted from an earlier server."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from chorus.errors import ChorusError
from chorus.host.headless.conversation import HeadlessConversation, read_remaining
from chorus.host.host_context import HostContext
from chorus.host.observe.transcripts import TranscriptReader
from chorus.host.port import LiveRun
from chorus.host.reports import Unheard
from chorus.host.run_dir import RunDir
from chorus.host.runs.hook_address import HookAddress
from chorus.host.runs.watcher import (
    RunWatcher,
    end_unobserved,
    ended_report,
    recorded_process,
    started_report,
)
from chorus.model import Run, Task
from chorus.platform.processes import Process

log = logging.getLogger(__name__)


class RunRegistry:
    def __init__(
        self,
        context: HostContext,
        address: HookAddress,
    ) -> None:
        self._context = context
        self._address = address
        self._watchers: dict[str, asyncio.Task[None]] = {}
        self._transcripts: dict[str, TranscriptReader] = {}

    def tasks(self) -> list[asyncio.Task[None]]:
        return list(self._watchers.values())

    async def ended(self, run_id: str) -> bool:
        """Wait until a run has ended and its end was reported; False at once when nobody watches it."""
        watching = self._watchers.get(run_id)
        if watching is None:
            return False
        with suppress(asyncio.CancelledError):
            await asyncio.shield(watching)
        return True

    async def settle(self, run_id: str) -> None:
        """Let the agent write down what it has said and what that took."""
        if run_id in self._transcripts:
            await self._transcripts[run_id].settle()

    async def watch(self, run: Run, task: Task, process: Process, *, adopted: bool = False) -> None:
        if run.id in self._watchers:
            return
        run_dir = RunDir(self._context.state_dir, run.id)
        agent = self._context.plugins.agents[task.agent]
        watcher = RunWatcher(
            self._context.control,
            self._context.host_id,
            run,
            task,
            run_dir,
            process,
            agent,
            self._context.plugins.sources[agent.status_source],
            self._context.plugins.sessions[task.session_backend],
            run_dir.environment() or self._context.environ,
            HeadlessConversation.of(run, run_dir, self._context.plugins),
            adopted=adopted,
        )
        watching = asyncio.create_task(watcher.watch(), name=f"watch {run.id}")
        self._watchers[run.id] = watching
        self._transcripts[run.id] = watcher.reading
        watching.add_done_callback(lambda _: self._remove(run.id))
        await self._keep_hook_address(run, run_dir)

    async def _keep_hook_address(self, run: Run, run_dir: RunDir) -> None:
        """It may report to the address of a server before this one."""
        url = run_dir.environment().get("CHORUS_HOOK_URL")
        try:
            self._address.listen_for(run.id, url)
        except ChorusError as error:
            log.warning("run %s reports to %s, where it is not heard: %s", run.id, url, error)
            await self._context.control.report(
                self._context.host_id, [Unheard(run.id, str(url), error.message)]
            )

    def _remove(self, run_id: str) -> None:
        self._watchers.pop(run_id, None)
        self._transcripts.pop(run_id, None)
        self._address.release(run_id)

    async def adopt(self, live: LiveRun) -> None:
        """Watch a run that was alive when the last server went; report it if it has ended since."""
        if live.run.id in self._watchers:
            return
        run_dir = RunDir(self._context.state_dir, live.run.id)
        # What the launcher wrote down is the newest word; without it, what was put on record of it holds.
        process = run_dir.agent() or recorded_process(live)
        if process is None:
            return  # its start command is still to be carried out, and looks again
        try:
            if process.alive:
                await self.watch(live.run, live.task, process, adopted=True)
                await self._context.control.report(self._context.host_id, [started_report(live.run, process)])
            else:
                await self._read_remaining(live, run_dir)
                session = self._context.plugins.sessions[live.task.session_backend]
                ended = await ended_report(live.run, live.task, run_dir, session)
                left = await end_unobserved(live.run, live.task, ended)
                await self._context.control.report(
                    self._context.host_id, [started_report(live.run, process), ended, *left]
                )
        except ChorusError as error:
            log.warning("run %s could not be adopted: %s", live.run.id, error)

    async def _read_remaining(self, live: LiveRun, run_dir: RunDir) -> None:
        """What it did while nobody watched, before its end is told."""
        source = self._context.plugins.sources[self._context.plugins.agents[live.task.agent].status_source]
        env = run_dir.environment() or self._context.environ
        reading = TranscriptReader(self._context.control, self._context.host_id, live.run, source, env)
        headless = HeadlessConversation.of(live.run, run_dir, self._context.plugins)
        if headless is not None:
            await read_remaining(
                headless.reader(self._context.control, lambda id: setattr(reading, "conversation", id))
            )
        await reading.finish()
