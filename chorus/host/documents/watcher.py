"""Watcher of the documents of all projects: reports changes, and follows the references into them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import aclosing
from typing import cast

from chorus.backends import DocumentChange, DocumentProvider
from chorus.host.documents.reader import DocumentReader
from chorus.host.port import ControlPlane
from chorus.host.reports import DocumentsChanged, ReferencesFollowed
from chorus.model import Project
from chorus.plugins import Plugins

log = logging.getLogger(__name__)

#: Seconds before a provider whose watch broke is asked again.
RETRY_SECONDS = 30.0
#: Changes that are reported together: a transaction must not keep others waiting for long.
BATCH_SIZE = 500

Batches = AsyncGenerator[Sequence[DocumentChange], None]


class DocumentWatcher:
    """One watch for each project and provider; `keep` is called whenever there may be new projects."""

    def __init__(self, control: ControlPlane, plugins: Plugins, host_id: str) -> None:
        self._control = control
        self._plugins = plugins
        self._reader = DocumentReader(plugins)
        self._host_id = host_id
        self._watches: dict[tuple[str, str], asyncio.Task[None]] = {}

    async def watch_new_projects(self) -> None:
        for project in await self._control.open_projects(self._host_id):
            for provider in self._plugins.documents.values():
                key = (project.id, provider.name)
                if key not in self._watches:
                    name = f"{provider.name} documents of {project.name}"
                    self._watches[key] = asyncio.create_task(self._watch(project, provider), name=name)

    async def stop(self) -> None:
        for watch in self._watches.values():
            watch.cancel()
        await asyncio.gather(*self._watches.values(), return_exceptions=True)

    async def _watch(self, project: Project, provider: DocumentProvider) -> None:
        logged = ""
        while True:
            reason = "its watch ended"
            try:
                await self._follow(project, provider)
            except Exception as error:
                reason = f"{type(error).__name__}: {error}"
            if reason != logged:
                log.warning(
                    "%s documents of %s are not watched, trying every %.0f s: %s",
                    *(provider.name, project.path, RETRY_SECONDS, reason),
                )
                logged = reason
            await asyncio.sleep(RETRY_SECONDS)

    async def _follow(self, project: Project, provider: DocumentProvider) -> None:
        async with aclosing(cast(Batches, provider.watch(project.path))) as batches:
            async for batch in batches:
                for at in range(0, len(batch), BATCH_SIZE):
                    changes = [(change.path, change.kind) for change in batch[at : at + BATCH_SIZE]]
                    await self._control.report(self._host_id, [DocumentsChanged(project.id, changes)])
                # An empty bunch says that the watch is in place: what was changed before it is looked at now.
                await self._follow_references(project, {change.path for change in batch} or None)

    async def _follow_references(self, project: Project, paths: Collection[str] | None) -> None:
        """Follow the references into these documents, or all of the project's."""
        references = [
            one for one in await self._control.references(project.id) if paths is None or one.path in paths
        ]
        if references:
            found = await self._reader.follow(project, references)
            await self._control.report(self._host_id, [ReferencesFollowed(found)])
