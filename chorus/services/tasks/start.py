"""Starting tasks."""

from __future__ import annotations

from chorus.db import messages, tasks
from chorus.db.database import Connection, Database
from chorus.db.unit import Unit
from chorus.errors import Conflict
from chorus.host.port import HostPort
from chorus.model import Task
from chorus.services import validation
from chorus.services.runs.admission import Admission, first_words
from chorus.services.runs.scheduler import Scheduler
from chorus.services.tasks import inputs, transitions
from chorus.services.tasks.transitions import Verb


class TaskStarter:
    """Gives tasks their branch, session and agent."""

    def __init__(
        self, *, database: Database, host: HostPort, admission: Admission, scheduler: Scheduler
    ) -> None:
        self._database = database
        self._host = host
        self._admission = admission
        self._scheduler = scheduler

    async def start(self, id: str, *, actor: str, prompt: str | None = None) -> Task:
        """Start a task now, or when it is its turn.

        Starting a started task again changes nothing; one that waits for a usage limit or a restart goes on
        at once.
        """
        if prompt is not None:
            validation.text(prompt, "prompt", required=True)
        task = await self._database.read(tasks.get, id)
        if transitions.allows(task, Verb.START):
            # Its backends never change, so they can be asked before the transaction that decides.
            await self._host.ready(task.agent, task.session_backend, task.vcs_backend)
        return await self._database.write(self._start, id, actor, prompt)

    def _start(self, unit: Unit, id: str, actor: str, prompt: str | None) -> Task:
        task = tasks.get(unit.connection, id)
        if transitions.is_parked(task):
            self._scheduler.resume(unit, task, actor, prompt)
        elif prompt is not None or not transitions.is_open(task):
            _check_may_start(unit.connection, task)
            self._begin(unit, task, actor, prompt)
        return tasks.get(unit.connection, id)

    def _begin(self, unit: Unit, task: Task, actor: str, prompt: str | None) -> None:
        # What the task's documents say is put before it by the host, as they are when the agent starts.
        words = prompt or first_words(task)
        message = None
        if prompt is None and task.current_run_id is None:
            # A task that was taken out of the start queue has its prompt in its queue of messages.
            message = messages.next_queued(unit.connection, task.id)
        self._admission.begin(
            unit,
            task,
            actor=actor,
            prompt=message.text if message else words,
            resume=False,
            message=message,
        )


def _check_may_start(connection: Connection, task: Task) -> None:
    """Raise Conflict if the task cannot be started as it and its project are now."""
    transitions.check(task, Verb.START)
    transitions.check_not_closing(connection, task)
    other = tasks.other_vcs_in_use(connection, task.project_id, task.vcs_backend)
    if other is not None:  # two ways to keep branches in one repository get into each other's way
        raise Conflict(
            f"Tasks of this project work with {other}, this one wants {task.vcs_backend}. Finish those "
            f"first, or create this task with {other}."
        )
    inputs.check_affordable(task)
