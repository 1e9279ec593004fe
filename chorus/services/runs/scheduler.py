"""Tasks that wait for a moment: parked until it has come, and then taken up again by themselves."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from chorus.db import lookup, tables
from chorus.db.database import Database
from chorus.db.unit import Unit, now
from chorus.errors import ChorusError
from chorus.model import AgentStatus, Task, TaskStatus, Wait, derive
from chorus.plugins import Plugins
from chorus.services import events
from chorus.services.messages import queued
from chorus.services.runs.admission import NOTHING, Admission
from chorus.services.runs.delivery import Queue
from chorus.services.runs.launcher import add_message

log = logging.getLogger(__name__)

#: Why a parked task waits.
PARKED = (Wait.LIMIT, Wait.RESTART)

#: Seconds between looks at what is due, whatever was missed.
LOOK_SECONDS = 60.0

#: The author of the message with which a task goes on.
AUTHOR = "chorus"


class Parking:
    """`continue_prompt`: what is said to an agent that was cut short when nothing else is."""

    def __init__(
        self, database: Database, plugins: Plugins, queue: Queue, admission: Admission, continue_prompt: str
    ) -> None:
        self._database = database
        self._plugins = plugins
        self._queue = queue
        self._admission = admission
        self._continue = continue_prompt
        self._news = asyncio.Event()

    def park(self, unit: Unit, id: str, wait: Wait, until: datetime, why: str, source: str) -> None:
        """Have the task wait until then; `why` is what its event says."""
        _set(unit, id, status=TaskStatus.WAITING, **{**NOTHING, "waits": wait, "wait_until": until})
        events.task_status(unit, id, TaskStatus.WAITING, source, why)
        unit.on_commit(self._news.set)

    def lifted(self, unit: Unit, task: Task, actor: str) -> bool:
        """The task goes on, for whatever reason; whether it was parked."""
        if task.status is not TaskStatus.WAITING or task.waits not in PARKED:
            return False
        _set(unit, task.id, status=TaskStatus.RUNNING, **NOTHING)
        events.task_status(unit, task.id, TaskStatus.RUNNING, actor)
        return True

    def resume(self, unit: Unit, task: Task, actor: str, prompt: str | None = None) -> None:
        """Go on in the same conversation: with what is queued, or else, where the agent was cut short, with a
        word to continue.
        """
        if not self.lifted(unit, task, actor):
            return
        words = prompt if prompt is not None else self._words(unit, task)
        if words is not None:
            add_message(unit, task, words, actor)
        if queued(unit, task.id):
            self._queue.advance(unit, task.id)
        else:
            task = lookup.task(unit.connection, task.id)
            self._admission.begin(unit, task, actor=actor, prompt=None, resume=True)

    def _words(self, unit: Unit, task: Task) -> str | None:
        if queued(unit, task.id):
            return None
        if task.waits is Wait.LIMIT or self._cut_short(unit, task):
            return self._continue
        return None

    def _cut_short(self, unit: Unit, task: Task) -> bool:
        """Whether the agent was in the middle of something when its process ended."""
        run = lookup.run(unit.connection, task.current_run_id)
        if run is None:
            return False
        status = derive(replace(lookup.evidence(unit.connection, run.id), ended=None)).status
        if status is AgentStatus.STARTING and self._plugins.agents[task.agent].confirms_prompts:
            return False  # it never took up a prompt: that one is in the queue again
        return status.busy or status is AgentStatus.WAITING

    async def run(self) -> None:
        """Have parked tasks go on when their time has come, until cancelled."""
        while True:
            self._news.clear()
            try:
                pause = min(await self._resume_due(), LOOK_SECONDS)
            except ChorusError as error:
                log.warning("parked tasks could not go on: %s", error)
                pause = LOOK_SECONDS
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._news.wait()

    async def _resume_due(self) -> float:
        """Resume what is due, the most important first; seconds until the next one is."""
        tasks = tables.tasks
        parked = select(tasks).where(tasks.c.status == TaskStatus.WAITING, tasks.c.waits.in_(PARKED))

        def work(connection: Connection) -> Any:
            return connection.execute(parked.order_by(tasks.c.priority.desc())).all()

        found = await self._database.read(work)
        at = now()
        for row in found:
            if row.wait_until <= at:
                await self._resume_one(row.id)
        left = [row.wait_until - at for row in found if row.wait_until > at]
        return max(min(left, default=timedelta(seconds=LOOK_SECONDS)).total_seconds(), 0.0)

    async def _resume_one(self, id: str) -> None:
        """One that cannot go on says why, is tried again with the next look, and keeps back no other."""
        try:
            await self._database.write(
                lambda unit: self.resume(unit, lookup.task(unit.connection, id), AUTHOR)
            )
        except ChorusError as error:
            log.warning("the parked task %s could not go on: %s", id, error)
            await self._explain(id, f"what keeps it from going on: {error.message}")

    async def _explain(self, id: str, why: str) -> None:
        table = tables.tasks
        still = table.c.id == id, table.c.waits.in_(PARKED), table.c.waiting_for.is_distinct_from(why)

        def work(unit: Unit) -> None:
            told = unit.connection.execute(update(table).where(*still).values(waiting_for=why))
            if told.rowcount:
                events.task_updated(unit, id, AUTHOR, ["waitingFor"])

        await self._database.write(work)


def _set(unit: Unit, id: str, **values: Any) -> None:
    unit.connection.execute(update(tables.tasks).where(tables.tasks.c.id == id).values(**values))
