"""Changes that cannot be committed as hosts report them: conflicts, failures, files of no task."""

from __future__ import annotations

from chorus.db import tasks
from chorus.db.unit import Unit
from chorus.host.reports import ConflictResolved, Unassigned, VcsTrouble
from chorus.model.events import (
    VcsConflictEvent,
    VcsErrorEvent,
    VcsResolvedEvent,
    VcsUnassignedEvent,
    failure_fields,
)


def trouble(unit: Unit, report: VcsTrouble) -> None:
    """Tell that a commit did not work, and keep a conflict with its task until it is resolved."""
    kind = VcsConflictEvent if report.conflict else VcsErrorEvent
    event = kind(message=report.message, **failure_fields(report.details))
    unit.emit(event, task_id=report.task_id, source="host")
    if report.conflict:
        tasks.update(unit.connection, report.task_id, conflict=report.message)


def resolved(unit: Unit, report: ConflictResolved) -> None:
    """Take the conflict off a task."""
    if tasks.get(unit.connection, report.task_id).conflict is None:
        return
    tasks.update(unit.connection, report.task_id, conflict=None)
    unit.emit(VcsResolvedEvent(), task_id=report.task_id, source="host")


def unassigned(unit: Unit, report: Unassigned) -> None:
    """Tell of changes in a shared folder that no task is known to have made."""
    unit.emit(VcsUnassignedEvent(paths=report.paths), task_id=report.task_id, source="host")
