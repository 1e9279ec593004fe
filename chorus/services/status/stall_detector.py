"""Noticing agents that are busy and say nothing for long: they may hang. Nothing is done to them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, select

from chorus.db import lookup, tables
from chorus.db.database import Database
from chorus.db.rows import AnyRow
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
        runs, tasks = tables.runs, tables.tasks
        query = (
            select(runs)
            .join(tasks, tasks.c.current_run_id == runs.c.id)
            .where(runs.c.ended_at.is_(None), tasks.c.agent_status.in_(_AT_WORK))
        )

        def work(connection: Connection) -> Any:
            silent = [row for row in (connection.execute(query)).all() if self._is_silent(row)]
            return row, silent

        row, silent = await self._database.read(work)
        for row in silent:
            await self._mark(row)

    def _is_silent(self, row: AnyRow) -> bool:
        evidence = Evidence.from_json(row.evidence)
        return evidence.silent_since is None and self._jumps.elapsed(_last(evidence)) > self._seconds

    async def _mark(self, row: AnyRow) -> None:
        def work(unit: Unit) -> None:
            run = lookup.run_row(unit.connection, row.id)
            if run is None or run.ended_at is not None or not self._is_silent(run):
                return
            updates.weigh(unit, run, lambda known: replace(known, silent_since=_last(known)))
            unit.emit("agent.silent", run.task_id, "chorus", {"runId": run.id, "seconds": self._seconds})

        await self._database.write(work)


def _last(evidence: Evidence) -> float:
    """When the agent was last heard of."""
    heard = (evidence.reported, evidence.file, evidence.title)
    return max((seen.at for seen in heard if seen), default=evidence.started_at)
