"""Projects: repositories that tasks work on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, select

from chorus.db import lookup, rows, tables
from chorus.db.database import Database
from chorus.db.unit import Unit, new_id
from chorus.errors import BadInput, Conflict
from chorus.host.port import HostPort
from chorus.model import Project
from chorus.services import events, usage, validation
from chorus.services.usage import UsageSum


class ProjectService:
    def __init__(self, database: Database, host: HostPort, host_id: str) -> None:
        self._database = database
        self._host = host
        self._host_id = host_id
        # A project never changes once it is added: lists of tasks need not read it for each.
        self._known: dict[str, Project] = {}

    async def add(self, path: str, name: str | None = None) -> Project:
        """Register a repository; adding it again gives the one there is."""
        if not path.strip() or "\0" in path:
            raise BadInput("Give the path of a git repository.", field="path")
        found = await self._host.inspect(path, None)
        label = validation.title(name) if name is not None else Path(found.path).name or found.path

        def work(unit: Unit) -> Project:
            table = tables.projects
            known = select(table).where(table.c.host_id == self._host_id, table.c.path == found.path)
            row = (unit.connection.execute(known)).first()
            if row is not None:
                return rows.project(row)
            project = Project(
                id=new_id(),
                host_id=self._host_id,
                name=label,
                path=found.path,
                default_branch=found.default_branch,
                # Registering a repository is the person's word that agents may work in it.
                trusted=True,
                created_at=unit.at,
            )
            unit.connection.execute(insert(table).values(_columns(project)))
            events.project_added(unit, project)
            unit.wakes_host = True  # it watches the documents of new projects
            return project

        return await self._database.write(work)

    async def set_up(self, id: str, vcs: str, *, consented: bool) -> str:
        """What a VCS backend has to change in the repository; with consent it is changed."""
        return await self._host.set_up(await self.get(id), vcs, consented=consented)

    async def unassigned(self, id: str) -> list[str]:
        """Paths changed in the project that are on no task's branch, where tasks share its folder."""
        return list(await self._host.unassigned(await self.get(id)))

    async def usage(self, id: str) -> UsageSum:
        """What the tasks of the project have taken; of deleted tasks nothing is known."""

        def work(connection: Connection) -> UsageSum:
            return usage.of_project(connection, id)

        return await self._database.read(work)

    async def leave(self, id: str, vcs: str) -> Project:
        """Undo the set-up; branches stay. Refused while tasks of the project work there."""
        project = await self.get(id)
        tasks = tables.tasks
        query = select(tasks.c.id).where(
            tasks.c.project_id == id, tasks.c.vcs_backend == vcs, tasks.c.worktree.is_not(None)
        )

        def work(connection: Connection) -> Any:
            busy = (connection.execute(query)).all()
            return busy

        busy = await self._database.read(work)
        if busy:
            raise Conflict(f"{len(busy)} tasks of this project still work there: finish them first.")
        await self._host.leave(project, vcs)
        return project

    async def all(self) -> list[Project]:
        def work(connection: Connection) -> list[Project]:
            query = select(tables.projects).order_by(tables.projects.c.name, tables.projects.c.id)
            return [rows.project(row) for row in (connection.execute(query)).all()]

        return await self._database.read(work)

    async def get(self, id: str) -> Project:
        if id not in self._known:
            self._known[id] = await self._database.read(lookup.project, id)
        return self._known[id]

    async def only(self, id: str | None) -> Project:
        """The project of this id; without an id the only one there is."""
        if id is not None:
            return await self.get(id)
        projects = await self.all()
        if len(projects) == 1:
            return projects[0]
        if not projects:
            raise BadInput("There is no project yet: add a repository first.", field="projectId")
        known = ", ".join(f"{project.name} ({project.id})" for project in projects[:10])
        raise BadInput(f"Say which project: {known}.", field="projectId")


def _columns(project: Project) -> dict[str, object]:
    return {name: getattr(project, name) for name in Project.__slots__}
