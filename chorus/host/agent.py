"""The host agent: has commands carried out, runs watched, and adopted what survived a restart.

Each task has two lanes, its life (start, deliver, interrupt, stop, close) and its commits: within a lane
commands run in order, one after the other. Every command may come twice, after a crash between its
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
from chorus.host.documents.watcher import DocumentWatch
from chorus.host.host_context import Surroundings
from chorus.host.lanes import Lane, Lanes, pause_after
from chorus.host.port import Command, ControlPlane
from chorus.host.reconciler import Reconciler
from chorus.host.reports import CommandDelayed, CommandDone, CommandFailed, Report
from chorus.host.runs.deliver import Talker
from chorus.host.runs.hook_address import HookAddress
from chorus.host.runs.prompts import PromptWriter
from chorus.host.runs.registry import Watches
from chorus.host.runs.start import Starter
from chorus.host.runs.stop import Ender
from chorus.host.vcs.committer import Committer
from chorus.platform.memory import free_mb
from chorus.plugins import Plugins

log = logging.getLogger(__name__)

#: Seconds after which commands are pulled even without a hint.
PULL_SECONDS = 5.0

#: The kinds of commands that go in the lane of commits; the others in that of the agent's life.
COMMITS = ("commit", "resolve")


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
        self._document_watch = DocumentWatch(control, plugins, host_id)
        self._lanes = Lanes()
        here = Surroundings(control, plugins, host_id, state_dir, environ)
        self._watches = Watches(here, address)
        self._under_way: dict[int, asyncio.Task[None]] = {}
        self._handlers = self._rooms(here, tell_changes)

    def _rooms(
        self, here: Surroundings, tell_changes: bool
    ) -> Mapping[str, Callable[[Command], Awaitable[list[Report]]]]:
        """Who carries out which kind of command."""
        prompts = PromptWriter(self._plugins, self._control, self._host_id, tell_changes=tell_changes)
        committer = Committer(self._plugins)
        starter = Starter(here, prompts, self._address, self._watches)
        talker = Talker(here, prompts, self._watches)
        ender = Ender(self._plugins, here.state_dir, self._watches, committer, self._lanes)
        return {
            "start": starter.start,
            "deliver": talker.deliver,
            "interrupt": talker.interrupt,
            "stop": ender.stop,
            "commit": committer.commit,
            "resolve": committer.resolve,
            "close": ender.close,
        }

    # --- the loop -----------------------------------------------------------------------------------

    async def run(self) -> None:
        """Adopt what lives, then carry out commands as they come, until cancelled."""
        reconciler = Reconciler(self._control, self._plugins, self._host_id, self._watches.adopt)
        comparing: asyncio.Task[None] | None = None
        try:
            await asyncio.to_thread(self._address.tell)
            for live in await self._control.live_runs(self._host_id):
                await self._watches.adopt(live)
            comparing = asyncio.create_task(reconciler.run(), name="reconciler")
            while True:
                for command in await self._control.pull(self._host_id):
                    if command.seq not in self._under_way:
                        self._under_way[command.seq] = asyncio.create_task(self._carry_out(command))
                await self._document_watch.keep()
                await self._measure()
                await self._wait_for_work(PULL_SECONDS)
        finally:
            await self._let_go([comparing] if comparing else [])

    async def _measure(self) -> None:
        try:
            await self._control.measured(self._host_id, free_mb())
        except ChorusError as error:
            log.warning("what waits for memory could not be started: %s", error)

    async def _let_go(self, more: list[asyncio.Task[None]]) -> None:
        """The server stops, agents do not: only our own tasks end."""
        ours = [*more, *self._under_way.values(), *self._watches.tasks()]
        for one in ours:
            one.cancel()
        await asyncio.gather(*ours, return_exceptions=True)
        await self._document_watch.stop()

    async def _carry_out(self, command: Command) -> None:
        lanes = self._lanes.commits if command.kind in COMMITS else self._lanes.life
        lane = lanes(command.task.id)
        try:
            async with lane.turn():
                # Those before it in the lane may have changed the task since it was pulled.
                current = await self._control.command(command.seq)
                if current is None:
                    return
                point(f"{command.kind}.pulled")
                reports = await self._patiently(current, lane)
                await self._control.report(self._host_id, reports)
                point(f"{command.kind}.done")
        except ChorusError as error:
            log.warning("command %d (%s) is put off: %s", command.seq, command.kind, error)
        except Exception:
            log.exception("command %d (%s) went wrong", command.seq, command.kind)
        finally:
            del self._under_way[command.seq]

    async def _patiently(self, command: Command, lane: Lane) -> list[Report]:
        """Carry a command out, again and again while the reason that it fails may pass; what there is to
        report. Nothing when it made way for others: it is pulled again.
        """
        for tries in count(1):
            try:
                return [*await self._handlers[command.kind](command), CommandDone(command.seq)]
            except ChorusError as error:
                pause = pause_after(tries, error, for_ever=command.kind == "deliver")
                failed = CommandFailed(command.seq, error.code, error.message, error.details)
            except Exception as error:
                log.exception("command %d (%s) failed", command.seq, command.kind)
                return [CommandFailed(command.seq, "BACKEND_ERROR", f"{type(error).__name__}: {error}")]
            if pause is None:
                return [failed]
            await self._control.report(
                self._host_id, [CommandDelayed(command.seq, failed.code, failed.message)]
            )
            current = await self._control.command(command.seq) if await lane.rest(pause) else None
            if current is None:
                return []
            if command.kind == "deliver" and current.task.agent_status.busy:
                return [CommandDone(command.seq)]  # it got something else to do: the message stays queued
            command = current
        raise AssertionError
