"""Comparing what agents reported with what is seen of them, for those whose reports went astray.

A report that comes late, or a person who answers in the terminal at the same moment, may leave a status that
nothing corrects: no further report comes. The agent's own file is right then, or the title of its terminal.
"""

from __future__ import annotations

import asyncio
import logging

from chorus.db import lookup
from chorus.db.database import Database
from chorus.db.unit import now
from chorus.errors import ChorusError
from chorus.host.reports import Looked
from chorus.model import Evidence, Run
from chorus.model.status import corrected
from chorus.services.ingest.control_plane import Control

log = logging.getLogger(__name__)

#: Seconds between comparisons.
COMPARE_SECONDS = 5.0


class CrossCheck:
    def __init__(self, database: Database, control: Control) -> None:
        self._database = database
        self._control = control

    async def run(self) -> None:
        while True:
            await asyncio.sleep(COMPARE_SECONDS)
            try:
                await self.compare()
            except ChorusError as error:
                log.warning("what agents reported could not be compared with what is seen: %s", error)

    async def compare(self) -> None:
        """Take the word of the files and titles that have contradicted the last report for long."""
        for run, evidence in await self._database.read(lookup.current_evidence):
            looked = _looked(run, evidence)
            if looked is not None:
                await self._control.report(run.host_id, [looked])


def _looked(run: Run, evidence: Evidence) -> Looked | None:
    """What a look at the run would find now, if it is not what the run is believed to do."""
    found = corrected(evidence, now().timestamp())
    return Looked(run.id, found.file, found.dialog, found.notice, found.title) if found else None
