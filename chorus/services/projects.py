"""Projects: repositories that tasks work on."""

from __future__ import annotations

from pathlib import Path

from chorus.db import projects, usage
from chorus.db.database import Database
from chorus.db.unit import Unit, new_id
from chorus.db.usage import UsageSum
from chorus.errors import BadInput, Conflict
from chorus.host.port import HostPort, RepositoryFound
from chorus.model import Project
from chorus.model.events import ProjectAddedEvent
from chorus.services import validation


class ProjectService:
    def __init__(self, database: Database, host: HostPort, host_id: str) -> None:
        self._database = database
        self._host = host
        self._host_id = host_id
        # A project never changes once it is added: lists of tasks need not read it for each.
        self._known: dict[str, Project] = {}

    async def add(self, path: str, name: str | None = None) -> Project:
        """Register a repository; a repository that is registered is the project that it was."""
        if not path.strip() or "\0" in path:
            raise BadInput("Give the path of a git repository.", field="path")
        found = await self._host.inspect(path, None)
        label = validation.title(name) if name is not None else Path(found.path).name or found.path
        return await self._database.write(self._add, found, label)

    def _add(self, unit: Unit, found: RepositoryFound, name: str) -> Project:
        known = projects.find_by_path(unit.connection, self._host_id, found.path)
        if known is not None:
            return known
        project = Project(
            id=new_id(),
            host_id=self._host_id,
            name=name,
            path=found.path,
            default_branch=found.default_branch,
            # Registering a repository is the person's word that agents may work in it.
            trusted=True,
            created_at=unit.at,
        )
        projects.add(unit.connection, project)
        event = ProjectAddedEvent(id=project.id, name=project.name, path=project.path)
        unit.emit(event, task_id=None, source="user")
        unit.wakes_host = True  # it watches the documents of new projects
        return project

    async def set_up(self, id: str, vcs: str, *, consented: bool) -> str:
        """Return what a VCS backend has to change in the repository; with consent it is changed."""
        return await self._host.set_up(await self.get(id), vcs, consented=consented)

    async def unassigned(self, id: str) -> list[str]:
        """Return paths changed in the project that are on no task's branch, where tasks share its folder."""
        return list(await self._host.unassigned(await self.get(id)))

    async def usage(self, id: str) -> UsageSum:
        """Return what the tasks of the project have taken; nothing is known of deleted tasks."""
        return await self._database.read(usage.of_project, id)

    async def leave(self, id: str, vcs: str) -> Project:
        """Undo the set-up; branches stay. Raises Conflict while tasks of the project work there."""
        project = await self.get(id)
        working = await self._database.read(projects.count_working, id, vcs)
        if working:
            raise Conflict(f"{working} tasks of this project still work there: finish them first.")
        await self._host.leave(project, vcs)
        return project

    async def all(self) -> list[Project]:
        """Return all projects by name."""
        return await self._database.read(projects.all_projects)

    async def get(self, id: str) -> Project:
        """Return the project with this id. Raises NotFound."""
        if id not in self._known:
            self._known[id] = await self._database.read(projects.get, id)
        return self._known[id]

    async def only(self, id: str | None) -> Project:
        """Return the project of this id, without an id the only one. Raises BadInput if there is not one."""
        if id is not None:
            return await self.get(id)
        found = await self.all()
        if len(found) == 1:
            return found[0]
        if not found:
            raise BadInput("There is no project yet: add a repository first.", field="projectId")
        known = ", ".join(f"{project.name} ({project.id})" for project in found[:10])
        raise BadInput(f"Say which project: {known}.", field="projectId")
