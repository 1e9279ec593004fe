"""Status check: what agents reported against what is seen of them, for reports that went astray.

A report that comes late, or a person who answers in the terminal at the same moment, may leave a status that
nothing corrects: no further report comes. The agent's own file is right then, or the title of its terminal.
"""

from __future__ import annotations

import asyncio
import logging

from chorus.db import run_states
from chorus.db.database import Database
from chorus.db.unit import now
from chorus.errors import ChorusError
from chorus.host.reports import ProbeResult
from chorus.model import Evidence, Run
from chorus.model.status import corrected
from chorus.services.ingest.host_reports import HostReports

log = logging.getLogger(__name__)

#: Seconds between checks.
CHECK_SECONDS = 5.0


class StatusCheck:
    def __init__(self, database: Database, host_reports: HostReports) -> None:
        self._database = database
        self._host_reports = host_reports

    async def run(self) -> None:
        """Check now and then, until cancelled."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            try:
                await self.check()
            except ChorusError as error:
                log.warning("what agents reported could not be compared with what is seen: %s", error)

    async def check(self) -> None:
        """Believe the files and titles that have contradicted the last report for long."""
        for run, evidence in await self._database.read(run_states.live):
            probe = _probe(run, evidence)
            if probe is not None:
                await self._database.write(self._host_reports.apply, probe)


def _probe(run: Run, evidence: Evidence) -> ProbeResult | None:
    """Return what a look at the run would find now, if that is not what the run is believed to do."""
    found = corrected(evidence, now().timestamp())
    return ProbeResult(run.id, found.file, found.dialog, found.notice, found.title) if found else None
