"""Closed sets of values that clients rely on."""

from __future__ import annotations

from enum import StrEnum


class TaskStatus(StrEnum):
    """What people decided about a task; never inferred from an agent."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    WAITING = "WAITING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"

    @property
    def closed(self) -> bool:
        return self in (TaskStatus.COMPLETED, TaskStatus.FAILED)


class Wait(StrEnum):
    """Why a task is WAITING."""

    START = "START"  #: for its turn to be started
    LIMIT = "LIMIT"  #: for the usage limit of its agent to reset
    RESTART = "RESTART"  #: for its agent, which has crashed, to be started again


class AgentStatus(StrEnum):
    """What the agent of a task was last observed to do."""

    STOPPED = "STOPPED"
    STARTING = "STARTING"
    IDLE = "IDLE"
    THINKING = "THINKING"
    READING = "READING"
    EDITING = "EDITING"
    RUNNING = "RUNNING"
    WAITING = "WAITING"
    ERRORED = "ERRORED"

    @property
    def busy(self) -> bool:
        """In the middle of a turn: a prompt sent now is queued."""
        return self in _BUSY


_BUSY = frozenset(
    (
        AgentStatus.STARTING,
        AgentStatus.THINKING,
        AgentStatus.READING,
        AgentStatus.EDITING,
        AgentStatus.RUNNING,
        AgentStatus.WAITING,
    )
)


class RunMode(StrEnum):
    INTERACTIVE = "INTERACTIVE"
    HEADLESS = "HEADLESS"


class RunEnd(StrEnum):
    """How an agent run ended."""

    FINISHED = "FINISHED"  #: the process ended by itself with exit code 0
    INTERRUPTED = "INTERRUPTED"  #: its session went away under it (tmux died, reboot)
    KILLED = "KILLED"  #: Chorus ended it because a person asked
    CRASHED = "CRASHED"  #: a signal nobody of ours sent
    ERRORED = "ERRORED"  #: a non-zero exit code, or the agent reported an error and left


class PermissionState(StrEnum):
    PENDING = "PENDING"
    ALLOWED = "ALLOWED"
    DENIED = "DENIED"
    EXPIRED = "EXPIRED"  #: the profile's time-out decided
    WITHDRAWN = (
        "WITHDRAWN"  #: nobody needs the answer any more (answered in the terminal, Escape, agent gone)
    )


class PermissionDecision(StrEnum):
    ALLOW = "ALLOW"
    DENY = "DENY"


class AfterPlan(StrEnum):
    """How an agent goes on once its plan is approved."""

    ASK_FOR_EDITS = "ASK_FOR_EDITS"  #: a person is asked before each edit
    ACCEPT_EDITS = "ACCEPT_EDITS"  #: edits in the task's folder are made unasked


class PermissionScope(StrEnum):
    """How far an answer reaches."""

    ONCE = "ONCE"
    SESSION = "SESSION"
    TASK = "TASK"
    PROJECT = "PROJECT"


class MessageState(StrEnum):
    QUEUED = "QUEUED"
    DELIVERED = "DELIVERED"  #: given to the agent (typed, or in its argv)
    ACCEPTED = "ACCEPTED"  #: the agent said that it has it
    FAILED = "FAILED"
