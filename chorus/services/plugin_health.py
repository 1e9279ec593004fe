"""Plugins that break while the server runs: in the event log, and in the list of plugins."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import asdict

from chorus.db.database import Database
from chorus.db.unit import Unit
from chorus.errors import ChorusError
from chorus.host.backends.circuit_breaker import Trouble
from chorus.plugins import Plugins

log = logging.getLogger(__name__)

#: Troubles that wait to be written; a plugin that fails more often than that is known well enough.
WAITING = 100


class PluginTroubles:
    def __init__(self, database: Database, plugins: Plugins) -> None:
        self._database = database
        self._plugins = plugins
        self._queue: asyncio.Queue[Trouble] = asyncio.Queue(WAITING)

    def tell(self, trouble: Trouble) -> None:
        """Have the list of plugins say so at once, and the event log soon."""
        self._plugins.note(trouble.what, trouble.reason, off=trouble.off)
        if not self._queue.full():
            self._queue.put_nowait(trouble)

    async def run(self) -> None:
        while True:
            trouble = await self._queue.get()
            kind = "plugin.recovered" if trouble.reason is None else "plugin.failed"
            data = {**asdict(trouble), "plugin": self._plugins.owner(trouble.what)}
            try:
                await self._database.write(Unit.emit, kind, None, "host", data)
            except ChorusError as error:
                log.warning("%s is not in the event log (%s): %s", kind, error, trouble)
