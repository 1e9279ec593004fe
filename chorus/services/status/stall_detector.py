"""Noticing agents that are busy and say nothing for long: they may hang. Nothing is done to them."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from chorus.db import lookup
from chorus.db.database import Database
from chorus.db.unit import Unit
from chorus.model import AgentStatus, Evidence
from chorus.services.clock import JumpWatch
from chorus.services.status import updates

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


class SilenceWatch:
    """Marks runs that have been silent for `seconds`; the next report takes the mark away."""

    def __init__(self, database: Database, seconds: float) -> None:
        self._database = database
        self._seconds = seconds
        self._jumps = JumpWatch()

    async def run(self) -> None:
        while True:
            await asyncio.sleep(min(LOOK_SECONDS, self._seconds / 2))
            self._jumps.elapsed(0)  # also while nobody is busy
            await self.look()

    async def look(self) -> None:
        known = await self._database.read(lookup.current_evidence, _AT_WORK)
        for run, evidence in known:
            if self._is_silent(evidence):
                await self._database.write(self._mark, run.id)

    def _is_silent(self, evidence: Evidence) -> bool:
        return evidence.silent_since is None and self._jumps.elapsed(_last(evidence)) > self._seconds

    def _mark(self, unit: Unit, run_id: str) -> None:
        run = lookup.run(unit.connection, run_id)
        if run is None or run.ended_at is not None:
            return
        if not self._is_silent(lookup.evidence(unit.connection, run_id)):
            return
        updates.weigh(unit, run, lambda known: replace(known, silent_since=_last(known)))
        unit.emit("agent.silent", run.task_id, "chorus", {"runId": run.id, "seconds": self._seconds})


def _last(evidence: Evidence) -> float:
    """When the agent was last heard of."""
    heard = (evidence.reported, evidence.file, evidence.title)
    return max((seen.at for seen in heard if seen), default=evidence.started_at)
