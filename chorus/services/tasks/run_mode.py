"""Going on in the other run mode: from a terminal a person types into to lines of JSON, and back."""

from __future__ import annotations

from sqlalchemy import Connection, update

from chorus.db import lookup, tables
from chorus.db.database import Database
from chorus.db.unit import Unit, new_id
from chorus.errors import Conflict
from chorus.model import Run, RunMode, Task, TaskStatus, Wait
from chorus.plugins import Plugins
from chorus.services import events
from chorus.services.tasks.service import TaskService

_OPEN = (TaskStatus.RUNNING, TaskStatus.WAITING)

_WORDS = {RunMode.INTERACTIVE: "in its terminal", RunMode.PRINT: "headless"}


class TakeOverService:
    def __init__(self, database: Database, plugins: Plugins, tasks: TaskService) -> None:
        self._database = database
        self._plugins = plugins
        self._tasks = tasks

    def modes(self, task: Task) -> list[RunMode]:
        """The run modes in which the task's agent can go on by being taken over, as it stands now."""
        agents = self._plugins.agents
        if task.status not in _OPEN or task.waits is Wait.START or task.agent not in agents:
            return []
        possible = {RunMode.INTERACTIVE: True, RunMode.PRINT: agents[task.agent].headless}
        others = [mode for mode, can in possible.items() if can and mode is not task.run_mode]
        return others if agents[task.agent].resumes else []

    async def take_over(self, id: str, mode: RunMode, *, actor: str, interrupt: bool = False) -> Task:
        """Have the agent go on in this mode: its process ends, another one resumes the conversation.

        An agent that is at work is interrupted only when that is said. In the mode already: nothing to do.
        """

        def work(connection: Connection) -> tuple[Run | None, Task]:
            task = lookup.task(connection, id)
            run = lookup.current_run(connection, task)
            return run, task

        run, task = await self._database.read(work)
        if run is not None and run.ended_at is None and run.mode is mode and task.run_mode is mode:
            return task

        def change(unit: Unit, task: Task) -> None:
            self._change(unit, task, mode, actor, interrupt)

        self._possible(task, mode)
        return await self._tasks.restart(id, actor=actor, before=change)

    def _change(self, unit: Unit, task: Task, mode: RunMode, actor: str, interrupt: bool) -> None:
        """In the transaction that ends the one process and starts the other."""
        self._possible(task, mode)
        run = lookup.current_run(unit.connection, task)
        if run is not None and run.ended_at is None and task.agent_status.busy:
            self._interrupt(unit, task, run, mode, actor, wanted=interrupt)
        tasks = tables.tasks
        unit.connection.execute(update(tasks).where(tasks.c.id == task.id).values(run_mode=mode))
        events.task_updated(unit, task.id, actor, ["run_mode"])

    def _possible(self, task: Task, mode: RunMode) -> None:
        if task.status not in _OPEN:
            raise Conflict(
                f"A task that is {task.status.value} has no agent to take over; say how it is to run with "
                "updateTask(runMode).",
                status=task.status.value,
            )
        if not self._plugins.agents[task.agent].resumes:
            raise Conflict(f"The agent {task.agent} cannot resume a conversation: restart it instead.")
        if mode is RunMode.PRINT and not self._plugins.agents[task.agent].headless:
            raise Conflict(f"The agent {task.agent} only runs in a terminal: it cannot go on headless.")

    def _interrupt(
        self, unit: Unit, task: Task, run: Run, mode: RunMode, actor: str, *, wanted: bool
    ) -> None:
        doing = f" ({task.activity})" if task.activity else ""
        if not wanted:
            raise Conflict(
                f"The agent is at work{doing}: to go on {_WORDS[mode]} its turn has to be interrupted. Wait "
                "until it is idle, or take it over with interrupt.",
                agentStatus=task.agent_status.value,
            )
        unit.command(
            "interrupt",
            host_id=task.host_id,
            task_id=task.id,
            run_id=run.id,
            key=f"interrupt:{run.id}:{new_id()}",
            actor=actor,
        )
