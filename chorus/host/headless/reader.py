"""Reader of a headless agent's channel: each line counts once, and requests are answered.

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
BATCH_LINES = 100

#: Seconds between looks while nothing is reported, and before a line that could not be taken is tried again.
POLL_SECONDS = 15.0
RETRY_SECONDS = 1.0

#: Refusals that say nothing about the line.
TRANSIENT = (Busy, StorageFull, Unavailable)

#: The field of a line with which the CLI says which conversation it is in.
CONVERSATION_FIELD = "session_id"


class _OpenRequest(NamedTuple):
    """What waits for an answer: where it was asked, and who waits."""

    begin: int
    task: asyncio.Task[None]
    gone: asyncio.Event


class ChannelReader:
    """`on_conversation` is told the id of the conversation a line belongs to."""

    def __init__(
        self,
        control: ControlPlane,
        run: Run,
        run_dir: RunDir,
        files: ChannelFiles,
        source: SpeaksLines,
        on_conversation: Callable[[str], None],
    ) -> None:
        self._control = control
        self._run = run
        self._run_dir = run_dir
        self._files = files
        self._source = source
        self._on_conversation = on_conversation
        self._memory: dict[str, Any] = {}
        self._requests: dict[str, _OpenRequest] = {}

    async def read(self, ended: asyncio.Event) -> None:
        """Take lines as they come, until the agent has ended and all was taken."""
        offset = self._files.read_offset()
        try:
            for begin, line in await asyncio.to_thread(self._replay, offset):
                self._open_request(begin, line)
            async with watching(self._run_dir.path, ended) as changed:
                while True:
                    over = ended.is_set()
                    changed.clear()
                    after = await self._read_lines(offset)
                    if after == offset and over:
                        return
                    if after == offset:
                        await changed.wait(POLL_SECONDS)
                    offset = after
        finally:
            for asked in self._requests.values():
                asked.task.cancel()

    def _replay(self, offset: int) -> list[tuple[int, dict[str, Any]]]:
        """What was said before, to understand what follows; the requests in it that are still open."""
        asked: dict[str, tuple[int, dict[str, Any]]] = {}
        for begin, end, line in self._files.lines(self._files.oldest_offset()):
            if end > offset:
                break
            whole = dict(self._source.complete(line, self._memory))
            mark, taken = self._source.asks(line), self._source.takes_back(line)
            if mark is not None:
                asked[mark] = (begin, whole)
            if taken is not None:
                asked.pop(taken, None)
        return [one for mark, one in asked.items() if not self._files.sent(mark)]

    async def _read_lines(self, offset: int) -> int:
        """Take some of the lines from an offset on; where to go on."""
        first = self._files.oldest_offset()
        if first > offset:
            return await self._skip_gap(offset, first)
        found = await asyncio.to_thread(lambda: list(islice(self._files.lines(offset), BATCH_LINES)))
        for begin, end, line in found:
            whole = dict(self._source.complete(line, self._memory))
            await self._process(begin, whole)
            offset = end
        if found:
            self._files.save_offset(offset)
            # What is still asked is asked again by the next server, so it stays.
            self._files.discard_before(min([offset, *(asked.begin for asked in self._requests.values())]))
        return offset

    async def _skip_gap(self, begin: int, until: int) -> int:
        """It said more than is kept while no server read it."""
        source = self._files.channel.source
        await self._retry(lambda: self._control.lost(self._run.id, source, begin, until))
        self._files.save_offset(until)
        return until

    async def _process(self, begin: int, line: dict[str, Any]) -> None:
        if isinstance(line.get(CONVERSATION_FIELD), str):
            self._on_conversation(line[CONVERSATION_FIELD])
        taken = self._source.takes_back(line)
        if taken is not None and taken in self._requests:
            self._requests[taken].gone.set()
        elif self._source.asks(line) is not None:
            self._open_request(begin, line)
        else:
            await self._report(begin, line)

    async def _report(self, begin: int, line: dict[str, Any]) -> None:
        source = self._files.channel.source
        await self._retry(lambda: self._control.hear(self._run.id, source, line, f"line:{begin}"))

    async def _retry(self, tell: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await tell()
                return
            except ChorusError as error:
                if not isinstance(error, TRANSIENT):
                    log.info("a line of run %s was not taken: %s", self._run.id, error)
                    return
            await asyncio.sleep(RETRY_SECONDS)

    # --- what waits for an answer -------------------------------------------------------------------

    def _open_request(self, begin: int, line: dict[str, Any]) -> None:
        mark = self._source.asks(line)
        if mark is not None and mark not in self._requests:
            gone = asyncio.Event()
            asking = asyncio.create_task(self._answer(begin, line, mark, gone), name=f"ask {mark}")
            self._requests[mark] = _OpenRequest(begin, asking, gone)
            asking.add_done_callback(lambda _: self._requests.pop(mark, None))

    async def _answer(self, begin: int, line: dict[str, Any], mark: str, gone: asyncio.Event) -> None:
        with suppress(ChorusError):
            answer = await self._control.ask(
                self._run.id, self._files.channel.source, line, f"line:{begin}", gone
            )
            if answer is not None:
                self._files.send(mark, answer)
