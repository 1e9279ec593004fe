"""Watching a live run: the end of its process at once, what else can be seen of it as a slow cross-check."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from chorus.backends import Agent, SessionBackend, StateFileReading, StatusSource
from chorus.errors import ChorusError
from chorus.host.backends.calls import call
from chorus.host.headless.conversation import Headless
from chorus.host.observe.probe import Probe
from chorus.host.observe.transcripts import TranscriptReading
from chorus.host.port import ControlPlane, LiveRun
from chorus.host.reports import ProbeResult, Report, RunEnded, RunStarted
from chorus.host.run_dir import RunDir
from chorus.host.runs.orphans import end_strays_of_run
from chorus.model import Run, RunEnd, RunMode, Task
from chorus.platform.processes import Process

log = logging.getLogger(__name__)

#: Seconds between looks at an agent: a safety net for what no report tells, not the source of status.
LOOK_SECONDS = 2.0

#: Seconds for taking the last lines of an agent that has ended.
LISTEN_SECONDS = 20.0

#: Seconds the launcher gets to record the end after the agent's process is gone.
RECORD_SECONDS = 3.0


class Watcher:
    """Watches one run until it has ended, and reports it."""

    def __init__(
        self,
        control: ControlPlane,
        host_id: str,
        run: Run,
        task: Task,
        place: RunDir,
        process: Process,
        agent: Agent,
        source: StatusSource,
        session: SessionBackend,
        environment: Mapping[str, str],
        headless: Headless | None = None,
        *,
        adopted: bool = False,
    ) -> None:
        """`headless`: how it talks when it has a channel, which then tells everything but what it costs.
        `adopted`: it has run unwatched, so it is looked at at once.
        """
        self._control = control
        self._host_id = host_id
        self._run = run
        self._task = task
        self._place = place
        self._process = process
        self._session = session
        self._adopted = adopted
        self._told = ProbeResult(run.id)
        self._probe = Probe(run.id, task.id, process.pid, environment, agent, source, session)
        self._headless = headless
        self.reading = TranscriptReading(
            control,
            host_id,
            run,
            source,
            environment,
            lost=headless is None,
            away_until=time.time() if adopted else 0.0,
        )

    async def watch(self) -> None:
        over = asyncio.Event()
        looking = asyncio.create_task(self._look_again())
        listening = asyncio.create_task(self._listen(over))
        try:
            await self._process.ended()
            over.set()
            await asyncio.wait([listening], timeout=LISTEN_SECONDS)
        finally:
            for task in (looking, listening):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        ended = await self._end()
        left = await end_the_unheard(self._run, self._task, ended)
        await self.reading.finish()
        # The start may not be on record yet when an agent ends at once, and what it was started with would
        # be given again: its end says both.
        await self._control.report(self._host_id, [started(self._run, self._process), ended, *left])

    async def _end(self) -> RunEnded:
        with suppress(TimeoutError, OSError):  # OSError: somebody removed the folder
            async with asyncio.timeout(RECORD_SECONDS):
                await self._place.appears("exit.json")
        return await judged_end(self._run, self._task, self._place, self._session)

    async def _listen(self, over: asyncio.Event) -> None:
        """Take what it says in its channel, whatever goes wrong with a part of it."""
        while self._headless is not None:
            try:
                await self._headless.listener(self._control, self._in_conversation).listen(over)
                return
            except Exception:
                log.exception("run %s could not be listened to", self._run.id)
            await asyncio.sleep(LOOK_SECONDS)

    def _in_conversation(self, id: str) -> None:
        self.reading.conversation = id

    # --- the slow safety net ---------------------------------------------------------------------

    async def _look_again(self) -> None:
        if not self._adopted:
            await asyncio.sleep(LOOK_SECONDS)
        while True:
            try:
                await self._look()
            except ChorusError as error:
                log.info("run %s could not be looked at: %s", self._run.id, error)
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self) -> None:
        if self._headless is not None:
            await self.reading.read()
            return
        found = await self._probe.observe()
        if found and found.conversation:
            self.reading.conversation = found.conversation
        await self.reading.read()
        looked = await self._seen(found)
        if looked != self._told:
            await self._control.report(self._host_id, [looked])
            self._told = looked

    async def _seen(self, found: StateFileReading | None) -> ProbeResult:
        try:
            return await self._probe.look(found)
        except ChorusError as error:
            log.info("run %s could not be looked at: %s", self._run.id, error)
            return replace(self._told, title=None)  # nobody knows whether that still holds


def started(run: Run, process: Process) -> RunStarted:
    return RunStarted(run.id, process.pid, process.start_time)


def recorded(live: LiveRun) -> Process | None:
    """The agent's process as it is on record."""
    return Process(live.pid, live.pid_start) if live.pid and live.pid_start else None


async def end_the_unheard(run: Run, task: Task, ended: RunEnded) -> list[Report]:
    """End an agent whose program between it and Chorus was killed: it would go on with its turn, in the
    folder in which the next message starts another one, and nobody would hear of it.
    """
    if run.mode is RunMode.PRINT and ended.signal is not None:
        return await end_strays_of_run(run, task)
    return []


async def judged_end(run: Run, task: Task, place: RunDir, session: SessionBackend) -> RunEnded:
    """What is known of the end of a run: the launcher's record, and whether the terminal went first."""
    record = place.exit()
    ended = RunEnded(run.id, None, None)
    if record is not None:
        ended = replace(ended, exit_code=record.exit_code, signal=record.signal, detail=record.error)
    # An agent whose terminal is taken away did not crash, whatever it makes of that: it may die of SIGHUP,
    # or end by itself because it cannot read any more.
    if record.terminal_gone if record else await _closed(session, task):
        return replace(ended, end=RunEnd.INTERRUPTED, detail="Its terminal session was closed")
    return ended


async def _closed(session: SessionBackend, task: Task) -> bool:
    """Whether the session is certainly gone; one that cannot be looked at may be there."""
    with suppress(ChorusError):
        return await call(f"session {session.name}", session.observe(task.id)) is None
    return False
