"""Delivery of messages: what was said goes to the agent when the agent can take it, once."""

from __future__ import annotations

from datetime import timedelta

from chorus.db import commands, messages, runs, tasks
from chorus.db.unit import Unit, new_id
from chorus.model import AgentStatus, Message, MessageState, Run, Task, TaskStatus, derive, used_up
from chorus.plugins import Plugins
from chorus.services.messages import set_message
from chorus.services.runs.admission import Admission
from chorus.services.status import run_state

#: Statuses in which a live agent takes a prompt at once. ERRORED alive: the turn failed, the prompt is free.
FREE = (AgentStatus.IDLE, AgentStatus.ERRORED)

#: How long a prompt may be unconfirmed before the next one is given all the same.
CONFIRMING = timedelta(seconds=60)

#: Commands that the host has to carry out before the next message is given.
UNDER_WAY = ("start", "deliver", "close")


class Delivery:
    """Moves the queues of tasks on."""

    def __init__(self, plugins: Plugins, admission: Admission) -> None:
        self._plugins = plugins
        self._admission = admission

    def advance(self, unit: Unit, task_id: str, *, revive: bool = True) -> None:
        """Order the delivery of the oldest waiting message, if now is the time.

        `revive` False leaves a stopped agent stopped: after a crash only a person starts it again.
        """
        task = tasks.get(unit.connection, task_id)
        message = messages.next_queued(unit.connection, task_id)
        if message is None or task.status is not TaskStatus.RUNNING or used_up(task) is not None:
            return
        if commands.find_pending(unit.connection, task_id, UNDER_WAY) is not None:
            return
        run = runs.find_current(unit.connection, task)
        if run is not None and run.ended_at is None:
            self._deliver(unit, task, message, run)
        elif revive:
            self._revive(unit, task, message)

    def take_back(self, unit: Unit, run: Run) -> None:
        """Queue again what an agent that has ended was given and has not taken up."""
        task = tasks.get(unit.connection, run.task_id)
        lost = [MessageState.QUEUED]
        if self._plugins.agents[task.agent].confirms_prompts:
            lost.append(MessageState.DELIVERED)
        for message in messages.given_to(unit.connection, run.id, lost):
            set_message(unit, message.id, MessageState.QUEUED)
            messages.update(unit.connection, message.id, run_id=None, delivered_at=None)

    def _revive(self, unit: Unit, task: Task, message: Message) -> None:
        """Begin a run with the message: the agent has stopped."""
        agent = self._plugins.agents.get(task.agent)
        self._admission.begin(
            unit,
            task,
            actor=message.author,
            prompt=message.text,
            resume=agent is not None and agent.resumes,
            message=message,
        )

    def _deliver(self, unit: Unit, task: Task, message: Message, run: Run) -> None:
        agent = self._plugins.agents[task.agent]
        if not agent.accepts_input or not _takes_prompts(unit, run):
            return
        if agent.confirms_prompts and _is_unconfirmed(unit, run):
            return
        messages.update(unit.connection, message.id, run_id=run.id)
        commands.order(
            unit,
            task,
            "deliver",
            key=f"deliver:{message.id}:{new_id()}",
            actor=message.author,
            run_id=run.id,
            payload={"message": message.id, "text": message.text},
        )


def _takes_prompts(unit: Unit, run: Run) -> bool:
    """Return whether the agent's turn is over, also while something goes on in its background."""
    state = run_state.of(unit, run.id)
    return state.displayed.status in FREE or derive(state.evidence).free


def _is_unconfirmed(unit: Unit, run: Run) -> bool:
    """Return whether the agent has yet to confirm what it was given.

    Right after its start it is idle for a moment before it takes up the prompt it was started with, and
    nothing may be typed into that gap.
    """
    return messages.is_unconfirmed(unit.connection, run.id, unit.at - CONFIRMING)
