"""The record of document references: where they are, and what each agent was told about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from chorus.db import lookup, rows, tables
from chorus.db.unit import Unit
from chorus.host.port import Attached
from chorus.host.reports import ContextGiven, DocumentsChanged, Followed, ReferencesFollowed
from chorus.model import DocumentReference, FoundPart, TaskStatus
from chorus.model.context import Part
from chorus.services import events

#: Characters of a part that are kept to show what a stale reference was.
KEPT_CHARS = 4_000


def found_part(part: Part) -> FoundPart:
    """What is kept of a part, for the day it cannot be found."""
    text = part.text or ""
    return FoundPart(
        heading=part.heading,
        start_line=part.start_line,
        end_line=part.end_line,
        version=part.version,
        text=text[:KEPT_CHARS],
        truncated=len(text) > KEPT_CHARS,
    )


def place(part: Part, anchor: Any) -> dict[str, Any]:
    """The columns of a reference that say where it is."""
    lines = (None, None) if part.whole else (part.start_line, part.end_line)
    return {
        "heading": anchor.get("slug"),
        "start_line": lines[0],
        "end_line": lines[1],
        "anchor": dict(anchor),
        "was": asdict(found_part(part)),
        "stale": False,
        "problem": None,
    }


# --- reading ---------------------------------------------------------------------------------------


def attached(connection: Connection, task_id: str, conversation: str) -> list[Attached]:
    """The references of a task, and what was told of them in this conversation."""
    found = lookup.children(connection, tables.document_references, task_id)
    return [
        Attached(
            row.id,
            None if row.removed else rows.reference(row),
            Part.from_json(row.seen["part"]) if row.seen.get("conversation") == conversation else None,
        )
        for row in found
    ]


def followed(connection: Connection, project_id: str) -> list[DocumentReference]:
    """The references that are followed: those of a completed task stay as they were."""
    references, tasks = tables.document_references, tables.tasks
    query = (
        select(references)
        .join(tasks, tasks.c.id == references.c.task_id)
        .where(tasks.c.project_id == project_id, tasks.c.status != TaskStatus.COMPLETED)
        .where(references.c.removed.is_(False))
    )
    return [rows.reference(row) for row in (connection.execute(query)).all()]


# --- reports of the host ---------------------------------------------------------------------------


def context_given(unit: Unit, report: ContextGiven) -> None:
    """Remember what was told, in which version and to which run; what was removed is now forgotten."""
    given, table = tables.given_contexts, tables.document_references
    if (unit.connection.execute(select(given.c.key).where(given.c.key == report.key))).first():
        return
    unit.connection.execute(
        insert(given).values(
            key=report.key,
            position=unit.position(given),
            task_id=report.task_id,
            run_id=report.run_id,
            message_id=report.message_id,
            documents=[asdict(one) for one in report.documents],
            left_out=list(report.left_out),
            at=unit.at,
        )
    )
    for part in report.parts:
        seen = {"conversation": report.conversation, "part": part.to_json()}
        unit.connection.execute(update(table).where(table.c.id == part.id).values(seen=seen))
    unit.connection.execute(delete(table).where(table.c.id.in_(report.forget), table.c.removed.is_(True)))
    if report.parts or report.left_out:
        events.documents_given(unit, report)


def references_followed(unit: Unit, report: ReferencesFollowed) -> None:
    """Keep where references are now; their tasks are told when a person would see a difference."""
    different: dict[str, None] = {}
    for one in report.found:
        if one.known and _follow(unit, one):
            different[one.reference.task_id] = None
    for task_id in different:
        events.task_updated(unit, task_id, "host", ["references"])


def _follow(unit: Unit, found: Followed) -> bool:
    """Keep where one reference is now; whether that looks different."""
    table, asked = tables.document_references, found.reference
    row = (unit.connection.execute(select(table).where(table.c.id == asked.id))).first()
    if row is None or row.removed or row.anchor != asked.anchor:
        return False
    if found.part.text is None:
        values = {"stale": True, "problem": found.part.problem}
    else:
        values = place(found.part, found.anchor)
    if all(getattr(row, name) == value for name, value in values.items()):
        return False
    unit.connection.execute(update(table).where(table.c.id == asked.id).values(**values))
    if row.stale != values["stale"]:
        events.document_reference(unit, asked, stale=bool(values["stale"]), problem=found.part.problem)
    shown = ("stale", "problem", "heading", "start_line", "end_line")
    return any(values[name] != getattr(row, name) for name in shown if name in values)


def documents_changed(unit: Unit, report: DocumentsChanged) -> None:
    """Tell each change with the tasks it concerns."""
    concerned: dict[str, set[str]] = {}
    for reference in followed(unit.connection, report.project_id):
        concerned.setdefault(reference.path, set()).add(reference.task_id)
    for path, kind in report.changes:
        events.document_changed(unit, report.project_id, path, kind, sorted(concerned.get(path, ())))


def given_contexts(connection: Connection, run_id: str) -> Sequence[Any]:
    """What was put before the prompts of a run, oldest first."""
    table = tables.given_contexts
    query = select(table).where(table.c.run_id == run_id).order_by(table.c.position)
    return (connection.execute(query)).all()
