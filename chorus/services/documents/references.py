"""Reports of hosts about document references: where they are, and what each agent was told of them."""

from __future__ import annotations

from collections.abc import Sequence

from chorus.db import documents
from chorus.db.documents import ToldReference
from chorus.db.unit import Unit
from chorus.host.port import Attached, Pointed
from chorus.host.reports import ContextGiven, DocumentsChanged, Followed, ReferencesFollowed
from chorus.model.events import (
    DocumentChangedEvent,
    DocumentGivenEvent,
    DocumentReferenceEvent,
    GivenPart,
    TaskUpdatedEvent,
)
from chorus.services.documents import places

#: The fields of a reference in which a person sees a difference.
_VISIBLE = ("stale", "problem", "heading", "start_line", "end_line")


def attached(known: Sequence[ToldReference], conversation: str) -> list[Attached]:
    """Return the references of a task with what was told of them in this conversation."""
    return [
        Attached(
            one.reference.id,
            None if one.removed else one.reference,
            one.told if one.conversation == conversation else None,
        )
        for one in known
    ]


def context_given(unit: Unit, report: ContextGiven) -> None:
    """Remember what was told, in which version and to which run; what was removed is now forgotten."""
    if documents.is_given(unit.connection, report.key):
        return
    documents.add_given(
        unit.connection,
        report.key,
        task_id=report.task_id,
        run_id=report.run_id,
        message_id=report.message_id,
        documents=report.documents,
        left_out=report.left_out,
        at=unit.at,
    )
    for part in report.parts:
        documents.save_told(unit.connection, report.conversation, part)
    documents.remove_told(unit.connection, report.forget)
    if report.parts or report.left_out:
        unit.emit(_given(report), task_id=report.task_id, source="host")


def _given(report: ContextGiven) -> DocumentGivenEvent:
    return DocumentGivenEvent(
        run_id=report.run_id,
        message_id=report.message_id,
        documents=[GivenPart.of(document) for document in report.documents if not document.unchanged],
        left_out=report.left_out,
    )


def references_followed(unit: Unit, report: ReferencesFollowed) -> None:
    """Keep where references are now, and tell of each task in which a person would see a difference."""
    different = [found.reference.task_id for found in report.found if found.known and _follow(unit, found)]
    for task_id in dict.fromkeys(different):
        unit.emit(TaskUpdatedEvent(fields=["references"]), task_id=task_id, source="host")


def _follow(unit: Unit, found: Followed) -> bool:
    """Keep where a reference is now and return whether that looks different."""
    known = documents.find(unit.connection, found.reference.id)
    if known is None or known.removed or known.reference.anchor != found.reference.anchor:
        return False
    before = known.reference
    if found.part.text is None:
        now = places.lost(before, found.part.problem)
    else:
        now = places.placed(before, Pointed(found.part, found.anchor))
    if now == before:
        return False
    documents.save(unit.connection, now)
    if before.stale != now.stale:
        problem = found.part.problem
        event = DocumentReferenceEvent(id=now.id, path=now.path, stale=now.stale, problem=problem)
        unit.emit(event, task_id=now.task_id, source="host")
    return any(getattr(now, name) != getattr(before, name) for name in _VISIBLE)


def documents_changed(unit: Unit, report: DocumentsChanged) -> None:
    """Tell each change with the tasks it concerns."""
    concerned: dict[str, set[str]] = {}
    for reference in documents.followed(unit.connection, report.project_id):
        concerned.setdefault(reference.path, set()).add(reference.task_id)
    for path, kind in report.changes:
        tasks = sorted(concerned.get(path, ()))
        event = DocumentChangedEvent(project_id=report.project_id, path=path, change=kind, task_ids=tasks)
        unit.emit(event, task_id=None, source="host")
