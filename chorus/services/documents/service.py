"""Documents of projects, and what tasks refer to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chorus.db import documents, tasks
from chorus.db.database import Database
from chorus.db.unit import Unit, new_id
from chorus.errors import BadInput, Conflict, NotFound
from chorus.host.port import HostPort, Pointed
from chorus.model import Document, DocumentReference, Excerpt, GivenContext, Heading, Task, TaskStatus
from chorus.model.events import TaskUpdatedEvent
from chorus.services import validation
from chorus.services.documents import places
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
        """Return the range; None for a section or the whole document. Raises BadInput for a wrong range."""
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
        """Return the document of this path, however it is written; None when there is none."""
        project = await self._projects.only(project_id)
        listed = {document.path: document for document in await self._host.documents(project, None)}
        if path in listed:
            return listed[path]
        try:
            return listed.get((await self._host.excerpt(project, path, None, None)).path)
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
        """Return the tasks that refer to a document, the newest first."""
        project = await self._projects.only(project_id)
        return await self._database.read(documents.tasks_referring, project.id, path)

    async def references(self, task: Task) -> Sequence[DocumentReference]:
        """Return what a task refers to, where it is now; `stale` when it cannot be found any more."""
        known = await self._database.read(documents.of_task, task.id)
        if not known:
            return []
        project = await self._projects.get(task.project_id)
        return [places.shown_now(found) for found in await self._host.follow(project, known)]

    async def given(self, run_id: str) -> Sequence[GivenContext]:
        """Return what the agent of a run was told of documents, oldest first."""
        return await self._database.read(documents.given_to_run, run_id)

    # --- referring ---------------------------------------------------------------------------------

    async def refer(
        self, task_id: str, path: str, target: Target, *, note: str | None = None, actor: str
    ) -> DocumentReference:
        """Attach a document or a part of it to a task. The same reference again is the one there is."""
        kept_note, lines = _note(note), target.lines()
        task = _open(await self._database.read(tasks.get, task_id))
        project = await self._projects.get(task.project_id)
        pointed = await self._host.point(project, path, target.heading, lines)
        reference = await self._database.write(self._refer, task_id, pointed, kept_note, actor)
        return places.shown(reference, pointed)

    def _refer(
        self, unit: Unit, task_id: str, pointed: Pointed, note: str | None, actor: str
    ) -> DocumentReference:
        _open(tasks.get(unit.connection, task_id))
        bare = DocumentReference(
            id=new_id(),
            task_id=task_id,
            path=pointed.part.path,
            heading=None,
            start_line=None,
            end_line=None,
            note=note,
            stale=False,
        )
        new = places.placed(bare, pointed)
        known = documents.of_task(unit.connection, task_id)
        same = next((one for one in known if _place(one) == _place(new)), None)
        if same is not None:
            return same
        if len(known) >= MAX_REFERENCES:
            raise Conflict(f"A task can refer to {MAX_REFERENCES} parts of documents; remove one first.")
        documents.add(unit.connection, new)
        unit.emit(TaskUpdatedEvent(fields=["references"]), task_id=task_id, source=actor)
        return new

    async def change(
        self, id: str, target: Target | None, *, note: str | None = None, actor: str
    ) -> DocumentReference:
        """Point a reference at another part of its document, change its note, or both. None leaves it."""
        _note(note)
        lines = target.lines() if target is not None else None
        reference, task = await self._database.read(documents.get_with_task, id)
        project = await self._projects.get(_open(task).project_id)
        pointed = None
        if target is not None:
            pointed = await self._host.point(project, reference.path, target.heading, lines)
        changed = await self._database.write(self._change, id, pointed, note, actor)
        return places.shown_now((await self._host.follow(project, [changed]))[0])

    def _change(
        self, unit: Unit, id: str, pointed: Pointed | None, note: str | None, actor: str
    ) -> DocumentReference:
        reference = documents.get(unit.connection, id).reference
        if pointed is None and note is None:
            return reference
        if pointed is not None:
            reference = places.placed(reference, pointed)
        if note is not None:
            reference = replace(reference, note=_note(note))
        documents.save(unit.connection, reference)
        event = TaskUpdatedEvent(fields=["references"])
        unit.emit(event, task_id=reference.task_id, source=actor)
        return reference

    async def remove(self, id: str, *, actor: str) -> str:
        """Detach a document; an agent that was given it is told with the next message."""
        await self._database.write(self._remove, id, actor)
        return id

    def _remove(self, unit: Unit, id: str, actor: str) -> None:
        known = documents.get(unit.connection, id)
        if known.conversation is not None:
            documents.mark_removed(unit.connection, id)
        else:
            documents.remove(unit.connection, id)
        event = TaskUpdatedEvent(fields=["references"])
        unit.emit(event, task_id=known.reference.task_id, source=actor)


def _place(reference: DocumentReference) -> tuple[str, str | None, int | None, int | None]:
    return reference.path, reference.heading, reference.start_line, reference.end_line


def _open(task: Task) -> Task:
    if task.status is TaskStatus.COMPLETED:
        raise Conflict("The task is completed: what it refers to stays as it was.")
    return task


def _note(note: str | None) -> str | None:
    """Return a note as it is kept: an empty one is none."""
    if note is None or not note.strip():
        return None
    if len(note) > NOTE_CHARS:
        raise BadInput(f"The note has {len(note)} characters; at most {NOTE_CHARS} fit.", field="note")
    return validation.text(note, "note").strip()
