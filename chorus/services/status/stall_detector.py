"""Noticing agents that are busy and say nothing for long: they may hang. Nothing is done to them."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from sqlalchemy import select

from chorus.db import lookup, tables
from chorus.db.rows import AnyRow
from chorus.db.unit import Database
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
        runs, tasks = tables.runs, tables.tasks
        query = (
            select(runs)
            .join(tasks, tasks.c.current_run_id == runs.c.id)
            .where(runs.c.ended_at.is_(None), tasks.c.agent_status.in_(_AT_WORK))
        )
        async with self._database.read() as connection:
            silent = [row for row in (await connection.execute(query)).all() if self._is_silent(row)]
        for row in silent:
            await self._mark(row)

    def _is_silent(self, row: AnyRow) -> bool:
        evidence = Evidence.from_json(row.evidence)
        return evidence.silent_since is None and self._jumps.elapsed(_last(evidence)) > self._seconds

    async def _mark(self, row: AnyRow) -> None:
        async with self._database.write() as unit:
            run = await lookup.run_row(unit.connection, row.id)
            if run is None or run.ended_at is not None or not self._is_silent(run):
                return
            await updates.weigh(unit, run, lambda known: replace(known, silent_since=_last(known)))
            unit.emit("agent.silent", run.task_id, "chorus", {"runId": run.id, "seconds": self._seconds})


def _last(evidence: Evidence) -> float:
    """When the agent was last heard of."""
    heard = (evidence.reported, evidence.file, evidence.title)
    return max((seen.at for seen in heard if seen), default=evidence.started_at)
