"""The tasks that wait to be started, as people see and change them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, update

from chorus.db import lookup, rows, tables
from chorus.db.database import Database
from chorus.db.rows import AnyRow
from chorus.db.unit import Unit
from chorus.errors import Conflict
from chorus.model import Task, TaskStatus, Wait
from chorus.services import events
from chorus.services.runs import admission


class StartQueue:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self) -> Sequence[Task]:
        """What waits to be started, the next one first."""

        def work(connection: Connection) -> Any:
            found = (connection.execute(admission.in_order())).all()
            return found

        found = await self._database.read(work)
        return [rows.task(row) for row in found]

    async def move(self, id: str, before: str | None, *, actor: str) -> Task:
        """Put a task that waits before another one, or last. It takes over the priority it needs there."""

        def work(unit: Unit) -> Task:
            _waits(lookup.task(unit.connection, id))
            if before is not None:
                _waits(lookup.task(unit.connection, before))
            if before != id:
                self._arrange(unit, id, before, actor)
            return lookup.task(unit.connection, id)

        return await self._database.write(work)

    def _arrange(self, unit: Unit, id: str, before: str | None, actor: str) -> None:
        found = list(admission.waiting(unit))
        moved = next(row for row in found if row.id == id)
        others = [row for row in found if row.id != id]
        place = next((at for at, row in enumerate(others) if row.id == before), len(others))
        priority = _fitting(moved.priority, others, place)
        order = [*others[:place], moved, *others[place:]]
        table = tables.tasks
        for number, row in enumerate(order, start=1):
            unit.connection.execute(update(table).where(table.c.id == row.id).values(start_order=number))
        unit.connection.execute(update(table).where(table.c.id == id).values(priority=priority))
        changed = ["startOrder", *(["priority"] if priority != moved.priority else [])]
        events.task_updated(unit, id, actor, changed)

    async def unqueue(self, id: str, *, actor: str) -> Task:
        """Do not start it after all: what never ran is pending again. Its messages stay where they are."""

        def work(unit: Unit) -> Task:
            task = lookup.task(unit.connection, id)
            _waits(task)
            status = TaskStatus.RUNNING if task.current_run_id else TaskStatus.PENDING
            table = tables.tasks
            values = {"status": status, **admission.NOTHING}
            unit.connection.execute(update(table).where(table.c.id == id).values(**values))
            events.task_status(unit, id, status, actor, "Taken out of the start queue")
            return lookup.task(unit.connection, id)

        return await self._database.write(work)


def _fitting(priority: int, others: Sequence[AnyRow], place: int) -> int:
    """The priority nearest to a task's own with which it stands between its neighbours."""
    if place < len(others):
        priority = max(priority, int(others[place].priority))
    if place > 0:
        priority = min(priority, int(others[place - 1].priority))
    return priority


def _waits(task: Task) -> None:
    if task.status is not TaskStatus.WAITING or task.waits is not Wait.START:
        raise Conflict(
            f"The task {task.title[:60]!r} is {task.status.value} and does not wait to be started; only what "
            "waits can be moved or taken out of the queue.",
            status=task.status.value,
        )
