"""The runs that are watched: those started here, and those that were alive when the last server went."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from chorus.errors import ChorusError
from chorus.host.headless.conversation import Headless, hear_out
from chorus.host.host_context import Surroundings
from chorus.host.observe.transcripts import TranscriptReading
from chorus.host.port import LiveRun
from chorus.host.reports import Unheard
from chorus.host.run_dir import RunDir
from chorus.host.runs.hook_address import HookAddress
from chorus.host.runs.watcher import Watcher, end_the_unheard, judged_end, recorded, started
from chorus.model import Run, Task
from chorus.platform.processes import Process

log = logging.getLogger(__name__)


class Watches:
    def __init__(
        self,
        here: Surroundings,
        address: HookAddress,
    ) -> None:
        self._here = here
        self._address = address
        self._watching: dict[str, asyncio.Task[None]] = {}
        self._readings: dict[str, TranscriptReading] = {}

    def tasks(self) -> list[asyncio.Task[None]]:
        return list(self._watching.values())

    async def ended(self, run_id: str) -> bool:
        """Wait until a run has ended and its end was reported; False at once when nobody watches it."""
        watching = self._watching.get(run_id)
        if watching is None:
            return False
        with suppress(asyncio.CancelledError):
            await asyncio.shield(watching)
        return True

    async def settle(self, run_id: str) -> None:
        """Let the agent write down what it has said and what that took."""
        if run_id in self._readings:
            await self._readings[run_id].settle()

    async def watch(self, run: Run, task: Task, process: Process, *, adopted: bool = False) -> None:
        if run.id in self._watching:
            return
        place = RunDir(self._here.state_dir, run.id)
        agent = self._here.plugins.agents[task.agent]
        watcher = Watcher(
            self._here.control,
            self._here.host_id,
            run,
            task,
            place,
            process,
            agent,
            self._here.plugins.sources[agent.status_source],
            self._here.plugins.sessions[task.session_backend],
            place.environment() or self._here.environ,
            Headless.of(run, place, self._here.plugins),
            adopted=adopted,
        )
        watching = asyncio.create_task(watcher.watch(), name=f"watch {run.id}")
        self._watching[run.id] = watching
        self._readings[run.id] = watcher.reading
        watching.add_done_callback(lambda _: self._forget(run.id))
        await self._hear(run, place)

    async def _hear(self, run: Run, place: RunDir) -> None:
        """It may report to the address of a server before this one."""
        url = place.environment().get("CHORUS_HOOK_URL")
        try:
            self._address.keep(run.id, url)
        except ChorusError as error:
            log.warning("run %s reports to %s, where it is not heard: %s", run.id, url, error)
            await self._here.control.report(self._here.host_id, [Unheard(run.id, str(url), error.message)])

    def _forget(self, run_id: str) -> None:
        self._watching.pop(run_id, None)
        self._readings.pop(run_id, None)
        self._address.let_go(run_id)

    async def adopt(self, live: LiveRun) -> None:
        """Watch a run that was alive when the last server went; report it if it has ended since."""
        if live.run.id in self._watching:
            return
        place = RunDir(self._here.state_dir, live.run.id)
        # What the launcher wrote down is the newest word; without it, what was put on record of it holds.
        process = place.agent() or recorded(live)
        if process is None:
            return  # its start command is still to be carried out, and looks again
        try:
            if process.alive:
                await self.watch(live.run, live.task, process, adopted=True)
                await self._here.control.report(self._here.host_id, [started(live.run, process)])
            else:
                await self._read_to_the_end(live, place)
                session = self._here.plugins.sessions[live.task.session_backend]
                ended = await judged_end(live.run, live.task, place, session)
                left = await end_the_unheard(live.run, live.task, ended)
                await self._here.control.report(
                    self._here.host_id, [started(live.run, process), ended, *left]
                )
        except ChorusError as error:
            log.warning("run %s could not be adopted: %s", live.run.id, error)

    async def _read_to_the_end(self, live: LiveRun, place: RunDir) -> None:
        """What it did while nobody watched, before its end is told."""
        source = self._here.plugins.sources[self._here.plugins.agents[live.task.agent].status_source]
        env = place.environment() or self._here.environ
        reading = TranscriptReading(self._here.control, self._here.host_id, live.run, source, env)
        headless = Headless.of(live.run, place, self._here.plugins)
        if headless is not None:
            await hear_out(
                headless.listener(self._here.control, lambda id: setattr(reading, "conversation", id))
            )
        await reading.finish()
