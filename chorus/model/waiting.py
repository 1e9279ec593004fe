"""Reasons why a task is not started or does not go on, in words. Pure."""

from __future__ import annotations

from datetime import datetime

from chorus.model.budget import used_up
from chorus.model.enums import AgentStatus, TaskStatus, Wait
from chorus.model.records import Task


def waiting_for(task: Task, now: datetime) -> str | None:
    """What the task waits for, as it follows "waits for"; None when it waits for nothing.

    Times are told in the zone of this machine; `Task.wait_until` has the moment itself.
    """
    if task.status is TaskStatus.WAITING:
        return task.waiting_for or _parked_for(task, now)
    if task.status is not TaskStatus.RUNNING:
        return None
    if (budget := used_up(task)) is not None and not task.agent_status.busy:
        return f"a larger budget. {budget}"
    if task.agent_status is AgentStatus.WAITING:
        return task.activity or "an answer in the terminal"
    if task.agent_status is AgentStatus.ERRORED:
        return "a message, or a restart of its agent"
    if task.agent_status in (AgentStatus.IDLE, AgentStatus.STOPPED):
        return "the next message, or to be completed"
    return None


def _parked_for(task: Task, now: datetime) -> str | None:
    if task.waits is Wait.LIMIT and task.wait_until is not None:
        return f"usage limit until {moment(task.wait_until, now)}"
    return "its agent to be started again after a crash" if task.waits is Wait.RESTART else None


def moment(at: datetime, now: datetime) -> str:
    """A moment to come: 14:00, or with its date when that is another day."""
    at, now = at.astimezone(), now.astimezone()
    return at.strftime("%H:%M" if at.date() == now.date() else "%Y-%m-%d %H:%M")
