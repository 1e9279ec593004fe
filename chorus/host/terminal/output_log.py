"""Output log of a run for readers; `chorus.host.terminal.log_writer` writes and describes it.

An offset counts the bytes of the terminal since its first one. Readers hold an offset and ask for what
follows; what the log no longer has (rotated away, dropped on a full disk, truncated by somebody) is
said, never skipped in silence. Bytes are bytes: nothing here decodes them.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

from chorus.host.terminal import log_writer
from chorus.platform.file_watch import watching

#: Bytes that `follow` reads at a time, and that are read in the event loop: about 20 µs from the page cache.
CHUNK = 64 * 1024

#: Seconds without output after which a run that is over has nothing more to say. The terminal outlives the
#: agent by `wrapper.LINGER`, and the writer of the log comes after it.
SETTLE = 0.5

#: Seconds between looks while nothing is reported: a safety net only.
SLOW = 15.0


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes of the terminal from `offset` on. `truncated_from` is set when the bytes from there to `offset`
    were asked for and are gone; `data` may then be empty.
    """

    offset: int
    data: bytes
    truncated_from: int | None = None

    @property
    def end(self) -> int:
        """The offset to ask for next."""
        return self.offset + len(self.data)


@dataclass(frozen=True, slots=True)
class _Segment:
    base: int
    end: int
    path: str

    @classmethod
    def of(cls, folder: str, base: int, next_base: int | None) -> _Segment:
        path = log_writer.segment_path(folder, base)
        try:
            end = base + os.stat(path).st_size
        except FileNotFoundError:  # rotated away meanwhile
            end = base
        return cls(base, end if next_base is None else min(end, next_base), path)

    def read(self, offset: int, limit: int) -> bytes:
        """Bytes from an offset on; none when somebody has removed or truncated the file meanwhile."""
        try:
            with open(self.path, "rb", buffering=0) as file:
                return os.pread(file.fileno(), min(limit, self.end - offset), offset - self.base)
        except FileNotFoundError:
            return b""


class OutputLog:
    """The log in a folder, which may not be there yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def start(self) -> int:
        """The oldest offset that can be read."""
        found = self._segments()
        return found[0].base if found else self._noted()[0]

    def end(self) -> int:
        """The offset after the last byte."""
        found = self._segments()
        return found[-1].end if found else self._noted()[0]

    def read(self, offset: int, limit: int = CHUNK) -> Chunk:
        """At most `limit` bytes from `offset` on, or from the next offset that there is. No data and no
        `truncated_from`: there is nothing yet. Reads files: with a large limit call it in a thread.
        """
        while True:
            segment = next((each for each in self._segments() if each.end > offset), None)
            if segment is None:
                return self._nothing(offset)
            begin = max(offset, segment.base)
            if data := segment.read(begin, limit):
                return Chunk(begin, data, None if begin == offset else offset)

    async def follow(
        self, offset: int, *, ended: asyncio.Event | None = None, chunk: int = CHUNK
    ) -> AsyncGenerator[Chunk, None]:
        """The bytes from `offset` on as they come. Each chunk begins where the one before it ended, or says
        what is missing between them.

        Ends when `ended` is set (the run is known to be over) and the log is closed, or nothing has come
        for SETTLE seconds; without `ended` it goes on until the reader stops.
        """
        async with watching(self.folder, ended) as changed:
            while True:
                over = ended is not None and ended.is_set()
                changed.clear()
                piece = await self._piece(offset, chunk)
                if piece.end > offset:
                    offset = piece.end
                    yield piece
                elif over and (self._closed() or not await changed.wait(SETTLE)):
                    return
                elif not over:
                    await changed.wait(SLOW)

    async def _piece(self, offset: int, chunk: int) -> Chunk:
        if chunk > CHUNK:
            return await asyncio.to_thread(self.read, offset, chunk)
        await asyncio.sleep(0)  # a flood must not keep the loop for itself
        return self.read(offset, chunk)

    def _nothing(self, offset: int) -> Chunk:
        """Nothing is written from the offset on; the writer says when it had to drop bytes there."""
        noted, state = self._noted()
        if state != "open" and noted > offset:
            return Chunk(noted, b"", offset)
        return Chunk(offset, b"")

    def _segments(self) -> list[_Segment]:
        """The segments with bytes, oldest first. One ends where the next begins, whatever its file holds."""
        try:
            bases = log_writer.segments(str(self.folder))
        except FileNotFoundError:
            return []
        pairs = zip(bases, [*bases[1:], None], strict=False)
        found = [_Segment.of(str(self.folder), base, next_base) for base, next_base in pairs]
        return [segment for segment in found if segment.end > segment.base]

    def _closed(self) -> bool:
        return self._noted()[1] == "closed"

    def _noted(self) -> tuple[int, str]:
        """What the writer noted: an offset, and in which state it was there."""
        try:
            offset, state = (self.folder / "position").read_text().split()
            return int(offset), state
        except (OSError, ValueError):
            return 0, "open"
