"""What people do to the agent of a task: speak to it, interrupt it, restart it."""

from __future__ import annotations

from chorus.db import commands, idempotency, messages, runs, tasks
from chorus.db.database import Database
from chorus.db.unit import Unit, new_id
from chorus.errors import Conflict
from chorus.host.port import HostPort
from chorus.model import Message, Task
from chorus.services import validation
from chorus.services.messages import add_message
from chorus.services.permissions.broker import PermissionService
from chorus.services.runs.delivery import Delivery
from chorus.services.runs.restart import Restarter, check_may_restart, is_starting
from chorus.services.tasks import inputs
from chorus.services.tasks.transitions import impossible, is_open


class AgentControl:
    """Speaks to agents, and interrupts and restarts them."""

    def __init__(
        self,
        *,
        database: Database,
        host: HostPort,
        delivery: Delivery,
        permissions: PermissionService,
        restarter: Restarter,
    ) -> None:
        self._database = database
        self._host = host
        self._delivery = delivery
        self._permissions = permissions
        self._restarter = restarter

    async def send(self, id: str, text: str, *, actor: str, key: str | None = None) -> Message:
        """Say something to the agent.

        It is given now when the agent is idle, later when it is busy, with a new run when it has stopped.
        """
        validation.text(text, "message", required=True)
        validation.key(key)
        return await self._database.write(self._send, id, text, actor, key)

    def _send(self, unit: Unit, id: str, text: str, actor: str, key: str | None) -> Message:
        digest = idempotency.digest(id, text)
        earlier = idempotency.earlier(unit, actor, key, "sendMessage", digest)
        if earlier is not None:
            return messages.get(unit.connection, earlier)
        task = tasks.get(unit.connection, id)
        if not is_open(task):
            raise impossible(task, "be sent a message")
        message = add_message(unit, task, text, actor)
        idempotency.remember(unit, actor, key, "sendMessage", digest, message.id)
        self._delivery.advance(unit, id)
        return message

    async def interrupt(self, id: str, *, actor: str) -> Task:
        """End the agent's turn; the agent stays."""
        return await self._database.write(self._interrupt, id, actor)

    def _interrupt(self, unit: Unit, id: str, actor: str) -> Task:
        task = tasks.get(unit.connection, id)
        if not is_open(task):
            raise impossible(task, "be interrupted")
        run = runs.find_current(unit.connection, task)
        if run is None or run.ended_at is not None:
            raise Conflict("The agent is not running; send a message or restart it to continue.")
        if task.agent_status.busy:
            key = f"interrupt:{run.id}:{new_id()}"
            commands.order(unit, task, "interrupt", key=key, actor=actor, run_id=run.id)
            self._permissions.withdrawals.of_run(unit, run.id, f"interrupted by {actor}")
        return tasks.get(unit.connection, id)

    async def restart(self, id: str, *, actor: str, prompt: str | None = None, fresh: bool = False) -> Task:
        """End the agent's process, if it lives, and begin another run.

        It goes on with the conversation unless it is to be `fresh`.
        """
        if prompt is not None:
            validation.text(prompt, "prompt", required=True)
        task = await self._database.read(tasks.get, id)
        await self._host.ready(task.agent, task.session_backend, task.vcs_backend)
        return await self._database.write(self._restart, id, actor, prompt, fresh)

    def _restart(self, unit: Unit, id: str, actor: str, prompt: str | None, fresh: bool) -> Task:
        task = tasks.get(unit.connection, id)
        check_may_restart(task)
        if prompt is not None:
            inputs.check_affordable(task)
        if is_starting(runs.find_current(unit.connection, task)):
            return task  # a second click
        return self._restarter.restart(unit, task, actor=actor, prompt=prompt, fresh=fresh)
