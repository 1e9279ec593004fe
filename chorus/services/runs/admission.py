"""Admission: which agents may run at the same time. A start beyond the limits waits for its turn.

Every agent whose process lives counts, whether it works or is idle: it takes memory, and it goes on as
soon as something is said to it. A place is free again when an agent has ended: its task was completed or
failed, or it stopped by itself. An agent that is restarted keeps its place.

What waits is in the record, in the order of priority and then of its place. So it survives a restart.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass

from chorus.db import messages, runs, tasks
from chorus.db.database import Connection
from chorus.db.unit import Unit
from chorus.model import Message, Task, TaskStatus
from chorus.model.events import TaskUpdatedEvent
from chorus.plugins import Plugins
from chorus.services.messages import add_message
from chorus.services.permissions.profiles import Profiles
from chorus.services.runs.launcher import Launcher
from chorus.services.tasks import transitions
from chorus.settings import LimitSettings

#: Memory in MB that an agent which has only just been started will take; measured of Claude Code: some 250.
STARTING_MB = 300

#: Seconds after which a started agent has taken its memory, so that it is in what is measured.
SETTLES = 15.0


@dataclass
class Capacity:
    """What runs now, for one look at what may be started. `free_mb` None: nobody knows."""

    limits: LimitSettings
    running: Counter[str]
    free_mb: int | None

    def obstacle(self, task: Task) -> str | None:
        """Return what the task has to wait for; None when it can be started."""
        limits, total, here = self.limits, self.running.total(), self.running[task.project_id]
        if limits.agents and total >= limits.agents:
            return f"a free place: {total} of {limits.agents} agents are running"
        if limits.per_project and here >= limits.per_project:
            return f"a free place in its project: {here} of {limits.per_project} agents are running"
        if self.short_of_memory and total:  # one may always run: nothing else of ours holds memory then
            return f"memory: {self.free_mb} MB are free, {limits.min_free_memory_mb} MB have to stay free"
        return None

    @property
    def short_of_memory(self) -> bool:
        """Return whether less memory is free than has to stay free."""
        wanted = self.limits.min_free_memory_mb
        return wanted > 0 and self.free_mb is not None and self.free_mb < wanted

    def take(self, task: Task) -> None:
        """Count the task's agent, which is started now."""
        self.running[task.project_id] += 1
        if self.free_mb is not None:
            self.free_mb -= STARTING_MB


class Admission:
    """Starts agents within the limits, and has the others wait."""

    def __init__(
        self, plugins: Plugins, launcher: Launcher, profiles: Profiles, limits: LimitSettings
    ) -> None:
        self._plugins = plugins
        self._launcher = launcher
        self._profiles = profiles
        self._limits = limits
        self._free_mb: int | None = None
        self._measured = False
        self._starting: list[float] = []

    def measured(self, free_mb: int | None) -> bool:
        """Take what the host has measured; return whether that may let a task start that waits for memory."""
        before = self._free_mb
        first, self._measured, self._free_mb = not self._measured, True, free_mb
        return first or (before is not None and before < self._limits.min_free_memory_mb)

    def begin(
        self,
        unit: Unit,
        task: Task,
        *,
        actor: str,
        prompt: str | None,
        resume: bool,
        message: Message | None = None,
    ) -> None:
        """Start an agent for the task, or have the task wait for its turn with its prompt in the queue."""
        obstacle = self._capacity(unit.connection).obstacle(task)
        if obstacle is None and not tasks.any_waiting_to_start(unit.connection):
            if task.status is not TaskStatus.RUNNING:
                task = transitions.start(unit, task, actor)
            self._launch(unit, task, actor=actor, prompt=prompt, resume=resume, message=message)
            return
        transitions.queue(unit, task, actor, obstacle or "its turn")
        if prompt is not None and message is None:
            add_message(unit, task, prompt, actor)
        if not resume:
            tasks.update(unit.connection, task.id, agent_session_id=None)
        self.fill(unit)

    def fill(self, unit: Unit) -> None:
        """Start what waits and fits, the most important first; of the others say anew what they wait for."""
        waiting = tasks.waiting_to_start(unit.connection)
        if not waiting:
            return
        capacity = self._capacity(unit.connection)
        for task in waiting:
            obstacle = self._missing(task) or capacity.obstacle(task)
            if obstacle is None:
                capacity.take(task)
                self._start_next(unit, task)
            elif obstacle != task.waiting_for:
                tasks.update(unit.connection, task.id, waiting_for=obstacle)
                unit.emit(TaskUpdatedEvent(fields=["waitingFor"]), task_id=task.id, source="chorus")

    def _start_next(self, unit: Unit, task: Task) -> None:
        """Start a task that has waited: with the first of its queue, as it is now."""
        message = messages.next_queued(unit.connection, task.id)
        prompt = message.text if message else None
        if prompt is None and task.agent_session_id is None:
            prompt = first_words(task)
        actor = message.author if message else "chorus"
        resume = self._plugins.agents[task.agent].resumes
        task = transitions.admit(unit, task, actor)
        self._launch(unit, task, actor=actor, prompt=prompt, resume=resume, message=message)

    def _launch(
        self,
        unit: Unit,
        task: Task,
        *,
        actor: str,
        prompt: str | None,
        resume: bool,
        message: Message | None,
    ) -> None:
        moment = time.monotonic()
        self._starting.append(moment)
        unit.on_rollback(lambda: self._starting.remove(moment))
        self._launcher.begin(unit, task, actor=actor, prompt=prompt, resume=resume, message=message)

    def _missing(self, task: Task) -> str | None:
        """Return what the task cannot be started without and is not configured any more."""
        if task.agent not in self._plugins.agents:
            return f"its agent {task.agent}, which is not configured"
        if task.permission_profile not in self._profiles.names():
            return f"its permission profile {task.permission_profile}, which is not configured"
        return None

    def _capacity(self, connection: Connection) -> Capacity:
        return Capacity(self._limits, runs.live_by_project(connection), self._memory())

    def _memory(self) -> int | None:
        """Return what is free less what those started just now are going to take."""
        now = time.monotonic()
        self._starting = [at for at in self._starting if now - at < SETTLES]
        return None if self._free_mb is None else self._free_mb - STARTING_MB * len(self._starting)


def first_words(task: Task) -> str:
    """Return what is said to an agent when nobody said anything else."""
    return task.description.strip() or task.title
