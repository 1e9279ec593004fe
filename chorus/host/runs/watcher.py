"""Watcher of a live run: its end is seen at once, everything else is probed as a slow cross-check."""

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
from chorus.host.headless.conversation import HeadlessConversation
from chorus.host.observe.probe import Probe
from chorus.host.observe.transcripts import TranscriptReader
from chorus.host.port import ControlPlane, LiveRun
from chorus.host.reports import ProbeResult, Report, RunEnded, RunStarted
from chorus.host.run_dir import RunDir
from chorus.host.runs.orphans import end_orphans_of_run
from chorus.model import Run, RunEnd, RunMode, Task
from chorus.platform.processes import Process

log = logging.getLogger(__name__)

#: Seconds between looks at an agent: a safety net for what no report tells, not the source of status.
PROBE_SECONDS = 2.0

#: Seconds for taking the last lines of an agent that has ended.
CHANNEL_SECONDS = 20.0

#: Seconds the launcher gets to record the end after the agent's process is gone.
RECORD_SECONDS = 3.0


class RunWatcher:
    """Watches one run until it has ended, and reports it."""

    def __init__(
        self,
        control: ControlPlane,
        host_id: str,
        run: Run,
        task: Task,
        run_dir: RunDir,
        process: Process,
        agent: Agent,
        source: StatusSource,
        session: SessionBackend,
        environment: Mapping[str, str],
        headless: HeadlessConversation | None = None,
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
        self._run_dir = run_dir
        self._process = process
        self._session = session
        self._adopted = adopted
        self._reported = ProbeResult(run.id)
        self._probe = Probe(run.id, task.id, process.pid, environment, agent, source, session)
        self._headless = headless
        self.reading = TranscriptReader(
            control,
            host_id,
            run,
            source,
            environment,
            lost=headless is None,
            away_until=time.time() if adopted else 0.0,
        )

    async def watch(self) -> None:
        ended_event = asyncio.Event()
        probing = asyncio.create_task(self._probe_repeatedly())
        channel = asyncio.create_task(self._read_channel(ended_event))
        try:
            await self._process.ended()
            ended_event.set()
            await asyncio.wait([channel], timeout=CHANNEL_SECONDS)
        finally:
            for task in (probing, channel):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        ended = await self._ended_report()
        left = await end_unobserved(self._run, self._task, ended)
        await self.reading.finish()
        # The start may not be on record yet when an agent ends at once, and what it was started with would
        # be given again: its end says both.
        await self._control.report(self._host_id, [started_report(self._run, self._process), ended, *left])

    async def _ended_report(self) -> RunEnded:
        with suppress(TimeoutError, OSError):  # OSError: somebody removed the folder
            async with asyncio.timeout(RECORD_SECONDS):
                await self._run_dir.wait_for("exit.json")
        return await ended_report(self._run, self._task, self._run_dir, self._session)

    async def _read_channel(self, ended_event: asyncio.Event) -> None:
        """Take what it says in its channel, whatever goes wrong with a part of it."""
        while self._headless is not None:
            try:
                await self._headless.reader(self._control, self._set_conversation).read(ended_event)
                return
            except Exception:
                log.exception("run %s could not be listened to", self._run.id)
            await asyncio.sleep(PROBE_SECONDS)

    def _set_conversation(self, id: str) -> None:
        self.reading.conversation = id

    # --- the slow safety net ---------------------------------------------------------------------

    async def _probe_repeatedly(self) -> None:
        if not self._adopted:
            await asyncio.sleep(PROBE_SECONDS)
        while True:
            try:
                await self._probe_once()
            except ChorusError as error:
                log.info("run %s could not be looked at: %s", self._run.id, error)
            await asyncio.sleep(PROBE_SECONDS)

    async def _probe_once(self) -> None:
        if self._headless is not None:
            await self.reading.read()
            return
        found = await self._probe.observe()
        if found and found.conversation:
            self.reading.conversation = found.conversation
        await self.reading.read()
        looked = await self._probe_result(found)
        if looked != self._reported:
            await self._control.report(self._host_id, [looked])
            self._reported = looked

    async def _probe_result(self, found: StateFileReading | None) -> ProbeResult:
        try:
            return await self._probe.probe(found)
        except ChorusError as error:
            log.info("run %s could not be looked at: %s", self._run.id, error)
            return replace(self._reported, title=None)  # nobody knows whether that still holds


def started_report(run: Run, process: Process) -> RunStarted:
    return RunStarted(run.id, process.pid, process.start_time)


def recorded_process(live: LiveRun) -> Process | None:
    """The agent's process as it is on record."""
    return Process(live.pid, live.pid_start) if live.pid and live.pid_start else None


async def end_unobserved(run: Run, task: Task, ended: RunEnded) -> list[Report]:
    """End an agent whose program between it and Chorus was killed: it would go on with its turn, in the
    folder in which the next message starts another one, and nobody would hear of it.
    """
    if run.mode is RunMode.HEADLESS and ended.signal is not None:
        return await end_orphans_of_run(run, task)
    return []


async def ended_report(run: Run, task: Task, run_dir: RunDir, session: SessionBackend) -> RunEnded:
    """What is known of the end of a run: the launcher's record, and whether the terminal went first."""
    record = run_dir.exit()
    ended = RunEnded(run.id, None, None)
    if record is not None:
        ended = replace(ended, exit_code=record.exit_code, signal=record.signal, detail=record.error)
    # An agent whose terminal is taken away did not crash, whatever it makes of that: it may die of SIGHUP,
    # or end by itself because it cannot read any more.
    if record.terminal_gone if record else await _session_gone(session, task):
        return replace(ended, end=RunEnd.INTERRUPTED, detail="Its terminal session was closed")
    return ended


async def _session_gone(session: SessionBackend, task: Task) -> bool:
    """Whether the session is certainly gone; one that cannot be looked at may be there."""
    with suppress(ChorusError):
        return await call(f"session {session.name}", session.observe(task.id)) is None
    return False
