"""Host agent: carries out commands, watches runs, and adopts the runs that survived a restart.

Each task has two lanes, its lifecycle (start, deliver, interrupt, stop, close) and its commits: within a
lane commands run in order, one after the other. Every command may come twice, after a crash between its
effect and its record, so each looks before it acts.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Mapping
from itertools import count
from pathlib import Path

from chorus.crash import point
from chorus.errors import ChorusError
from chorus.host.backoff import backoff
from chorus.host.documents.watcher import DocumentWatcher
from chorus.host.host_context import HostContext
from chorus.host.lanes import Lane, Lanes
from chorus.host.port import Command, ControlPlane
from chorus.host.reconciler import Reconciler
from chorus.host.reports import CommandDelayed, CommandDone, CommandFailed, Report
from chorus.host.runs.deliver import DeliveryHandler
from chorus.host.runs.hook_address import HookAddress
from chorus.host.runs.prompts import PromptWriter
from chorus.host.runs.registry import RunRegistry
from chorus.host.runs.start import StartHandler
from chorus.host.runs.stop import StopHandler
from chorus.host.vcs.committer import Committer
from chorus.platform.memory import free_mb
from chorus.plugins import Plugins

log = logging.getLogger(__name__)

#: Seconds after which commands are pulled even without a hint.
PULL_SECONDS = 5.0

#: The kinds of commands that go in the lane of commits; the others go in that of the lifecycle.
COMMIT_KINDS = ("commit", "resolve")


class HostAgent:
    def __init__(
        self,
        control: ControlPlane,
        plugins: Plugins,
        host_id: str,
        address: HookAddress,
        state_dir: Path,
        wait_for_work: Callable[[float], Awaitable[None]],
        environ: Mapping[str, str] | None = None,
        tell_changes: bool = True,
    ) -> None:
        self._control = control
        self._plugins = plugins
        self._host_id = host_id
        self._wait_for_work = wait_for_work
        environ = os.environ if environ is None else environ
        self._address = address
        self._document_watcher = DocumentWatcher(control, plugins, host_id)
        self._lanes = Lanes()
        context = HostContext(control, plugins, host_id, state_dir, environ)
        self._registry = RunRegistry(context, address)
        self._running: dict[int, asyncio.Task[None]] = {}
        self._handlers = self._make_handlers(context, tell_changes)

    def _make_handlers(
        self, context: HostContext, tell_changes: bool
    ) -> Mapping[str, Callable[[Command], Awaitable[list[Report]]]]:
        """Return what carries out each kind of command."""
        prompts = PromptWriter(self._plugins, self._control, self._host_id, tell_changes=tell_changes)
        committer = Committer(self._plugins)
        start = StartHandler(context, prompts, self._address, self._registry)
        delivery = DeliveryHandler(context, prompts, self._registry)
        stop = StopHandler(self._plugins, context.state_dir, self._registry, committer, self._lanes)
        return {
            "start": start.start,
            "deliver": delivery.deliver,
            "interrupt": delivery.interrupt,
            "stop": stop.stop,
            "commit": committer.commit,
            "resolve": committer.resolve,
            "close": stop.close,
        }

    # --- the loop -----------------------------------------------------------------------------------

    async def run(self) -> None:
        """Adopt the runs that are alive, then carry out commands as they come, until cancelled."""
        reconciler = Reconciler(self._control, self._plugins, self._host_id, self._registry.adopt)
        reconciling: asyncio.Task[None] | None = None
        try:
            await asyncio.to_thread(self._address.write)
            for live in await self._control.live_runs(self._host_id):
                await self._registry.adopt(live)
            reconciling = asyncio.create_task(reconciler.run(), name="reconciler")
            while True:
                for command in await self._control.pull(self._host_id):
                    if command.seq not in self._running:
                        self._running[command.seq] = asyncio.create_task(self._execute(command))
                await self._document_watcher.watch_new_projects()
                await self._report_memory()
                await self._wait_for_work(PULL_SECONDS)
        finally:
            await self._shut_down([reconciling] if reconciling else [])

    async def _report_memory(self) -> None:
        try:
            await self._control.measured(self._host_id, free_mb())
        except ChorusError as error:
            log.warning("what waits for memory could not be started: %s", error)

    async def _shut_down(self, more: list[asyncio.Task[None]]) -> None:
        """End our own asyncio tasks only: the server stops, agents do not."""
        tasks = [*more, *self._running.values(), *self._registry.tasks()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._document_watcher.stop()

    async def _execute(self, command: Command) -> None:
        lanes = self._lanes.commits if command.kind in COMMIT_KINDS else self._lanes.lifecycle
        lane = lanes(command.task.id)
        try:
            async with lane.turn():
                # Those before it in the lane may have changed the task since it was pulled.
                current = await self._control.command(command.seq)
                if current is None:
                    return
                point(f"{command.kind}.pulled")
                reports = await self._with_retries(current, lane)
                await self._control.report(self._host_id, reports)
                point(f"{command.kind}.done")
        except ChorusError as error:
            log.warning("command %d (%s) is put off: %s", command.seq, command.kind, error)
        except Exception:
            log.exception("command %d (%s) went wrong", command.seq, command.kind)
        finally:
            del self._running[command.seq]

    async def _with_retries(self, command: Command, lane: Lane) -> list[Report]:
        """Carry out a command, with retries while its failure may pass, and return what there is to report.

        Nothing when it made way for another command: it is pulled again.
        """
        for tries in count(1):
            try:
                return [*await self._handlers[command.kind](command), CommandDone(command.seq)]
            except ChorusError as error:
                delay = backoff(tries, error, for_ever=command.kind == "deliver")
                failed = CommandFailed(command.seq, error.code, error.message, error.details)
            except Exception as error:
                log.exception("command %d (%s) failed", command.seq, command.kind)
                return [CommandFailed(command.seq, "BACKEND_ERROR", f"{type(error).__name__}: {error}")]
            if delay is None:
                return [failed]
            await self._control.report(
                self._host_id, [CommandDelayed(command.seq, failed.code, failed.message)]
            )
            current = await self._control.command(command.seq) if await lane.hold(delay) else None
            if current is None:
                return []
            if command.kind == "deliver" and current.task.agent_status.busy:
                return [CommandDone(command.seq)]  # it got something else to do: the message stays queued
            command = current
        raise AssertionError
