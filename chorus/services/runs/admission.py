"""Which agents may run at the same time: a start beyond the limits waits for its turn.

Every agent whose process lives counts, whether it works or is idle: it takes memory, and it goes on as
soon as something is said to it. A place is free again when an agent has ended: its task was completed or
failed, or it stopped by itself. An agent that is restarted keeps its place.

What waits is in the record, in the order of priority and then of its place. So it survives a restart.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update

from chorus.db import rows, tables
from chorus.db.rows import AnyRow
from chorus.db.unit import Unit
from chorus.model import Message, Task, TaskStatus, Wait
from chorus.plugins import Plugins
from chorus.services import events
from chorus.services.messages import queued
from chorus.services.permissions.profiles import Profiles
from chorus.services.runs.launcher import Launcher, add_message
from chorus.settings import LimitSettings

#: Memory in MB that an agent which has only just been started will take; measured of Claude Code: some 250.
STARTING_MB = 300

#: Seconds after which a started agent has taken its memory, so that it is in what is measured.
SETTLES = 15.0

#: What has to be in the columns of a task that waits for nothing.
NOTHING: dict[str, Any] = {"waits": None, "waiting_for": None, "wait_until": None, "start_order": None}


@dataclass
class _Room:
    """What runs now, for one look at what may be started. `free_mb` None: nobody knows."""

    limits: LimitSettings
    running: Counter[str]
    free_mb: int | None

    def obstacle(self, task: Task) -> str | None:
        """What the task has to wait for; None when it can be started."""
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
        return self.free_mb is not None and self.free_mb < self.limits.min_free_memory_mb

    def take(self, task: Task) -> None:
        self.running[task.project_id] += 1
        if self.free_mb is not None:
            self.free_mb -= STARTING_MB


class Admission:
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
        """Take what the host has measured; whether that may let somebody start who waits for memory."""
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
        room = self._room(unit)
        if room.obstacle(task) is None and not waiting(unit):
            self._start(unit, task, actor, prompt, resume, message)
            return
        self._wait(unit, task, actor, room.obstacle(task))
        if prompt is not None and message is None:
            add_message(unit, task, prompt, actor)
        if not resume:
            _set(unit, task.id, agent_session_id=None)
        self.fill(unit)

    def fill(self, unit: Unit) -> None:
        """Start what waits and fits, the most important first; of the others say anew what they wait for."""
        found = waiting(unit)
        room = self._room(unit) if found else None
        for row in found:
            assert room is not None
            task = rows.task(row)
            obstacle = self._missing(task) or room.obstacle(task)
            if obstacle is None:
                room.take(task)
                self._next(unit, task)
            elif obstacle != task.waiting_for:
                _set(unit, task.id, waiting_for=obstacle)
                events.task_updated(unit, task.id, "chorus", ["waitingFor"])

    def _next(self, unit: Unit, task: Task) -> None:
        """Start a task that has waited: with the first of its queue, as it is now."""
        messages = queued(unit, task.id)
        message = messages[0] if messages else None
        actor = message.author if message else "chorus"
        prompt = message.text if message else None
        if prompt is None and task.agent_session_id is None:
            prompt = first_words(task)
        resume = self._plugins.agents[task.agent].resumes
        self._start(unit, task, actor, prompt, resume, message)

    def _start(
        self,
        unit: Unit,
        task: Task,
        actor: str,
        prompt: str | None,
        resume: bool,
        message: Message | None,
    ) -> None:
        moment = time.monotonic()
        self._starting.append(moment)
        unit.on_rollback(lambda: self._starting.remove(moment))
        if task.status is not TaskStatus.RUNNING:
            began = {"status": TaskStatus.RUNNING, "started_at": unit.at, "finished_at": None, "error": None}
            _set(unit, task.id, **began, **NOTHING)
            events.task_status(unit, task.id, TaskStatus.RUNNING, actor)
        message_id = message.id if message else None
        self._launcher.begin(unit, task, actor=actor, prompt=prompt, resume=resume, message_id=message_id)

    def _wait(self, unit: Unit, task: Task, actor: str, obstacle: str | None) -> None:
        order = tables.tasks.c.start_order
        last = (unit.connection.execute(select(func.coalesce(func.max(order), 0)))).scalar_one()
        why = obstacle or "its turn"
        values = {**NOTHING, "waits": Wait.START, "waiting_for": why, "start_order": int(last) + 1}
        _set(unit, task.id, status=TaskStatus.WAITING, finished_at=None, error=None, **values)
        events.task_status(unit, task.id, TaskStatus.WAITING, actor, f"Waits for {why}")

    def _missing(self, task: Task) -> str | None:
        """What the task cannot be started without, and is not configured any more."""
        if task.agent not in self._plugins.agents:
            return f"its agent {task.agent}, which is not configured"
        if task.permission_profile not in self._profiles.names():
            return f"its permission profile {task.permission_profile}, which is not configured"
        return None

    def _room(self, unit: Unit) -> _Room:
        runs, tasks = tables.runs, tables.tasks
        query = (
            select(tasks.c.project_id, func.count())
            .join(runs, runs.c.task_id == tasks.c.id)
            .where(runs.c.ended_at.is_(None))
            .group_by(tasks.c.project_id)
        )
        running = {project: int(count) for project, count in (unit.connection.execute(query)).all()}
        return _Room(self._limits, Counter(running), self._memory())

    def _memory(self) -> int | None:
        """What is free less what those started just now are going to take."""
        now = time.monotonic()
        self._starting = [at for at in self._starting if now - at < SETTLES]
        return None if self._free_mb is None else self._free_mb - STARTING_MB * len(self._starting)


def waiting(unit: Unit) -> Sequence[AnyRow]:
    """The tasks that wait to be started, in their order."""
    return (unit.connection.execute(in_order())).all()


def in_order() -> Any:
    tasks = tables.tasks
    return (
        select(tasks)
        .where(tasks.c.status == TaskStatus.WAITING, tasks.c.waits == Wait.START)
        .order_by(tasks.c.priority.desc(), tasks.c.start_order)
    )


def first_words(task: Task) -> str:
    """What is said to an agent when nobody said anything else."""
    return task.description.strip() or task.title


def _set(unit: Unit, id: str, **values: Any) -> None:
    unit.connection.execute(update(tables.tasks).where(tables.tasks.c.id == id).values(**values))
