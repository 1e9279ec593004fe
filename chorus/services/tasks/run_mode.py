"""Run modes: an agent goes on headless instead of in a terminal a person types into, or the other way."""

from __future__ import annotations

from dataclasses import replace

from chorus.db import commands, runs, tasks
from chorus.db.database import Connection, Database
from chorus.db.unit import Unit, new_id
from chorus.errors import Conflict
from chorus.host.port import HostPort
from chorus.model import Run, RunMode, Task, Wait
from chorus.model.events import TaskUpdatedEvent
from chorus.plugins import Plugins
from chorus.services.runs.restart import Restarter, check_may_restart, is_starting
from chorus.services.tasks.transitions import is_open

_WORDS = {RunMode.INTERACTIVE: "in its terminal", RunMode.HEADLESS: "headless"}


class RunModeService:
    """Switches the run modes of agents that are at work."""

    def __init__(self, *, database: Database, host: HostPort, plugins: Plugins, restarter: Restarter) -> None:
        self._database = database
        self._host = host
        self._plugins = plugins
        self._restarter = restarter

    def modes(self, task: Task) -> list[RunMode]:
        """Return the run modes to which the task's agent can be switched as it stands now."""
        agents = self._plugins.agents
        if not is_open(task) or task.waits is Wait.START or task.agent not in agents:
            return []
        possible = {RunMode.INTERACTIVE: True, RunMode.HEADLESS: agents[task.agent].headless}
        others = [mode for mode, can in possible.items() if can and mode is not task.run_mode]
        return others if agents[task.agent].resumes else []

    async def switch(self, id: str, mode: RunMode, *, actor: str, interrupt: bool = False) -> Task:
        """Have the agent go on in this mode: its process ends, another one resumes the conversation.

        An agent that is at work is interrupted only when that is said. In the mode already: nothing to do.
        """
        task, run = await self._database.read(_task_and_run, id)
        if run is not None and run.ended_at is None and run.mode is mode and task.run_mode is mode:
            return task
        self._check(task, mode)
        await self._host.ready(task.agent, task.session_backend, task.vcs_backend)
        return await self._database.write(self._switch, id, mode, actor, interrupt)

    def _switch(self, unit: Unit, id: str, mode: RunMode, actor: str, interrupt: bool) -> Task:
        task, run = _task_and_run(unit.connection, id)
        self._check(task, mode)
        check_may_restart(task)
        if is_starting(run):
            raise Conflict("The agent is just being started; try again when it runs.")
        if run is not None and run.ended_at is None and task.agent_status.busy:
            _interrupt(unit, task, run, mode, actor, wanted=interrupt)
        tasks.update(unit.connection, id, run_mode=mode)
        unit.emit(TaskUpdatedEvent(fields=["runMode"]), task_id=id, source=actor)
        return self._restarter.restart(unit, replace(task, run_mode=mode), actor=actor, settle=True)

    def _check(self, task: Task, mode: RunMode) -> None:
        """Raise Conflict if the task's agent cannot go on in this mode."""
        if not is_open(task):
            raise Conflict(
                f"A task that is {task.status.value} has no agent to take over; say how it is to run with "
                "updateTask(runMode).",
                status=task.status.value,
            )
        if not self._plugins.agents[task.agent].resumes:
            raise Conflict(f"The agent {task.agent} cannot resume a conversation: restart it instead.")
        if mode is RunMode.HEADLESS and not self._plugins.agents[task.agent].headless:
            raise Conflict(f"The agent {task.agent} only runs in a terminal: it cannot go on headless.")


def _task_and_run(connection: Connection, id: str) -> tuple[Task, Run | None]:
    task = tasks.get(connection, id)
    return task, runs.find_current(connection, task)


def _interrupt(unit: Unit, task: Task, run: Run, mode: RunMode, actor: str, *, wanted: bool) -> None:
    """Have the agent's turn ended. Raise Conflict if the person has not said so."""
    if not wanted:
        doing = f" ({task.activity})" if task.activity else ""
        raise Conflict(
            f"The agent is at work{doing}: to go on {_WORDS[mode]} its turn has to be interrupted. Wait "
            "until it is idle, or take it over with interrupt.",
            agentStatus=task.agent_status.value,
        )
    key = f"interrupt:{run.id}:{new_id()}"
    commands.order(unit, task, "interrupt", key=key, actor=actor, run_id=run.id)
