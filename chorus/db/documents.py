"""References of tasks to documents in the database, and what agents were told of documents."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from chorus.db import rows, tables, tasks
from chorus.db.lookup import missing, next_position
from chorus.db.rows import AnyRow
from chorus.model import DocumentReference, GivenContext, GivenDocument, Task, TaskStatus
from chorus.model.context import Part

_REFERENCES, _GIVEN, _TASKS = tables.document_references, tables.given_contexts, tables.tasks

#: The columns that say what a reference is and where: all but what agents were told of it.
_COLUMNS = tuple(
    column.name for column in _REFERENCES.c if column.name not in ("position", "seen", "removed")
)

_BY_ID = select(_REFERENCES).where(_REFERENCES.c.id == bindparam("reference_id"))
_EVER_OF_TASK = (
    select(_REFERENCES).where(_REFERENCES.c.task_id == bindparam("of_task")).order_by(_REFERENCES.c.position)
)
_OF_TASK = _EVER_OF_TASK.where(_REFERENCES.c.removed.is_(False))
_FOLLOWED = (
    select(_REFERENCES)
    .join(_TASKS, _TASKS.c.id == _REFERENCES.c.task_id)
    .where(_TASKS.c.project_id == bindparam("of_project"), _TASKS.c.status != TaskStatus.COMPLETED)
    .where(_REFERENCES.c.removed.is_(False))
)
_TASKS_REFERRING = (
    select(_TASKS)
    .where(
        _TASKS.c.project_id == bindparam("of_project"),
        _TASKS.c.id.in_(
            select(_REFERENCES.c.task_id).where(
                _REFERENCES.c.path == bindparam("of_path"), _REFERENCES.c.removed.is_(False)
            )
        ),
    )
    .order_by(_TASKS.c.position.desc())
)
_INSERT = insert(_REFERENCES).values(position=next_position(_REFERENCES), seen={}, removed=False)
_CHANGE = update(_REFERENCES).where(_REFERENCES.c.id == bindparam("reference_id"))
_SAVE = _CHANGE.values({name: bindparam(f"new_{name}") for name in _COLUMNS})
_MARK_REMOVED = _CHANGE.values(removed=True)
_TOLD = _CHANGE.values(seen=bindparam("new_seen"))
_DELETE = delete(_REFERENCES).where(_REFERENCES.c.id == bindparam("reference_id"))
_DELETE_REMOVED = delete(_REFERENCES).where(
    _REFERENCES.c.id.in_(bindparam("ids", expanding=True)), _REFERENCES.c.removed.is_(True)
)

_GIVEN_BY_KEY = select(_GIVEN.c.key).where(_GIVEN.c.key == bindparam("of_key"))
_GIVEN_TO_RUN = select(_GIVEN).where(_GIVEN.c.run_id == bindparam("of_run")).order_by(_GIVEN.c.position)
_INSERT_GIVEN = insert(_GIVEN).values(position=next_position(_GIVEN))


@dataclass(frozen=True, slots=True)
class ToldReference:
    """A reference with what an agent was last told of it.

    `removed`: it was removed, and the agent has not heard of that. `told` is what it stood for (None: nothing
    was told) in the conversation `conversation`.
    """

    reference: DocumentReference
    removed: bool
    conversation: str | None
    told: Part | None


# --- references -----------------------------------------------------------------------------------


def get(connection: Connection, id: str) -> ToldReference:
    """Return the reference with this id. Raises NotFound, also for one that was removed."""
    found = find(connection, id)
    if found is None or found.removed:
        raise missing("document reference", id)
    return found


def find(connection: Connection, id: str) -> ToldReference | None:
    """Return the reference with this id; None when there is none."""
    row = connection.execute(_BY_ID, {"reference_id": id}).first()
    return _told(row) if row else None


def get_with_task(connection: Connection, id: str) -> tuple[DocumentReference, Task]:
    """Return the reference with this id, and its task. Raises NotFound."""
    reference = get(connection, id).reference
    return reference, tasks.get(connection, reference.task_id)


def of_task(connection: Connection, task_id: str) -> list[DocumentReference]:
    """Return the references of a task, oldest first."""
    return [rows.reference(row) for row in connection.execute(_OF_TASK, {"of_task": task_id}).all()]


def ever_of_task(connection: Connection, task_id: str) -> list[ToldReference]:
    """Return the references of a task, oldest first, and those whose removal is not told."""
    return [_told(row) for row in connection.execute(_EVER_OF_TASK, {"of_task": task_id}).all()]


def followed(connection: Connection, project_id: str) -> list[DocumentReference]:
    """Return the references that are followed: those of a completed task stay as they were."""
    return [rows.reference(row) for row in connection.execute(_FOLLOWED, {"of_project": project_id}).all()]


def tasks_referring(connection: Connection, project_id: str, path: str) -> list[Task]:
    """Return the tasks of a project that refer to a document, the newest first."""
    parameters = {"of_project": project_id, "of_path": path}
    return [rows.task(row) for row in connection.execute(_TASKS_REFERRING, parameters).all()]


def add(connection: Connection, reference: DocumentReference) -> None:
    """Add a reference."""
    connection.execute(_INSERT, _columns(reference))


def save(connection: Connection, reference: DocumentReference) -> None:
    """Save where a reference is now, and its note."""
    values = {f"new_{name}": value for name, value in _columns(reference).items()}
    connection.execute(_SAVE, {"reference_id": reference.id, **values})


def mark_removed(connection: Connection, id: str) -> None:
    """Remove a reference that an agent was told of: its row stays until the agent has heard of that."""
    connection.execute(_MARK_REMOVED, {"reference_id": id})


def remove(connection: Connection, id: str) -> None:
    """Remove a reference for good."""
    connection.execute(_DELETE, {"reference_id": id})


def remove_told(connection: Connection, ids: Collection[str]) -> None:
    """Remove those of these references for good that were removed; agents have heard of it."""
    connection.execute(_DELETE_REMOVED, {"ids": list(ids)})


# --- what agents were told --------------------------------------------------------------------------


def save_told(connection: Connection, conversation: str, part: Part) -> None:
    """Save what was told of a reference (the part's id) in a conversation."""
    seen = {"conversation": conversation, "part": part.to_json()}
    connection.execute(_TOLD, {"reference_id": part.id, "new_seen": seen})


def is_given(connection: Connection, key: str) -> bool:
    """Return whether the context with this key is on record."""
    return connection.execute(_GIVEN_BY_KEY, {"of_key": key}).first() is not None


def add_given(
    connection: Connection,
    key: str,
    *,
    task_id: str,
    run_id: str,
    message_id: str | None,
    documents: Sequence[GivenDocument],
    left_out: Sequence[str],
    at: datetime,
) -> None:
    """Add what an agent was told before a message, or before the first prompt of a run."""
    columns = {
        "key": key,
        "task_id": task_id,
        "run_id": run_id,
        "message_id": message_id,
        "documents": [asdict(document) for document in documents],
        "left_out": list(left_out),
        "at": at,
    }
    connection.execute(_INSERT_GIVEN, columns)


def given_to_run(connection: Connection, run_id: str) -> list[GivenContext]:
    """Return what was put before the prompts of a run, oldest first."""
    return [rows.given_context(row) for row in connection.execute(_GIVEN_TO_RUN, {"of_run": run_id}).all()]


def _columns(reference: DocumentReference) -> dict[str, Any]:
    columns = {name: getattr(reference, name) for name in _COLUMNS}
    return columns | {"anchor": dict(reference.anchor), "was": asdict(reference.was) if reference.was else {}}


def _told(row: AnyRow) -> ToldReference:
    conversation = row.seen.get("conversation")
    told = Part.from_json(row.seen["part"]) if conversation is not None else None
    return ToldReference(rows.reference(row), row.removed, conversation, told)
