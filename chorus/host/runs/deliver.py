"""Delivery of messages and interruptions to an agent that runs."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from chorus.backends import Dialog, Keys, SessionBackend
from chorus.crash import point
from chorus.host.backends.calls import ask, call
from chorus.host.headless.conversation import HeadlessConversation
from chorus.host.host_context import HostContext
from chorus.host.observe.idle import is_idle
from chorus.host.port import Command, run_of
from chorus.host.reports import Delivered, ProbeResult, Report
from chorus.host.run_dir import RunDir
from chorus.host.runs.prompts import PromptWriter
from chorus.host.runs.registry import RunRegistry
from chorus.host.terminal.typing_once import type_keys, type_once
from chorus.model import AgentStatus, Run, StatusReading, Task, used_up

#: Seconds a confirming agent may take to accept a typed prompt before Enter is pressed once more.
ACCEPT_SECONDS = 3.0

#: How long after a failed turn its agent may not show yet what it needs first (to be logged in, say): the
#: report of the failure is quicker than the screen. And seconds between looks.
DIALOG_DELAY = timedelta(seconds=2)
POLL_SECONDS = 0.1


class DeliveryHandler:
    def __init__(
        self,
        context: HostContext,
        prompts: PromptWriter,
        registry: RunRegistry,
    ) -> None:
        self._context = context
        self._prompts = prompts
        self._registry = registry

    async def deliver(self, command: Command) -> list[Report]:
        """Give the agent the message the command names. Nothing to report: it stays queued."""
        run, task = run_of(command), command.task
        agent = self._context.plugins.agents[task.agent]
        session = self._context.plugins.sessions[task.session_backend]
        run_dir = RunDir(self._context.state_dir, run.id)
        message_id = command.payload["message"]
        headless = HeadlessConversation.of(run, run_dir, self._context.plugins)
        if headless is not None:
            return await self._send(command, run, run_dir, headless)
        source = self._context.plugins.sources[agent.status_source]
        if await self._dialog_open(session, task, run) or not await is_idle(
            source, run_dir, self._context.environ
        ):
            return []  # the message stays queued; it is tried again when the dialog is gone
        if task.budget_usd is not None and not await self._within_budget(command, run):
            return []
        prompt = await self._prompts.write(
            command, run, run_dir, str(command.payload["text"]), message_id=message_id
        )
        await type_once(session, task, run_dir, message_id, agent, prompt.text)
        await self._context.control.report(self._context.host_id, [*prompt.given, Delivered(message_id)])
        if agent.confirms_prompts and not await self._context.control.accepted(message_id, ACCEPT_SECONDS):
            await self._press_enter(session, task, run)
        return []

    async def _send(
        self, command: Command, run: Run, run_dir: RunDir, headless: HeadlessConversation
    ) -> list[Report]:
        """Give a message to a headless agent. One that takes a single prompt is about to end: the message
        then begins the next run.
        """
        message_id = command.payload["message"]
        if not headless.takes(message_id) and await self._registry.ended(run.id):
            return []
        if command.task.budget_usd is not None and not await self._within_budget(command, run):
            return []
        text = str(command.payload["text"])
        prompt = await self._prompts.write(command, run, run_dir, text, message_id=message_id)
        point("deliver.marked")
        headless.prompt(prompt.text, message_id)
        point("deliver.typed")
        return [*prompt.given, Delivered(message_id)]

    async def _within_budget(self, command: Command, run: Run) -> bool:
        """Whether there is money left, as soon as the agent has written down what its last turn took."""
        await self._registry.settle(run.id)
        current = await self._context.control.command(command.seq)
        return current is not None and used_up(current.task) is None

    async def _dialog_open(self, session: SessionBackend, task: Task, run: Run) -> bool:
        """Whether a dialog is open: what is typed into one answers it, so nothing may be typed."""
        dialog = await self._dialog(session, task)
        while dialog is None and _failed_just_now(task):
            await asyncio.sleep(POLL_SECONDS)
            dialog = await self._dialog(session, task)
        if dialog is None:
            return False
        seen = StatusReading(AgentStatus.WAITING, dialog.advice, "screen", run.started_at.timestamp())
        await self._context.control.report(self._context.host_id, [ProbeResult(run.id, dialog=seen)])
        return True

    async def _dialog(self, session: SessionBackend, task: Task) -> Dialog | None:
        screen = await call(f"session {session.name}", session.screen(task.id), expect=str)
        return ask(f"agent {task.agent}", self._context.plugins.agents[task.agent].dialog, screen)

    async def _press_enter(self, session: SessionBackend, task: Task, run: Run) -> None:
        """Right after its start an agent may take text and lose the Enter."""
        if not await self._dialog_open(session, task, run):
            await type_keys(session, task, [Keys(b"\r")])

    async def interrupt(self, command: Command) -> list[Report]:
        run, task = run_of(command), command.task
        keys = self._context.plugins.agents[task.agent].interrupting()
        run_dir = RunDir(self._context.state_dir, run.id)
        process, headless = run_dir.agent(), HeadlessConversation.of(run, run_dir, self._context.plugins)
        if headless is not None:
            headless.interrupt(f"interrupt-{command.seq}")
        elif keys:
            await type_keys(self._context.plugins.sessions[task.session_backend], task, keys)
        elif process is not None:
            process.interrupt()
        return []


def _failed_just_now(task: Task) -> bool:
    since = task.status_since if task.agent_status is AgentStatus.ERRORED else None
    return since is not None and datetime.now(UTC) - since < DIALOG_DELAY
