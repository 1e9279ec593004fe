"""Creating tasks and changing what people say of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chorus.db import idempotency, tasks
from chorus.db.database import Database
from chorus.db.unit import Unit, new_id
from chorus.host.port import HostPort
from chorus.model import Task
from chorus.model.events import TaskCreatedEvent, TaskUpdatedEvent
from chorus.services import validation
from chorus.services.permissions.broker import PermissionService
from chorus.services.projects import ProjectService
from chorus.services.runs.delivery import Delivery
from chorus.services.tasks import inputs
from chorus.services.tasks.drafts import Drafts
from chorus.services.tasks.inputs import NewTask, TaskChanges
from chorus.services.tasks.transitions import impossible


class TaskService:
    """What people say of tasks: title, description, priority, permissions, budget."""

    def __init__(
        self,
        *,
        database: Database,
        host: HostPort,
        projects: ProjectService,
        drafts: Drafts,
        delivery: Delivery,
        permissions: PermissionService,
    ) -> None:
        self._database = database
        self._host = host
        self._projects = projects
        self._drafts = drafts
        self._delivery = delivery
        self._permissions = permissions

    async def create(self, new: NewTask, *, actor: str, key: str | None = None) -> Task:
        """Create a task. The same `key` again returns the task it made."""
        validation.key(key)
        project = await self._projects.only(new.project_id)
        vcs = new.vcs_backend or self._drafts.defaults.vcs
        if not vcs:
            vcs = (await self._host.inspect(project.path, None)).vcs
        draft = self._drafts.make(new, project, vcs)
        return await self._database.write(_create, draft, actor, key, idempotency.digest(new))

    async def update(self, id: str, changes: TaskChanges, *, actor: str) -> Task:
        """Change the fields that are given. Raises Conflict once the task is closed."""
        values = self._values(changes)
        return await self._database.write(self._update, id, values, actor)

    def _values(self, changes: TaskChanges) -> dict[str, Any]:
        values: dict[str, Any] = {}
        if changes.title is not None:
            values["title"] = validation.title(changes.title)
        if changes.description is not None:
            values["description"] = validation.text(changes.description, "description")
        if changes.priority is not None:
            values["priority"] = validation.number(changes.priority, "priority", -1000, 1000)
        if changes.permission_profile is not None:
            values["permission_profile"] = self._drafts.profile_name(changes.permission_profile)
        if changes.allowed_tools is not None:
            values["allowed_tools"] = list(inputs.tools(changes.allowed_tools))
        if changes.run_mode is not None:
            values["run_mode"] = changes.run_mode
        if changes.budget is not None:
            values["budget_usd"] = inputs.budget(changes.budget.usd)
        return values

    def _update(self, unit: Unit, id: str, values: dict[str, Any], actor: str) -> Task:
        task = tasks.get(unit.connection, id)
        if task.status.closed:
            raise impossible(task, "be changed")
        if not values:
            return task
        tasks.update(unit.connection, id, **values)
        unit.emit(TaskUpdatedEvent.of(values), task_id=id, source=actor)
        if "budget_usd" in values:
            self._delivery.advance(unit, id)  # what waited for money goes on
        self._permissions.decisions.settle(unit, task.project_id)
        return tasks.get(unit.connection, id)


def _create(unit: Unit, draft: Task, actor: str, key: str | None, digest: str) -> Task:
    earlier = idempotency.earlier(unit, actor, key, "createTask", digest)
    if earlier is not None:
        return tasks.get(unit.connection, earlier)
    task = replace(draft, id=new_id(), created_at=unit.at)
    tasks.add(unit.connection, task)
    idempotency.remember(unit, actor, key, "createTask", digest, task.id)
    created = TaskCreatedEvent(title=task.title, project_id=task.project_id)
    unit.emit(created, task_id=task.id, source=actor)
    return task
