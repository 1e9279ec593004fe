"""Noticing agents that are busy and say nothing for long: they may hang. Nothing is done to them."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from chorus.db import run_states, runs
from chorus.db.database import Database
from chorus.db.unit import Unit
from chorus.model import AgentStatus, Evidence
from chorus.model.events import AgentSilentEvent
from chorus.services.clock import SteadyClock
from chorus.services.status import run_state

#: Seconds between looks.
LOOK_SECONDS = 20.0

#: Waiting is not silence: somebody else has to speak.
_AT_WORK = (
    AgentStatus.STARTING,
    AgentStatus.THINKING,
    AgentStatus.READING,
    AgentStatus.EDITING,
    AgentStatus.RUNNING,
)


class StallDetector:
    """Marks runs that have been silent for `seconds`; the next report takes the mark away."""

    def __init__(self, database: Database, seconds: float, clock: SteadyClock | None = None) -> None:
        self._database = database
        self._seconds = seconds
        self._clock = clock or SteadyClock()

    async def run(self) -> None:
        while True:
            await asyncio.sleep(min(LOOK_SECONDS, self._seconds / 2))
            self._clock.elapsed(0)  # also while nobody is busy
            await self.look()

    async def look(self) -> None:
        known = await self._database.read(run_states.live, _AT_WORK)
        for run, evidence in known:
            if self._is_silent(evidence):
                await self._database.write(self._mark, run.id)

    def _is_silent(self, evidence: Evidence) -> bool:
        return evidence.silent_since is None and self._clock.elapsed(_last(evidence)) > self._seconds

    def _mark(self, unit: Unit, run_id: str) -> None:
        run = runs.find(unit.connection, run_id)
        if run is None or run.ended_at is not None:
            return
        if not self._is_silent(run_state.of(unit, run_id).evidence):
            return
        run_state.apply(unit, run_id, lambda known: replace(known, silent_since=_last(known)))
        event = AgentSilentEvent(run_id=run.id, seconds=self._seconds)
        unit.emit(event, task_id=run.task_id, source="chorus")


def _last(evidence: Evidence) -> float:
    """When the agent was last heard of."""
    heard = (evidence.reported, evidence.file, evidence.title)
    return max((seen.at for seen in heard if seen), default=evidence.started_at)
