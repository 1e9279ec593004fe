"""The life of a task: created, changed, started and worked on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import insert, select, update

from chorus.backends import ConflictPolicy
from chorus.db import idempotency, lookup, rows, tables
from chorus.db.database import Database
from chorus.db.unit import Unit, new_id
from chorus.errors import Conflict
from chorus.host.port import HostPort
from chorus.model import (
    AgentStatus,
    Message,
    Project,
    Run,
    Task,
    TaskStatus,
    Wait,
)
from chorus.plugins import Plugins
from chorus.services import events, validation
from chorus.services.messages import queued
from chorus.services.permissions.broker import PermissionService
from chorus.services.permissions.profiles import Profiles
from chorus.services.projects import ProjectService
from chorus.services.runs.admission import Admission, first_words
from chorus.services.runs.delivery import Queue
from chorus.services.runs.launcher import Launcher, add_message
from chorus.services.runs.scheduler import PARKED, Parking
from chorus.services.tasks import inputs
from chorus.services.tasks.inputs import NewTask, TaskChanges
from chorus.services.tasks.reader import TaskReader
from chorus.services.tasks.transitions import impossible, not_closing, order, order_stop
from chorus.settings import Defaults


class TaskService:
    def __init__(
        self,
        database: Database,
        host: HostPort,
        plugins: Plugins,
        projects: ProjectService,
        reader: TaskReader,
        profiles: Profiles,
        launcher: Launcher,
        admission: Admission,
        parking: Parking,
        queue: Queue,
        permissions: PermissionService,
        defaults: Defaults,
    ) -> None:
        self._database = database
        self._host = host
        self._plugins = plugins
        self._projects = projects
        self._reader = reader
        self._profiles = profiles
        self._launcher = launcher
        self._admission = admission
        self._parking = parking
        self._queue = queue
        self._permissions = permissions
        self.defaults = defaults

    # --- creating and changing -------------------------------------------------------------------

    async def create(self, new: NewTask, *, actor: str, key: str | None = None) -> Task:
        project = await self._projects.only(new.project_id)
        vcs = new.vcs_backend or self.defaults.vcs or (await self._host.inspect(project.path, None)).vcs
        draft = self._draft(new, project, vcs)
        body = idempotency.digest(new)

        def work(unit: Unit) -> Task:
            earlier = idempotency.earlier(unit, actor, validation.key(key), "createTask", body)
            if earlier is not None:
                return lookup.task(unit.connection, earlier)
            task = replace(draft, id=new_id(), created_at=unit.at)
            columns = {name: getattr(task, name) for name in Task.__slots__}
            columns["allowed_tools"] = list(task.allowed_tools)
            position = unit.position(tables.tasks)
            unit.connection.execute(insert(tables.tasks).values(**columns, position=position))
            idempotency.remember(unit, actor, key, "createTask", body, task.id)
            events.task_created(unit, task, actor)
            return task

        return await self._database.write(work)

    def _draft(self, new: NewTask, project: Project, vcs: str) -> Task:
        agent = new.agent or self.defaults.agent
        session = new.session_backend or self.defaults.session
        profile = new.permission_profile or self.defaults.permission_profile
        self._known(agent, session, vcs, profile)
        return Task(
            id="",
            project_id=project.id,
            host_id=project.host_id,
            title=validation.title(new.title),
            description=validation.text(new.description, "description"),
            priority=validation.number(new.priority, "priority", -1000, 1000),
            status=TaskStatus.PENDING,
            agent_status=AgentStatus.STOPPED,
            activity=None,
            status_source=None,
            status_since=None,
            agent=agent,
            session_backend=session,
            vcs_backend=vcs,
            permission_profile=profile,
            allowed_tools=inputs.tools(new.allowed_tools or ()),
            run_mode=new.run_mode,
            branch=None,
            worktree=None,
            base=None,
            result=None,
            error=None,
            conflict=None,
            added_lines=None,
            removed_lines=None,
            changed_files=None,
            agent_session_id=None,
            current_run_id=None,
            created_at=project.created_at,
            started_at=None,
            finished_at=None,
            budget_usd=inputs.budget(new.budget_usd),
        )

    def _known(self, agent: str, session: str, vcs: str, profile: str) -> None:
        """Each of these look-ups raises an error that lists what there is."""
        _ = self._plugins.agents[agent], self._plugins.sessions[session]
        _ = self._plugins.vcs[vcs], self._profiles[profile]

    async def update(self, id: str, changes: TaskChanges, *, actor: str) -> Task:
        values: dict[str, Any] = {}
        if changes.title is not None:
            values["title"] = validation.title(changes.title)
        if changes.description is not None:
            values["description"] = validation.text(changes.description, "description")
        if changes.priority is not None:
            values["priority"] = validation.number(changes.priority, "priority", -1000, 1000)
        if changes.permission_profile is not None:
            values["permission_profile"] = self._profiles[changes.permission_profile].name
        if changes.allowed_tools is not None:
            values["allowed_tools"] = list(inputs.tools(changes.allowed_tools))
        if changes.run_mode is not None:
            values["run_mode"] = changes.run_mode
        if changes.budget is not None:
            values["budget_usd"] = inputs.budget(changes.budget.usd)

        def work(unit: Unit) -> Task:
            task = lookup.task(unit.connection, id)
            if task.status.closed:
                raise impossible(task, "be changed")
            if values:
                _set(unit, id, **values)
                events.task_updated(unit, id, actor, sorted(values))
            if "budget_usd" in values:
                self._queue.advance(unit, id)  # what waited for money goes on
            if values:
                self._permissions.decisions.settle(unit, task.project_id)
            return lookup.task(unit.connection, id)

        return await self._database.write(work)

    # --- the agent --------------------------------------------------------------------------------

    async def start(self, id: str, *, actor: str, prompt: str | None = None) -> Task:
        """Give the task its branch, session and agent, now or when it is its turn. Starting a started task
        again changes nothing; one that waits for a usage limit or a restart goes on at once.
        """
        task = await self._reader.get(id)
        if prompt is not None:
            validation.text(prompt, "prompt", required=True)
        # What the task's documents say is put before it by the host, as they are when the agent starts.
        first = prompt or first_words(task)
        if task.status in (TaskStatus.PENDING, TaskStatus.FAILED):
            await self._host.ready(task.agent, task.session_backend, task.vcs_backend)

        def work(unit: Unit) -> Task:
            task = lookup.task(unit.connection, id)
            if task.waits in PARKED:
                self._parking.resume(unit, task, actor, prompt)
                return lookup.task(unit.connection, id)
            if task.status in (TaskStatus.RUNNING, TaskStatus.WAITING) and prompt is None:
                return task
            if task.status not in (TaskStatus.PENDING, TaskStatus.FAILED):
                raise impossible(task, "be started")
            not_closing(unit, task)
            self._not_mixed(unit, task)
            inputs.affordable(task)
            # A task that was taken out of the start queue has its prompt in its queue of messages.
            kept = queued(unit, id) if prompt is None and task.current_run_id is None else []
            self._admission.begin(
                unit,
                task,
                actor=actor,
                prompt=kept[0].text if kept else first,
                resume=False,
                message=kept[0] if kept else None,
            )
            return lookup.task(unit.connection, id)

        return await self._database.write(work)

    def _not_mixed(self, unit: Unit, task: Task) -> None:
        """Two ways to keep branches in one repository get into each other's way."""
        tasks = tables.tasks
        query = select(tasks.c.vcs_backend).where(
            tasks.c.project_id == task.project_id,
            tasks.c.worktree.is_not(None),
            tasks.c.vcs_backend != task.vcs_backend,
        )
        other = (unit.connection.execute(query.limit(1))).scalar()
        if other is not None:
            raise Conflict(
                f"Tasks of this project work with {other}, this one wants {task.vcs_backend}. Finish those "
                f"first, or create this task with {other}."
            )

    async def send(self, id: str, text: str, *, actor: str, key: str | None = None) -> Message:
        """Say something to the agent: now when it is idle, later when it is busy, with a new run when
        stopped.
        """
        validation.text(text, "message", required=True)
        body = idempotency.digest(id, text)

        def work(unit: Unit) -> Message:
            earlier = idempotency.earlier(unit, actor, validation.key(key), "sendMessage", body)
            if earlier is not None:
                found = lookup.row(unit.connection, tables.messages, "message", earlier)
                return rows.message(found)
            task = lookup.task(unit.connection, id)
            if task.status not in (TaskStatus.RUNNING, TaskStatus.WAITING):
                raise impossible(task, "be sent a message")
            message = add_message(unit, task, text, actor)
            idempotency.remember(unit, actor, key, "sendMessage", body, message.id)
            self._queue.advance(unit, id)
            return message

        return await self._database.write(work)

    async def interrupt(self, id: str, *, actor: str) -> Task:
        """End the agent's turn; the agent stays."""

        def work(unit: Unit) -> Task:
            task = lookup.task(unit.connection, id)
            run = self._live(unit, task, "be interrupted")
            if task.agent_status.busy:
                order(unit, task, run, "interrupt", f"interrupt:{run.id}:{new_id()}", actor)
                self._permissions.withdrawals.of_run(unit, run.id, f"interrupted by {actor}")
            return lookup.task(unit.connection, id)

        return await self._database.write(work)

    async def restart(
        self,
        id: str,
        *,
        actor: str,
        prompt: str | None = None,
        fresh: bool = False,
        before: Callable[[Unit, Task], None] | None = None,
    ) -> Task:
        """End the agent's process and start a new one, in the same conversation unless `fresh`. `before` may
        change the task in the same transaction; what the agent is doing is then written down first.
        """
        if prompt is not None:
            validation.text(prompt, "prompt", required=True)
        task = await self._reader.get(id)
        await self._host.ready(task.agent, task.session_backend, task.vcs_backend)

        def work(unit: Unit) -> Task:
            task = lookup.task(unit.connection, id)
            if task.status not in (TaskStatus.RUNNING, TaskStatus.WAITING) or task.waits is Wait.START:
                raise impossible(task, "have its agent restarted")
            if prompt is not None:
                inputs.affordable(task)
            row = lookup.run(unit.connection, task.current_run_id)
            if row is not None and row.ended_at is None and row.pid is None:
                if before is not None:
                    raise Conflict("The agent is just being started; try again when it runs.")
                return task  # it is being started already: a second click
            if before is not None:
                before(unit, task)
            self._parking.lifted(unit, task, actor)
            resume = not fresh and self._plugins.agents[task.agent].resumes
            if row is not None and row.ended_at is None:
                order_stop(unit, self._permissions, task, row, actor, settle=before is not None)
                task = lookup.task(unit.connection, id)
                self._launcher.begin(unit, task, actor=actor, prompt=prompt, resume=resume)
            else:
                task = lookup.task(unit.connection, id)
                self._admission.begin(unit, task, actor=actor, prompt=prompt, resume=resume)
            return lookup.task(unit.connection, id)

        return await self._database.write(work)

    def _live(self, unit: Unit, task: Task, what: str) -> Run:
        if task.status not in (TaskStatus.RUNNING, TaskStatus.WAITING):
            raise impossible(task, what)
        run = lookup.current_run(unit.connection, task)
        if run is None or run.ended_at is not None:
            raise Conflict("The agent is not running; send a message or restart it to continue.")
        return run

    async def resolve_conflict(self, id: str, policy: ConflictPolicy, *, actor: str) -> Task:
        """Say what to do with changes that depend on another task's branch."""

        def work(unit: Unit) -> Task:
            task = lookup.task(unit.connection, id)
            run = lookup.current_run(unit.connection, task)
            if task.conflict is None:
                raise Conflict("The task has no conflict to resolve.")
            key = f"resolve:{id}:{new_id()}"
            message = f"Keep what depended on another branch\n\nTask: {task.title}\nAgent: {task.agent}\n"
            order(unit, task, run, "resolve", key, actor, policy=policy.value, message=message)
            return task

        return await self._database.write(work)

    async def push(self, id: str) -> str:
        """Push the task's branch; what it is called at the remote."""
        task = await self._reader.get(id)
        return await self._host.push(task, await self._projects.get(task.project_id))


def _set(unit: Unit, id: str, **values: Any) -> None:
    unit.connection.execute(update(tables.tasks).where(tables.tasks.c.id == id).values(**values))
