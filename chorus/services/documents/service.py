"""Documents of a project, and what tasks refer to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from chorus.db import lookup, rows, tables
from chorus.db.database import Database
from chorus.db.rows import AnyRow
from chorus.db.unit import Unit, new_id
from chorus.errors import BadInput, Conflict, NotFound
from chorus.host.port import HostPort, Pointed
from chorus.host.reports import Followed
from chorus.model import (
    Document,
    DocumentReference,
    Excerpt,
    GivenContext,
    Heading,
    Task,
    TaskStatus,
)
from chorus.services import events, validation
from chorus.services.documents import references
from chorus.services.projects import ProjectService

#: References of one task.
MAX_REFERENCES = 100
#: Characters of a note, and of what is searched for.
NOTE_CHARS = 1_000
MATCH_CHARS = 500


@dataclass(frozen=True, slots=True)
class Target:
    """A part of a document: a section by its slug, a range of lines, or (neither) the whole."""

    heading: str | None = None
    start_line: int | None = None
    end_line: int | None = None

    @property
    def whole(self) -> bool:
        return self == Target()

    def lines(self) -> tuple[int, int] | None:
        """The range, checked; None for a section or the whole document."""
        start, end = self.start_line, self.end_line
        if start is None and end is None:
            return None
        if self.heading is not None:
            raise BadInput("Refer to a section or to lines, not to both.", field="heading")
        if start is None or end is None or not 1 <= start <= end:
            raise BadInput("Give startLine and endLine, with 1 <= startLine <= endLine.", field="startLine")
        return start, end


class DocumentService:
    def __init__(self, database: Database, host: HostPort, projects: ProjectService) -> None:
        self._database = database
        self._host = host
        self._projects = projects

    # --- reading ---------------------------------------------------------------------------------

    async def list(self, project_id: str | None, match: str | None = None) -> Sequence[Document]:
        if match is not None and len(match) > MATCH_CHARS:
            raise BadInput(f"Search for at most {MATCH_CHARS} characters.", field="match")
        return await self._host.documents(await self._projects.only(project_id), match)

    async def find(self, project_id: str | None, path: str) -> Document | None:
        """The document of this path, however it is written. What cannot be one is refused with the reason."""
        project = await self._projects.only(project_id)
        documents = {document.path: document for document in await self._host.documents(project, None)}
        if path in documents:
            return documents[path]
        try:
            return documents.get((await self._host.excerpt(project, path, None, None)).path)
        except NotFound:
            return None

    async def outline(self, project_id: str | None, path: str) -> Sequence[Heading]:
        return await self._host.outline(await self._projects.only(project_id), path)

    async def read(
        self,
        project_id: str | None,
        path: str,
        *,
        heading: str | None = None,
        lines: tuple[int, int] | None = None,
    ) -> Excerpt:
        return await self._host.excerpt(await self._projects.only(project_id), path, heading, lines)

    async def tasks(self, project_id: str | None, path: str) -> Sequence[Task]:
        """The tasks that refer to a document."""
        project = await self._projects.only(project_id)
        tasks, attached = tables.tasks, tables.document_references
        refer = select(attached.c.task_id).where(attached.c.path == path, attached.c.removed.is_(False))
        query = select(tasks).where(tasks.c.project_id == project.id, tasks.c.id.in_(refer))

        def work(connection: Connection) -> Any:
            found = (connection.execute(query.order_by(tasks.c.position.desc()))).all()
            return found

        found = await self._database.read(work)
        return [rows.task(row) for row in found]

    async def references(self, task: Task) -> Sequence[DocumentReference]:
        """What a task refers to, where it is now; `stale`, and why, when it cannot be found any more."""
        table = tables.document_references
        query = select(table).where(table.c.task_id == task.id, table.c.removed.is_(False))

        def work(connection: Connection) -> Any:
            found = (connection.execute(query.order_by(table.c.position))).all()
            return found

        found = await self._database.read(work)
        if not found:
            return []
        project = await self._projects.get(task.project_id)
        followed = await self._host.follow(project, [rows.reference(row) for row in found])
        return [_now(one) for one in followed]

    async def given(self, run_id: str) -> Sequence[GivenContext]:
        """What the agent of a run was told of documents, oldest first."""

        def work(connection: Connection) -> Any:
            found = references.given_contexts(connection, run_id)
            return found

        found = await self._database.read(work)
        return [rows.given_context(row) for row in found]

    # --- referring ---------------------------------------------------------------------------------

    async def refer(
        self, task_id: str, path: str, target: Target, *, note: str | None = None, actor: str
    ) -> DocumentReference:
        """Attach a document or a part of it to a task. The same reference again is the one there is."""
        kept_note = _note(note)
        lines = target.lines()

        def work(connection: Connection) -> Any:
            task = _open(lookup.task(connection, task_id))
            return task

        task = await self._database.read(work)
        project = await self._projects.get(task.project_id)
        pointed = await self._host.point(project, path, target.heading, lines)
        table = tables.document_references

        def write(unit: Unit) -> Any:
            _open(lookup.task(unit.connection, task_id))
            values = references.place(pointed.part, pointed.anchor)
            id = self._same(unit, task_id, pointed.part.path, values)
            if id is None:
                id = self._add(unit, task_id, pointed.part.path, values, kept_note)
                events.task_updated(unit, task_id, actor, ["references"])
            row = lookup.row(unit.connection, table, "document reference", id)
            return row

        row = await self._database.write(write)
        return _pointed_at(rows.reference(row), pointed)

    def _same(self, unit: Unit, task_id: str, path: str, values: Mapping[str, Any]) -> str | None:
        """The id of the reference of the task that stands for this very part."""
        table = tables.document_references
        query = select(table.c.id).where(
            table.c.task_id == task_id, table.c.path == path, table.c.removed.is_(False)
        )
        for name in ("heading", "start_line", "end_line"):
            query = query.where(table.c[name].is_not_distinct_from(values[name]))
        return (unit.connection.execute(query.limit(1))).scalar()

    def _add(self, unit: Unit, task_id: str, path: str, values: Mapping[str, Any], note: str | None) -> str:
        table = tables.document_references
        count = select(func.count()).where(table.c.task_id == task_id, table.c.removed.is_(False))
        if int((unit.connection.execute(count)).scalar_one()) >= MAX_REFERENCES:
            raise Conflict(f"A task can refer to {MAX_REFERENCES} parts of documents; remove one first.")
        id, position = new_id(), unit.position(table)
        added = {"id": id, "position": position, "task_id": task_id, "path": path, "note": note}
        unit.connection.execute(insert(table).values(**values, **added, seen={}, removed=False))
        return id

    async def change(
        self, id: str, target: Target | None, *, note: str | None = None, actor: str
    ) -> DocumentReference:
        """Point a reference at another part of its document, change its note, or both. None leaves it."""
        table = tables.document_references
        kept_note = _note(note)
        lines = target.lines() if target is not None else None

        def work(connection: Connection) -> Any:
            row = _kept(lookup.row(connection, table, "document reference", id))
            task = _open(lookup.task(connection, row.task_id))
            return row, task

        row, task = await self._database.read(work)
        values: dict[str, Any] = {} if note is None else {"note": kept_note}
        project = await self._projects.get(task.project_id)
        if target is not None:
            pointed = await self._host.point(project, row.path, target.heading, lines)
            values |= references.place(pointed.part, pointed.anchor)

        def write(unit: Unit) -> Any:
            _kept(lookup.row(unit.connection, table, "document reference", id))
            if values:
                unit.connection.execute(update(table).where(table.c.id == id).values(**values))
                events.task_updated(unit, task.id, actor, ["references"])
            changed = rows.reference(lookup.row(unit.connection, table, "document reference", id))
            return changed

        changed = await self._database.write(write)
        return _now((await self._host.follow(project, [changed]))[0])

    async def remove(self, id: str, *, actor: str) -> str:
        """Detach a document; an agent that was given it is told with the next message."""
        table = tables.document_references

        def work(unit: Unit) -> None:
            row = _kept(lookup.row(unit.connection, table, "document reference", id))
            if row.seen:
                unit.connection.execute(update(table).where(table.c.id == id).values(removed=True))
            else:
                unit.connection.execute(delete(table).where(table.c.id == id))
            events.task_updated(unit, row.task_id, actor, ["references"])

        await self._database.write(work)
        return id


def _now(found: Followed) -> DocumentReference:
    """A reference as it is to be shown; nothing is known anew about one that could not be looked at."""
    reference, part = found.reference, found.part
    if not found.known:
        return replace(reference, problem=part.problem)
    if part.text is None:
        return replace(reference, stale=True, problem=part.problem)
    return _pointed_at(reference, Pointed(part, found.anchor))


def _pointed_at(reference: DocumentReference, pointed: Pointed) -> DocumentReference:
    part, columns = pointed.part, references.place(pointed.part, pointed.anchor)
    where = {name: columns[name] for name in ("heading", "start_line", "end_line", "anchor")}
    was = references.found_part(part)
    return replace(
        reference, **where, stale=False, problem=None, was=was, version=part.version, text=part.text
    )


def _open(task: Task) -> Task:
    if task.status is TaskStatus.COMPLETED:
        raise Conflict("The task is completed: what it refers to stays as it was.")
    return task


def _kept(row: AnyRow) -> AnyRow:
    if row.removed:
        raise NotFound(f"There is no document reference with the id {row.id!r}.")
    return row


def _note(note: str | None) -> str | None:
    """A note as it is kept; an empty one is none."""
    if note is None or not note.strip():
        return None
    if len(note) > NOTE_CHARS:
        raise BadInput(f"The note has {len(note)} characters; at most {NOTE_CHARS} fit.", field="note")
    return validation.text(note, "note").strip()
