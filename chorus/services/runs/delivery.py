"""Moving a task's queue on: what was said goes to the agent when the agent can take it, once."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update

from chorus.db import lookup, rows, tables
from chorus.db.rows import AnyRow
from chorus.db.unit import Unit, new_id
from chorus.model import AgentStatus, MessageState, Run, Task, TaskStatus, derive, used_up
from chorus.plugins import Plugins
from chorus.services.runs.admission import Admission
from chorus.services.runs.launcher import set_message

#: Statuses in which a live agent takes a prompt at once. ERRORED alive: the turn failed, the prompt is free.
FREE = (AgentStatus.IDLE, AgentStatus.ERRORED)

#: How long a prompt may be unconfirmed before the next one is given all the same.
CONFIRMING = timedelta(seconds=60)


class Queue:
    def __init__(self, plugins: Plugins, admission: Admission) -> None:
        self._plugins = plugins
        self._admission = admission

    def advance(self, unit: Unit, task_id: str, *, revive: bool = True) -> None:
        """Order the delivery of the oldest waiting message, if now is the time.

        `revive` False leaves a stopped agent stopped: after a crash only a person starts it again.
        """
        task = lookup.task(unit.connection, task_id)
        waiting = self._oldest(unit, task_id)
        if task.status is not TaskStatus.RUNNING or waiting is None or self._under_way(unit, task_id):
            return
        if used_up(task) is not None:
            return
        run = lookup.current_run(unit.connection, task)
        if run is not None and run.ended_at is None:
            self._deliver(unit, task, waiting, run.id)
        elif revive:
            resumes = task.agent in self._plugins.agents and self._plugins.agents[task.agent].resumes
            self._admission.begin(
                unit,
                task,
                actor=waiting.author,
                prompt=waiting.text,
                resume=resumes,
                message=rows.message(waiting),
            )

    def take_back(self, unit: Unit, run: Run) -> None:
        """Queue again what an agent that has ended was given and has not taken up."""
        task, messages = lookup.task(unit.connection, run.task_id), tables.messages
        lost = [MessageState.QUEUED]
        if self._plugins.agents[task.agent].confirms_prompts:
            lost.append(MessageState.DELIVERED)
        given = messages.c.run_id == run.id, messages.c.state.in_(lost)
        for (id,) in (unit.connection.execute(select(messages.c.id).where(*given))).all():
            set_message(unit, id, MessageState.QUEUED)
            unit.connection.execute(
                update(messages).where(messages.c.id == id).values(run_id=None, delivered_at=None)
            )

    def _deliver(self, unit: Unit, task: Task, waiting: AnyRow, run_id: str) -> None:
        agent = self._plugins.agents[task.agent]
        if not agent.accepts_input or not self._takes_prompts(unit, task, run_id):
            return
        if agent.confirms_prompts and self._unconfirmed(unit, run_id):
            return
        messages = tables.messages
        unit.connection.execute(update(messages).where(messages.c.id == waiting.id).values(run_id=run_id))
        unit.command(
            "deliver",
            host_id=task.host_id,
            task_id=task.id,
            run_id=run_id,
            key=f"deliver:{waiting.id}:{new_id()}",
            actor=waiting.author,
            payload={"message": waiting.id, "text": waiting.text},
        )

    def _takes_prompts(self, unit: Unit, task: Task, run_id: str) -> bool:
        """Whether the agent's turn is over, also while something goes on in its background."""
        if task.agent_status in FREE:
            return True
        run = lookup.run(unit.connection, run_id)
        return run is not None and derive(lookup.evidence(unit.connection, run.id)).free

    def _unconfirmed(self, unit: Unit, run_id: str) -> bool:
        """Whether the agent has yet to confirm what it was given: right after its start it is idle for a
        moment before it takes up the prompt it was started with, and nothing may be typed into that gap.
        """
        messages = tables.messages
        query = select(messages.c.id).where(
            messages.c.run_id == run_id,
            messages.c.state == MessageState.DELIVERED,
            messages.c.delivered_at > unit.at - CONFIRMING,
        )
        return (unit.connection.execute(query.limit(1))).first() is not None

    def _oldest(self, unit: Unit, task_id: str) -> AnyRow | None:
        messages = tables.messages
        query = (
            select(messages)
            .where(messages.c.task_id == task_id, messages.c.state == MessageState.QUEUED)
            .order_by(messages.c.position)
            .limit(1)
        )
        return (unit.connection.execute(query)).first()

    def _under_way(self, unit: Unit, task_id: str) -> bool:
        """Whether the host still has to start or deliver something, or the agent has yet to confirm it."""
        commands = tables.commands
        query = select(commands.c.seq).where(
            commands.c.task_id == task_id,
            commands.c.state == "PENDING",
            commands.c.kind.in_(("start", "deliver", "close")),
        )
        return (unit.connection.execute(query.limit(1))).first() is not None
