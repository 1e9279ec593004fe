"""Listening to a headless agent: each of its lines counts once, and what it asks is answered.

Its lines are in a file, so nothing is lost while no server is there: the next one goes on where the last
one was, and asks again for what was not answered yet.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import islice
from typing import Any, NamedTuple

from chorus.backends import SpeaksLines
from chorus.errors import Busy, ChorusError, StorageFull, Unavailable
from chorus.host.headless.channel_files import ChannelFiles
from chorus.host.port import ControlPlane
from chorus.host.run_dir import RunDir
from chorus.model import Run
from chorus.platform.file_watch import watching

log = logging.getLogger(__name__)

#: Lines that are taken before it is noted up to where.
AT_ONCE = 100

#: Seconds between looks while nothing is reported, and before a line that could not be taken is tried again.
SLOW = 15.0
AGAIN = 1.0

#: Refusals that say nothing about the line.
PASSING = (Busy, StorageFull, Unavailable)

#: The field of a line with which the CLI says which conversation it is in.
CONVERSATION = "session_id"


class _Asked(NamedTuple):
    """What waits for an answer: where it was asked, and who waits."""

    begin: int
    task: asyncio.Task[None]
    gone: asyncio.Event


class Listener:
    """`heard_of` is told the id of the conversation a line belongs to."""

    def __init__(
        self,
        control: ControlPlane,
        run: Run,
        place: RunDir,
        files: ChannelFiles,
        source: SpeaksLines,
        heard_of: Callable[[str], None],
    ) -> None:
        self._control = control
        self._run = run
        self._place = place
        self._files = files
        self._source = source
        self._heard_of = heard_of
        self._memory: dict[str, Any] = {}
        self._asking: dict[str, _Asked] = {}

    async def listen(self, ended: asyncio.Event) -> None:
        """Take lines as they come, until the agent has ended and all was taken."""
        offset = self._files.heard()
        try:
            for begin, line in await asyncio.to_thread(self._again, offset):
                self._ask(begin, line)
            async with watching(self._place.path, ended) as changed:
                while True:
                    over = ended.is_set()
                    changed.clear()
                    after = await self._take(offset)
                    if after == offset and over:
                        return
                    if after == offset:
                        await changed.wait(SLOW)
                    offset = after
        finally:
            for asked in self._asking.values():
                asked.task.cancel()

    def _again(self, offset: int) -> list[tuple[int, dict[str, Any]]]:
        """What was said before, to understand what follows; the requests in it that are still open."""
        asked: dict[str, tuple[int, dict[str, Any]]] = {}
        for begin, end, line in self._files.lines(self._files.begin()):
            if end > offset:
                break
            whole = dict(self._source.complete(line, self._memory))
            mark, taken = self._source.asks(line), self._source.takes_back(line)
            if mark is not None:
                asked[mark] = (begin, whole)
            if taken is not None:
                asked.pop(taken, None)
        return [one for mark, one in asked.items() if not self._files.sent(mark)]

    async def _take(self, offset: int) -> int:
        """Take some of the lines from an offset on; where to go on."""
        first = self._files.begin()
        if first > offset:
            return await self._lost(offset, first)
        found = await asyncio.to_thread(lambda: list(islice(self._files.lines(offset), AT_ONCE)))
        for begin, end, line in found:
            whole = dict(self._source.complete(line, self._memory))
            await self._one(begin, whole)
            offset = end
        if found:
            self._files.take(offset)
            # What is still asked is asked again by the next server, so it stays.
            self._files.forget(min([offset, *(asked.begin for asked in self._asking.values())]))
        return offset

    async def _lost(self, begin: int, until: int) -> int:
        """It said more than is kept while no server read it."""
        source = self._files.channel.source
        await self._surely(lambda: self._control.lost(self._run.id, source, begin, until))
        self._files.take(until)
        return until

    async def _one(self, begin: int, line: dict[str, Any]) -> None:
        if isinstance(line.get(CONVERSATION), str):
            self._heard_of(line[CONVERSATION])
        taken = self._source.takes_back(line)
        if taken is not None and taken in self._asking:
            self._asking[taken].gone.set()
        elif self._source.asks(line) is not None:
            self._ask(begin, line)
        else:
            await self._hear(begin, line)

    async def _hear(self, begin: int, line: dict[str, Any]) -> None:
        source = self._files.channel.source
        await self._surely(lambda: self._control.hear(self._run.id, source, line, f"line:{begin}"))

    async def _surely(self, tell: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await tell()
                return
            except ChorusError as error:
                if not isinstance(error, PASSING):
                    log.info("a line of run %s was not taken: %s", self._run.id, error)
                    return
            await asyncio.sleep(AGAIN)

    # --- what waits for an answer -------------------------------------------------------------------

    def _ask(self, begin: int, line: dict[str, Any]) -> None:
        mark = self._source.asks(line)
        if mark is not None and mark not in self._asking:
            gone = asyncio.Event()
            asking = asyncio.create_task(self._answered(begin, line, mark, gone), name=f"ask {mark}")
            self._asking[mark] = _Asked(begin, asking, gone)
            asking.add_done_callback(lambda _: self._asking.pop(mark, None))

    async def _answered(self, begin: int, line: dict[str, Any], mark: str, gone: asyncio.Event) -> None:
        with suppress(ChorusError):
            answer = await self._control.ask(
                self._run.id, self._files.channel.source, line, f"line:{begin}", gone
            )
            if answer is not None:
                self._files.send(mark, answer)
