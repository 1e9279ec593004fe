"""Scheduler of timed waits: parked tasks go on by themselves when their moment has come."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from chorus.db import messages, runs, tasks
from chorus.db.database import Database
from chorus.db.unit import Unit, now
from chorus.errors import ChorusError
from chorus.model import AgentStatus, Task, Wait, derive
from chorus.model.events import TaskUpdatedEvent
from chorus.plugins import Plugins
from chorus.services.messages import add_message
from chorus.services.runs.admission import Admission
from chorus.services.runs.delivery import Delivery
from chorus.services.status import run_state
from chorus.services.tasks import transitions
from chorus.services.tasks.transitions import PARKED, is_parked

log = logging.getLogger(__name__)

#: Seconds between looks at what is due, whatever was missed.
LOOK_SECONDS = 60.0

#: The author of the message with which a task goes on.
AUTHOR = "chorus"


class Scheduler:
    """`continue_prompt`: what is said to an agent that was interrupted when nothing else is."""

    def __init__(
        self,
        database: Database,
        plugins: Plugins,
        delivery: Delivery,
        admission: Admission,
        continue_prompt: str,
    ) -> None:
        self._database = database
        self._plugins = plugins
        self._delivery = delivery
        self._admission = admission
        self._continue = continue_prompt
        self._news = asyncio.Event()

    def park(self, unit: Unit, task: Task, wait: Wait, until: datetime, why: str, source: str) -> None:
        """Have the task wait until then; `why` is what its event says."""
        transitions.park(unit, task, wait, until, source, why)
        unit.on_commit(self._news.set)

    def resumed(self, unit: Unit, task: Task, actor: str) -> Task:
        """Return the task running: it goes on, for whatever reason. One that is not parked is as it was."""
        return transitions.resume(unit, task, actor) if is_parked(task) else task

    def resume(self, unit: Unit, task: Task, actor: str, prompt: str | None = None) -> None:
        """Have a parked task go on in the same conversation.

        It goes on with what is queued, or else, where its agent was interrupted, with a word to continue.
        """
        if not is_parked(task):
            return
        words = prompt if prompt is not None else self._words(unit, task)
        task = self.resumed(unit, task, actor)
        if words is not None:
            add_message(unit, task, words, actor)
        if messages.next_queued(unit.connection, task.id) is not None:
            self._delivery.advance(unit, task.id)
        else:
            self._admission.begin(unit, task, actor=actor, prompt=None, resume=True)

    def _words(self, unit: Unit, task: Task) -> str | None:
        if messages.next_queued(unit.connection, task.id) is not None:
            return None
        if task.waits is Wait.LIMIT or self._was_interrupted(unit, task):
            return self._continue
        return None

    def _was_interrupted(self, unit: Unit, task: Task) -> bool:
        """Return whether the agent was in the middle of something when its process ended."""
        run = runs.find_current(unit.connection, task)
        if run is None:
            return False
        status = derive(replace(run_state.of(unit, run.id).evidence, ended=None)).status
        if status is AgentStatus.STARTING and self._plugins.agents[task.agent].confirms_prompts:
            return False  # it never took up a prompt: that one is in the queue again
        return status.busy or status is AgentStatus.WAITING

    async def run(self) -> None:
        """Have parked tasks go on when their time has come, until cancelled."""
        while True:
            self._news.clear()
            try:
                pause = min(await self.resume_due(), LOOK_SECONDS)
            except ChorusError as error:
                log.warning("parked tasks could not go on: %s", error)
                pause = LOOK_SECONDS
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._news.wait()

    async def resume_due(self) -> float:
        """Resume what is due, the most important first; return the seconds until the next one is."""
        parked = await self._database.read(tasks.parked, PARKED)
        at = now()
        pause = timedelta(seconds=LOOK_SECONDS)
        for task in parked:
            if task.wait_until is None or task.wait_until <= at:
                await self._resume_one(task.id)
            else:
                pause = min(pause, task.wait_until - at)
        return pause.total_seconds()

    async def _resume_one(self, id: str) -> None:
        """Resume a task. One that cannot go on says why and is tried again; it keeps back no other."""
        try:
            await self._database.write(self._resume, id)
        except ChorusError as error:
            log.warning("the parked task %s could not go on: %s", id, error)
            await self._database.write(_explain, id, f"what keeps it from going on: {error.message}")

    def _resume(self, unit: Unit, id: str) -> None:
        self.resume(unit, tasks.get(unit.connection, id), AUTHOR)


def _explain(unit: Unit, id: str, why: str) -> None:
    if tasks.explain_wait(unit.connection, id, PARKED, why):
        unit.emit(TaskUpdatedEvent(fields=["waitingFor"]), task_id=id, source=AUTHOR)
