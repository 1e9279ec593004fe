"""The host agent: carries out commands, watches runs, adopts what survived a restart.

Each task has two lanes, its life (start, deliver, interrupt, stop, close) and its commits: within a lane
commands run in order, one after the other. Every command may come twice, after a crash between its
effect and its record, so each looks before it acts.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path

from chorus.backends import (
    CommitRequest,
    Keys,
    SessionBackend,
    VcsBackend,
    Workspace,
    WorkspaceSpec,
)
from chorus.crash import point
from chorus.errors import ChorusError, Conflict
from chorus.host.calls import ask, call
from chorus.host.committer import Committer, workspace_of
from chorus.host.document_watch import DocumentWatch
from chorus.host.headless import Headless, hear_out
from chorus.host.hook_address import HookAddress
from chorus.host.keyboard import type_keys, type_once
from chorus.host.memory import free_mb
from chorus.host.patience import Lane, pause_after
from chorus.host.port import (
    Command,
    CommandDelayed,
    CommandDone,
    CommandFailed,
    Committed,
    ControlPlane,
    Delivered,
    LiveRun,
    Looked,
    Report,
    RunEnded,
    WorkspaceClosed,
    WorkspaceOpened,
)
from chorus.host.process import Process, end_marked
from chorus.host.prompts import PromptWriter
from chorus.host.reconciler import Reconciler
from chorus.host.resting import rests
from chorus.host.rundir import RunDir
from chorus.host.starting import Starter
from chorus.host.transcripts import TranscriptReading
from chorus.host.watcher import Watcher, judged_end, recorded, started
from chorus.host.words import branch_name
from chorus.model import AgentStatus, Project, Run, Seen, Task, used_up
from chorus.plugins import Plugins

log = logging.getLogger(__name__)

#: Seconds for making a task's working folder: a large repository takes minutes to check out.
OPEN_SECONDS = 300.0

#: Seconds after which commands are pulled even without a hint.
PULL_SECONDS = 5.0

#: The lanes of a task: what its agent is told to do, and what becomes of the agent's work.
LIFE, COMMITS = "life", "commits"

#: Seconds a confirming agent may take to accept a typed prompt before Enter is pressed once more.
ACCEPT_SECONDS = 3.0


class HostAgent:
    def __init__(
        self,
        control: ControlPlane,
        plugins: Plugins,
        host_id: str,
        state_dir: Path,
        hook_url: Callable[[], str],
        wait_for_work: Callable[[float], Awaitable[None]],
        environ: Mapping[str, str] | None = None,
        tell_changes: bool = True,
    ) -> None:
        self._control = control
        self._plugins = plugins
        self._host_id = host_id
        self._state_dir = state_dir
        self._wait_for_work = wait_for_work
        self._environ = os.environ if environ is None else environ
        self._prompts = PromptWriter(plugins, control, host_id, tell_changes=tell_changes)
        self._committer = Committer(plugins)
        self._address = HookAddress(state_dir, hook_url)
        self._starter = Starter(plugins, self._prompts, self._address, self._environ)
        self._document_watch = DocumentWatch(control, plugins, host_id)
        self._lanes: dict[tuple[str, str], Lane] = {}
        self._under_way: dict[int, asyncio.Task[None]] = {}
        self._watchers: dict[str, asyncio.Task[None]] = {}
        self._readings: dict[str, TranscriptReading] = {}
        self._handlers: Mapping[str, Callable[[Command], Awaitable[list[Report]]]] = {
            "start": self._start,
            "deliver": self._deliver,
            "interrupt": self._interrupt,
            "stop": self._stop,
            "commit": self._commit,
            "resolve": self._resolve,
            "close": self._close,
        }

    # --- the loop -----------------------------------------------------------------------------------

    async def run(self) -> None:
        """Adopt what lives, then carry out commands as they come, until cancelled."""
        reconciler = Reconciler(self._control, self._plugins, self._host_id, self._adopt)
        comparing: asyncio.Task[None] | None = None
        try:
            await asyncio.to_thread(self._address.tell)
            for live in await self._control.live_runs(self._host_id):
                await self._adopt(live)
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
        ours = [*more, *self._under_way.values(), *self._watchers.values()]
        for one in ours:
            one.cancel()
        await asyncio.gather(*ours, return_exceptions=True)
        await self._document_watch.stop()

    def _lane(self, task_id: str, name: str) -> Lane:
        # What ends an agent must not wait for what cannot be given to it; commits keep their order.
        return self._lanes.setdefault((task_id, name), Lane(can_be_left=name == LIFE))

    async def _carry_out(self, command: Command) -> None:
        lane = self._lane(command.task.id, COMMITS if command.kind in ("commit", "resolve") else LIFE)
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
                failed = CommandFailed(command.seq, error.code, error.message)
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

    # --- adopting -----------------------------------------------------------------------------------

    async def _adopt(self, live: LiveRun) -> None:
        """Watch a run that was alive when the last server went; report it if it has ended since."""
        if live.run.id in self._watchers:
            return
        place = RunDir(self._state_dir, live.run.id)
        # What the launcher wrote down is the newest word; without it, what was put on record of it holds.
        process = place.agent() or recorded(live)
        if process is None:
            return  # its start command is still to be carried out, and looks again
        try:
            if process.alive:
                self._watch(live.run, live.task, place, process, adopted=True)
                await self._control.report(self._host_id, [started(live.run, process)])
            else:
                await self._read_to_the_end(live, place)
                session = self._plugins.sessions[live.task.session_backend]
                ended = await judged_end(live.run, live.task, place, session)
                await self._control.report(self._host_id, [started(live.run, process), ended])
        except ChorusError as error:
            log.warning("run %s could not be adopted: %s", live.run.id, error)

    async def _read_to_the_end(self, live: LiveRun, place: RunDir) -> None:
        """What it did while nobody watched, before its end is told."""
        source = self._plugins.sources[self._plugins.agents[live.task.agent].status_source]
        env = place.environment() or self._environ
        reading = TranscriptReading(self._control, self._host_id, live.run, source, env)
        headless = Headless.of(live.run, place, self._plugins)
        if headless is not None:
            await hear_out(headless.listener(self._control, lambda id: setattr(reading, "conversation", id)))
        await reading.finish()

    def _watch(self, run: Run, task: Task, place: RunDir, process: Process, *, adopted: bool = False) -> None:
        if run.id in self._watchers:
            return
        agent = self._plugins.agents[task.agent]
        watcher = Watcher(
            self._control,
            self._host_id,
            run,
            task,
            place,
            process,
            agent,
            self._plugins.sources[agent.status_source],
            self._plugins.sessions[task.session_backend],
            place.environment() or self._environ,
            Headless.of(run, place, self._plugins),
            adopted=adopted,
        )
        watching = asyncio.create_task(watcher.watch(), name=f"watch {run.id}")
        self._watchers[run.id] = watching
        self._readings[run.id] = watcher.reading
        watching.add_done_callback(lambda _: self._forget(run.id))

    def _forget(self, run_id: str) -> None:
        self._watchers.pop(run_id, None)
        self._readings.pop(run_id, None)

    # --- starting -----------------------------------------------------------------------------------

    async def _start(self, command: Command) -> list[Report]:
        run, task, project = _run_of(command), command.task, command.project
        if run.ended_at is not None:
            return []
        workspace = await self._open(task, project)
        place = RunDir(self._state_dir, run.id)
        if place.agent() is None:
            await self._starter.launch(command, run, workspace, place)
        process = await self._starter.born(place)
        point("start.born")
        typed, headless = place.prompt(), Headless.of(run, place, self._plugins)
        if headless is not None:
            headless.open(typed)
        elif typed is not None:
            agent, session = self._plugins.agents[task.agent], self._plugins.sessions[task.session_backend]
            await type_once(session, task, place, "prompt", agent, typed)
        self._watch(run, task, place, process)
        prompt = await self._starter.prompt(command, run, place)
        return [started(run, process), *(prompt.given if prompt else ())]

    async def _open(self, task: Task, project: Project) -> Workspace:
        vcs = self._plugins.vcs[task.vcs_backend]
        name = task.branch or branch_name(task.title, task.id)
        spec = WorkspaceSpec(project.path, task.id, name)
        workspace = await call(f"VCS {vcs.name}", vcs.open(spec), OPEN_SECONDS, expect=Workspace)
        point("start.opened")
        await self._control.report(self._host_id, [WorkspaceOpened(task.id, workspace)])
        point("start.recorded")
        return workspace

    # --- talking ------------------------------------------------------------------------------------

    async def _deliver(self, command: Command) -> list[Report]:
        run, task = _run_of(command), command.task
        agent = self._plugins.agents[task.agent]
        session = self._plugins.sessions[task.session_backend]
        place = RunDir(self._state_dir, run.id)
        message_id = command.payload["message"]
        headless = Headless.of(run, place, self._plugins)
        if headless is not None:
            return await self._write(command, run, place, headless)
        source = self._plugins.sources[agent.status_source]
        if await self._blocked(session, task, run) or not await rests(source, place, self._environ):
            return []  # the message stays queued; it is tried again when the dialog is gone
        if task.budget_usd is not None and not await self._affordable(command, run):
            return []
        prompt = await self._prompts.write(
            command, run, place, str(command.payload["text"]), message_id=message_id
        )
        await type_once(session, task, place, message_id, agent, prompt.text)
        await self._control.report(self._host_id, [*prompt.given, Delivered(message_id)])
        if agent.confirms_prompts and not await self._control.accepted(message_id, ACCEPT_SECONDS):
            await self._press_enter(session, task, run)
        return []

    async def _write(self, command: Command, run: Run, place: RunDir, headless: Headless) -> list[Report]:
        """Give a message to a headless agent. One that takes a single prompt is about to end: the message
        then begins the next run.
        """
        message_id = command.payload["message"]
        watching = self._watchers.get(run.id)
        if not headless.takes(message_id) and watching is not None:
            with suppress(asyncio.CancelledError):
                await asyncio.shield(watching)
            return []
        if command.task.budget_usd is not None and not await self._affordable(command, run):
            return []
        text = str(command.payload["text"])
        prompt = await self._prompts.write(command, run, place, text, message_id=message_id)
        point("deliver.marked")
        headless.prompt(prompt.text, message_id)
        point("deliver.typed")
        return [*prompt.given, Delivered(message_id)]

    async def _affordable(self, command: Command, run: Run) -> bool:
        """Whether there is money left, as soon as the agent has written down what its last turn took."""
        reading = self._readings.get(run.id)
        if reading is not None:
            await reading.settle()
        current = await self._control.command(command.seq)
        return current is not None and used_up(current.task) is None

    async def _blocked(self, session: SessionBackend, task: Task, run: Run) -> bool:
        """Whether a dialog is open: what is typed into one answers it, so nothing may be typed."""
        screen = await call(f"session {session.name}", session.screen(task.id), expect=str)
        dialog = ask(f"agent {task.agent}", self._plugins.agents[task.agent].dialog, screen)
        if dialog is None:
            return False
        seen = Seen(AgentStatus.WAITING, dialog.advice, "screen", run.started_at.timestamp())
        await self._control.report(self._host_id, [Looked(run.id, dialog=seen)])
        return True

    async def _press_enter(self, session: SessionBackend, task: Task, run: Run) -> None:
        """Right after its start an agent may take text and lose the Enter."""
        if not await self._blocked(session, task, run):
            await type_keys(session, task, [Keys(b"\r")])

    async def _interrupt(self, command: Command) -> list[Report]:
        run, task = _run_of(command), command.task
        keys = self._plugins.agents[task.agent].interrupting()
        place = RunDir(self._state_dir, run.id)
        process, headless = place.agent(), Headless.of(run, place, self._plugins)
        if headless is not None:
            headless.interrupt(f"interrupt-{command.seq}")
        elif keys:
            await type_keys(self._plugins.sessions[task.session_backend], task, keys)
        elif process is not None:
            process.interrupt()
        return []

    # --- ending -------------------------------------------------------------------------------------

    async def _stop(self, command: Command) -> list[Report]:
        run = _run_of(command)
        place = RunDir(self._state_dir, run.id)
        process = place.agent()
        if process is None:
            return await self._never_started(run, command.task)
        if command.payload.get("settle") and run.id in self._readings:
            await self._readings[run.id].settle()  # what is not written down yet could not be resumed
        await process.end()
        # What it put in the background has left its family: it goes too when a person ends the agent.
        await end_marked("CHORUS_RUN_ID", run.id)
        point("stop.ended")
        if run.ended_at is not None:
            return []
        watching = self._watchers.get(run.id)
        if watching is not None:
            with suppress(asyncio.CancelledError):
                await asyncio.shield(watching)
            return []
        return [
            await judged_end(run, command.task, place, self._plugins.sessions[command.task.session_backend])
        ]

    async def _never_started(self, run: Run, task: Task) -> list[Report]:
        """Its start made way for this: it is not tried again, and what there may be of a session goes."""
        if run.ended_at is not None:
            return []
        session = self._plugins.sessions[task.session_backend]
        await call(f"session {session.name}", session.stop(task.id))
        return [RunEnded(run.id, None, None, "It had not been started yet")]

    async def _close(self, command: Command) -> list[Report]:
        """Put the task away: session ended, what is left committed, working folder removed when clean."""
        task, project = command.task, command.project
        session = self._plugins.sessions[task.session_backend]
        await call(f"session {session.name}", session.stop(task.id))
        # Also what runs left that ended by themselves or lost their terminal.
        await end_marked("CHORUS_TASK_ID", task.id)
        point("close.stopped")
        workspace = workspace_of(task, project)
        if workspace is None:
            return []
        async with self._lane(task.id, COMMITS).turn():
            return await self._put_away(command, self._plugins.vcs[task.vcs_backend], workspace)

    async def _put_away(self, command: Command, vcs: VcsBackend, workspace: Workspace) -> list[Report]:
        task = command.task
        delete = bool(command.payload["delete_branch"])
        key = f"close:{command.run.id if command.run else task.id}"
        message = f"Keep what was left uncommitted\n\nTask: {task.title}\nAgent: {task.agent}\n"
        reports: list[Report] = []
        try:
            commit = await call(f"VCS {vcs.name}", vcs.commit(workspace, CommitRequest(message, key)))
            stat = await self._committer.stat(task, workspace) if commit else None
            reports.append(Committed(task.id, key, commit, stat))
            point("close.committed")
            await call(f"VCS {vcs.name}", vcs.close(workspace, delete_branch=delete))
        except Conflict as kept:
            return [*reports, WorkspaceClosed(task.id, kept.message)]
        point("close.closed")
        return [*reports, WorkspaceClosed(task.id, None, delete)]

    # --- commits ------------------------------------------------------------------------------------

    async def _commit(self, command: Command) -> list[Report]:
        workspace = workspace_of(command.task, command.project)
        return await self._committer.commit(command, workspace) if workspace else []

    async def _resolve(self, command: Command) -> list[Report]:
        workspace = workspace_of(command.task, command.project)
        return await self._committer.resolve(command, workspace) if workspace else []


def _run_of(command: Command) -> Run:
    if command.run is None:
        raise Conflict(f"The command {command.kind} names no run.")
    return command.run
