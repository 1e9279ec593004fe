"""The transitions of a task's status: a table of all there are, and the only code that writes the status."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from chorus.db import commands, tasks
from chorus.db.database import Connection
from chorus.db.unit import Unit
from chorus.errors import Conflict
from chorus.model import Task, TaskStatus, Wait
from chorus.model.events import TaskDeletedEvent, TaskStatusEvent


class Verb(StrEnum):
    """What is done to a task."""

    START = "start"
    ADMIT = "admit"
    QUEUE = "queue"
    UNQUEUE = "unqueue"
    PARK = "park"
    RESUME = "resume"
    COMPLETE = "complete"
    FAIL = "fail"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Stage:
    """A status, and of a task that is WAITING why it waits."""

    status: TaskStatus
    waits: Wait | None = None

    def __str__(self) -> str:
        return f"{self.status} ({self.waits})" if self.waits else self.status.value


@dataclass(frozen=True, slots=True)
class Transition:
    """What a verb makes of a task. `to` None: the task is gone."""

    before: Stage
    verb: Verb
    to: Stage | None
    by: str


PENDING, RUNNING = Stage(TaskStatus.PENDING), Stage(TaskStatus.RUNNING)
COMPLETED, FAILED = Stage(TaskStatus.COMPLETED), Stage(TaskStatus.FAILED)
WAITS_TO_START = Stage(TaskStatus.WAITING, Wait.START)
WAITS_FOR_LIMIT = Stage(TaskStatus.WAITING, Wait.LIMIT)
WAITS_TO_RESTART = Stage(TaskStatus.WAITING, Wait.RESTART)

STAGES = (PENDING, WAITS_TO_START, RUNNING, WAITS_FOR_LIMIT, WAITS_TO_RESTART, COMPLETED, FAILED)

#: The status of a task that is created.
FIRST = PENDING

#: Why a parked task waits: for a moment, after which it goes on by itself.
PARKED = (Wait.LIMIT, Wait.RESTART)

_PERSON, _CHORUS = "a person", "Chorus"

#: All transitions there are. `docs/status.md` shows this table.
TABLE = (
    Transition(PENDING, Verb.START, RUNNING, _PERSON),
    Transition(FAILED, Verb.START, RUNNING, _PERSON),
    Transition(PENDING, Verb.QUEUE, WAITS_TO_START, f"{_PERSON} who starts it, without a free place"),
    Transition(FAILED, Verb.QUEUE, WAITS_TO_START, f"{_PERSON} who starts it, without a free place"),
    Transition(
        RUNNING, Verb.QUEUE, WAITS_TO_START, f"{_PERSON} or {_CHORUS}: its agent is to start, without a place"
    ),
    Transition(WAITS_TO_START, Verb.ADMIT, RUNNING, f"{_CHORUS}, when it is its turn"),
    Transition(WAITS_TO_START, Verb.UNQUEUE, PENDING, f"{_PERSON}; it never ran"),
    Transition(WAITS_TO_START, Verb.UNQUEUE, RUNNING, f"{_PERSON}; it ran before"),
    Transition(RUNNING, Verb.PARK, WAITS_FOR_LIMIT, f"{_CHORUS}, at a usage limit of its agent"),
    Transition(RUNNING, Verb.PARK, WAITS_TO_RESTART, f"{_CHORUS}, after a crash of its agent"),
    Transition(WAITS_FOR_LIMIT, Verb.RESUME, RUNNING, f"{_CHORUS} when it is time, or {_PERSON}"),
    Transition(WAITS_TO_RESTART, Verb.RESUME, RUNNING, f"{_CHORUS} when it is time, or {_PERSON}"),
    Transition(RUNNING, Verb.COMPLETE, COMPLETED, _PERSON),
    Transition(WAITS_TO_START, Verb.COMPLETE, COMPLETED, _PERSON),
    Transition(WAITS_FOR_LIMIT, Verb.COMPLETE, COMPLETED, _PERSON),
    Transition(WAITS_TO_RESTART, Verb.COMPLETE, COMPLETED, _PERSON),
    Transition(PENDING, Verb.FAIL, FAILED, _PERSON),
    Transition(RUNNING, Verb.FAIL, FAILED, _PERSON),
    Transition(WAITS_TO_START, Verb.FAIL, FAILED, _PERSON),
    Transition(WAITS_FOR_LIMIT, Verb.FAIL, FAILED, _PERSON),
    Transition(WAITS_TO_RESTART, Verb.FAIL, FAILED, _PERSON),
    Transition(PENDING, Verb.DELETE, None, _PERSON),
    Transition(FAILED, Verb.DELETE, None, _PERSON),
)

_ALLOWED = frozenset((one.before, one.verb, one.to) for one in TABLE)

#: What a task cannot, in the words of a refusal.
_PASSIVE = {
    Verb.START: "be started",
    Verb.ADMIT: "be started",
    Verb.QUEUE: "wait to be started",
    Verb.UNQUEUE: "be taken out of the start queue",
    Verb.PARK: "be parked",
    Verb.RESUME: "go on",
    Verb.COMPLETE: "be completed",
    Verb.FAIL: "be failed",
    Verb.DELETE: "be deleted",
}

_POSSIBLE = {
    TaskStatus.PENDING: "start, update, fail or delete it",
    TaskStatus.RUNNING: "send a message, interrupt or restart its agent, complete or fail it",
    TaskStatus.WAITING: "send a message, move it or take it out of the start queue, have it go on before a "
    "usage limit resets by starting it, complete or fail it",
    TaskStatus.COMPLETED: "read it; its branch is kept",
    TaskStatus.FAILED: "start it again or delete it",
}

#: The columns of a task that waits for nothing.
_NO_WAIT: dict[str, Any] = {"waits": None, "waiting_for": None, "wait_until": None, "start_order": None}


def stage(task: Task) -> Stage:
    """Return where the task stands."""
    return Stage(task.status, task.waits)


def is_parked(task: Task) -> bool:
    """Return whether the task waits for a moment after which it goes on by itself."""
    return task.status is TaskStatus.WAITING and task.waits in PARKED


def is_open(task: Task) -> bool:
    """Return whether the task is being worked on, or waits to be."""
    return task.status in (TaskStatus.RUNNING, TaskStatus.WAITING)


def impossible(task: Task, what: str) -> Conflict:
    """Return the error of what cannot be done to a task as it is; it says what can."""
    return Conflict(
        f"A task that is {task.status.value} cannot {what}; you can {_POSSIBLE[task.status]}.",
        status=task.status.value,
    )


def allows(task: Task, verb: Verb) -> bool:
    """Return whether the verb leads anywhere from where the task stands."""
    return any((one.before, one.verb) == (stage(task), verb) for one in TABLE)


def check(task: Task, verb: Verb) -> None:
    """Raise Conflict if the verb leads nowhere from where the task stands."""
    if not allows(task, verb):
        raise impossible(task, _PASSIVE[verb])


def check_not_closing(connection: Connection, task: Task) -> None:
    """Raise Conflict while the host puts the task's session away."""
    if commands.find_pending(connection, task.id, ["close"]) is not None:
        raise Conflict("The task's session is still being put away; try again in a moment.")


# --- the transitions --------------------------------------------------------------------------------


def start(unit: Unit, task: Task, actor: str) -> Task:
    """Have the task run; its agent is started in the same transaction."""
    return _begin(unit, task, Verb.START, actor)


def admit(unit: Unit, task: Task, actor: str) -> Task:
    """Have a task run that has waited to be started; its agent is started in the same transaction."""
    return _begin(unit, task, Verb.ADMIT, actor)


def queue(unit: Unit, task: Task, actor: str, waiting_for: str) -> Task:
    """Have the task wait to be started, as the last one of its priority."""
    place = tasks.next_start_order(unit.connection)
    values = {"waiting_for": waiting_for, "start_order": place, "finished_at": None, "error": None}
    return _move(unit, task, Verb.QUEUE, WAITS_TO_START, actor, f"Waits for {waiting_for}", **values)


def unqueue(unit: Unit, task: Task, actor: str) -> Task:
    """Take the task out of the start queue: what never ran is pending again."""
    to = RUNNING if task.current_run_id else PENDING
    return _move(unit, task, Verb.UNQUEUE, to, actor, "Taken out of the start queue")


def park(unit: Unit, task: Task, wait: Wait, until: datetime, actor: str, why: str) -> Task:
    """Have the task wait until then."""
    return _move(unit, task, Verb.PARK, Stage(TaskStatus.WAITING, wait), actor, why, wait_until=until)


def resume(unit: Unit, task: Task, actor: str) -> Task:
    """Have a parked task go on."""
    return _move(unit, task, Verb.RESUME, RUNNING, actor)


def complete(unit: Unit, task: Task, actor: str, result: str | None) -> Task:
    """End the task: its work is done."""
    values = {"finished_at": unit.at, "result": result}
    return _move(unit, task, Verb.COMPLETE, COMPLETED, actor, result, **values)


def fail(unit: Unit, task: Task, actor: str, reason: str) -> Task:
    """End the task: it is given up."""
    values = {"finished_at": unit.at, "error": reason}
    return _move(unit, task, Verb.FAIL, FAILED, actor, reason, **values)


def delete(unit: Unit, task: Task, actor: str) -> None:
    """Delete the task and all that is on record of it."""
    check(task, Verb.DELETE)
    tasks.delete_with_all(unit.connection, task.id)
    unit.emit(TaskDeletedEvent(), task_id=task.id, source=actor)


def _begin(unit: Unit, task: Task, verb: Verb, actor: str) -> Task:
    values: dict[str, Any] = {"started_at": unit.at, "finished_at": None, "error": None}
    return _move(unit, task, verb, RUNNING, actor, **values)


def _move(
    unit: Unit, task: Task, verb: Verb, to: Stage, actor: str, why: str | None = None, **values: Any
) -> Task:
    """Write the new status and tell it; return the task as it is then. Conflict if the table forbids it."""
    if (stage(task), verb, to) not in _ALLOWED:
        raise impossible(task, _PASSIVE[verb])
    changed = {**_NO_WAIT, "waits": to.waits, **values}
    tasks.set_status(unit.connection, task.id, to.status, **changed)
    unit.emit(TaskStatusEvent(status=to.status, why=why), task_id=task.id, source=actor)
    return replace(task, status=to.status, **changed)
