"""The start queue: the tasks that wait to be started, as people see and change them."""

from __future__ import annotations

from collections.abc import Sequence

from chorus.db import tasks
from chorus.db.database import Database
from chorus.db.unit import Unit
from chorus.errors import Conflict
from chorus.model import Task, TaskStatus, Wait
from chorus.model.events import TaskUpdatedEvent
from chorus.services.tasks import transitions


class StartQueue:
    """What people see and change of the tasks that wait to be started."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self) -> Sequence[Task]:
        """Return what waits to be started, the next one first."""
        return await self._database.read(tasks.waiting_to_start)

    async def move(self, id: str, before: str | None, *, actor: str) -> Task:
        """Put a task that waits before another one, or last. It takes over the priority it needs there."""
        return await self._database.write(_move, id, before, actor)

    async def unqueue(self, id: str, *, actor: str) -> Task:
        """Do not start it after all: what never ran is pending again. Its messages stay where they are."""
        return await self._database.write(_unqueue, id, actor)


def _move(unit: Unit, id: str, before: str | None, actor: str) -> Task:
    _check_waits(tasks.get(unit.connection, id))
    if before is not None:
        _check_waits(tasks.get(unit.connection, before))
    if before != id:
        _arrange(unit, id, before, actor)
    return tasks.get(unit.connection, id)


def _arrange(unit: Unit, id: str, before: str | None, actor: str) -> None:
    waiting = tasks.waiting_to_start(unit.connection)
    moved = next(task for task in waiting if task.id == id)
    others = [task for task in waiting if task.id != id]
    place = next((at for at, task in enumerate(others) if task.id == before), len(others))
    priority = _fitting(moved.priority, others, place)
    order = [*others[:place], moved, *others[place:]]
    tasks.set_start_order(unit.connection, [task.id for task in order])
    tasks.update(unit.connection, id, priority=priority)
    changed = ["startOrder", *(["priority"] if priority != moved.priority else [])]
    unit.emit(TaskUpdatedEvent(fields=changed), task_id=id, source=actor)


def _unqueue(unit: Unit, id: str, actor: str) -> Task:
    task = tasks.get(unit.connection, id)
    _check_waits(task)
    transitions.unqueue(unit, task, actor)
    return tasks.get(unit.connection, id)


def _fitting(priority: int, others: Sequence[Task], place: int) -> int:
    """Return the priority nearest to a task's own with which it stands between its neighbours."""
    if place < len(others):
        priority = max(priority, others[place].priority)
    if place > 0:
        priority = min(priority, others[place - 1].priority)
    return priority


def _check_waits(task: Task) -> None:
    if task.status is not TaskStatus.WAITING or task.waits is not Wait.START:
        raise Conflict(
            f"The task {task.title[:60]!r} is {task.status.value} and does not wait to be started; only what "
            "waits can be moved or taken out of the queue.",
            status=task.status.value,
        )
