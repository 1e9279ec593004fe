"""Plugins that break while the server runs: in the event log, and in the list of plugins."""

from __future__ import annotations

import asyncio
import logging

from chorus.db.database import Database
from chorus.db.unit import Unit
from chorus.errors import ChorusError
from chorus.host.backends.circuit_breaker import CircuitChange
from chorus.model.events import EventKind, PluginFailedEvent, PluginRecoveredEvent
from chorus.plugins import Plugins

log = logging.getLogger(__name__)

#: Troubles that wait to be written; a plugin that fails more often than that is known well enough.
WAITING = 100


class PluginHealth:
    def __init__(self, database: Database, plugins: Plugins) -> None:
        self._database = database
        self._plugins = plugins
        self._queue: asyncio.Queue[CircuitChange] = asyncio.Queue(WAITING)

    def tell(self, trouble: CircuitChange) -> None:
        """Have the list of plugins say so at once, and the event log soon."""
        self._plugins.note(trouble.what, trouble.reason, off=trouble.off)
        if not self._queue.full():
            self._queue.put_nowait(trouble)

    async def run(self) -> None:
        while True:
            trouble = await self._queue.get()
            event = _event(trouble, self._plugins.owner(trouble.what))
            try:
                await self._database.write(Unit.emit, event, task_id=None, source="host")
            except ChorusError as error:
                log.warning("%s is not in the event log (%s): %s", event.kind, error, trouble)


def _event(trouble: CircuitChange, plugin: str | None) -> EventKind:
    what, failures = trouble.what, trouble.failures
    if trouble.reason is None:
        return PluginRecoveredEvent(what=what, failures=failures, plugin=plugin)
    reason, off = trouble.reason, trouble.off
    return PluginFailedEvent(what=what, reason=reason, failures=failures, off=off, plugin=plugin)
