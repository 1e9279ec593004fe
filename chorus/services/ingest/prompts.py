"""Prompts: typed by the host, and taken up by the agent."""

from __future__ import annotations

from chorus.db import messages, tasks
from chorus.db.unit import Unit
from chorus.host.reports import Delivered
from chorus.model import MessageState, PromptAccepted, Run
from chorus.model.events import AgentPromptEvent
from chorus.services.messages import same_text, set_message
from chorus.services.runs.scheduler import Scheduler

#: States of a message whose agent may take it up.
_GIVEN = (MessageState.QUEUED, MessageState.DELIVERED)


class Prompts:
    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    def accepted(self, unit: Unit, run: Run, signal: PromptAccepted, source: str) -> None:
        """Record that the agent has taken up a prompt, whoever gave it."""
        unit.emit(AgentPromptEvent(run_id=run.id, text=signal.text), task_id=run.task_id, source=source)
        # Whoever speaks to it in the terminal has it go on, whatever it was parked for.
        self._scheduler.resumed(unit, tasks.get(unit.connection, run.task_id), source)
        confirm(unit, run, signal.text)


def delivered(unit: Unit, report: Delivered) -> None:
    """Record that a message was typed into the agent's terminal."""
    set_message(unit, report.message_id, MessageState.DELIVERED)


def find_given(unit: Unit, run: Run, text: str) -> str | None:
    """Return the id of the oldest message of the run that this prompt may be; None when there is none."""
    given = messages.given_to(unit.connection, run.id, _GIVEN)
    return next((message.id for message in given if same_text(message.text, text)), None)


def confirm(unit: Unit, run: Run, text: str) -> None:
    """Mark the message that the agent has taken up, if it was one of ours."""
    id = find_given(unit, run, text)
    if id is not None:
        set_message(unit, id, MessageState.ACCEPTED)
