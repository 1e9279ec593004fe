"""Transcripts of a run, read incrementally, in bounded pieces, each line once.

What counts always (usage) is given at once. What the agent's own reports tell as well is held back for a
while: mostly the report has come by then, and if not it was lost. The offsets on record never pass what is
held back, so nothing is lost either when the server dies in between.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chorus.backends import Entry, StatusSource, SupportsTranscripts
from chorus.host.json_lines import open_lines, parse, read_piece
from chorus.host.port import ControlPlane
from chorus.host.reports import TranscriptRead
from chorus.model import Run, Signal, UsageSeen

#: Seconds after which a report of what is written down has been lost.
LOST_SECONDS = 5.0

#: Seconds that a report may come after what it is about was written down.
IN_FLIGHT_SECONDS = 1.0

#: Seconds in which nothing may be added for a turn to be written down whole, and how often that is awaited.
SETTLE_SECONDS = 1.0
SETTLE_LOOKS = 10


@dataclass(frozen=True, slots=True)
class NewEntries:
    """What was found: offsets by path to put on record, answers with their usage, what was held back."""

    offsets: Mapping[str, int]
    usages: Sequence[UsageSeen]
    lost: Sequence[Entry]


@dataclass
class _File:
    read_to: int


@dataclass(frozen=True, slots=True)
class _HeldEntry:
    path: str
    offset: int
    entry: Entry


class Transcripts:
    """The transcripts of one run. `offsets` say up to where they were read before; call it in a thread."""

    def __init__(
        self,
        source: SupportsTranscripts,
        env: Mapping[str, str],
        offsets: Mapping[str, int],
        *,
        lost: bool = True,
        away_until: float = 0.0,
    ) -> None:
        """`lost` False: everything else is told by other means, only usage counts. Until `away_until`, in
        seconds since the epoch, nobody was there to take reports.
        """
        self._away_until = away_until
        self._source = source
        self._env = env
        self._files = {path: _File(offset) for path, offset in offsets.items()}
        self._recorded = dict(offsets)
        self._held: list[_HeldEntry] = []
        self._keep_lost = lost

    def read(self, conversation: str, *, all: bool = False) -> NewEntries | None:
        """What is new; None when nothing is. `all`: hold nothing back, nobody will report any more."""
        usages: list[UsageSeen] = []
        for path in self._source.transcripts(conversation, self._env):
            usages += self._read(str(path))
        lost = self._release(all)
        offsets = self._new_offsets()
        if not usages and not lost:
            return None
        self._recorded.update(offsets)
        return NewEntries(offsets, usages, lost)

    def _release(self, all: bool) -> list[Entry]:
        limit = max(time.time() - LOST_SECONDS, self._away_until - IN_FLIGHT_SECONDS)
        released = [held.entry for held in self._held if all or held.entry.at < limit]
        self._held = [held for held in self._held if not (all or held.entry.at < limit)]
        return released

    def _new_offsets(self) -> dict[str, int]:
        offsets = {path: file.read_to for path, file in self._files.items()}
        for held in self._held:
            offsets[held.path] = min(offsets[held.path], held.offset)
        return {path: offset for path, offset in offsets.items() if self._recorded.get(path) != offset}

    def _read(self, path: str) -> list[UsageSeen]:
        file = self._files.setdefault(path, _File(0))
        usages: list[UsageSeen] = []
        try:
            size = os.stat(path).st_size
            if size < file.read_to:
                file.read_to = 0  # it was written anew; what counted before does not count again
            if size == file.read_to:
                return []
            with open_lines(path) as content:
                lines, file.read_to = read_piece(content, file.read_to)
                while lines:
                    usages += self._interpret(path, lines)
                    lines, file.read_to = read_piece(content, file.read_to)
        except OSError:
            pass  # gone, or not to be read now: what is on record stays
        return usages

    def _interpret(self, path: str, lines: Sequence[tuple[int, bytes]]) -> list[UsageSeen]:
        usages: list[UsageSeen] = []
        for offset, line in lines:
            held = parse(line)
            entry = self._source.entry(held) if held is not None else None
            if entry is None:
                continue
            usages += [one for one in entry.signals if isinstance(one, UsageSeen)]
            others: list[Signal] = [one for one in entry.signals if not isinstance(one, UsageSeen)]
            if others and self._keep_lost:
                self._held.append(_HeldEntry(path, offset, Entry(entry.at, others)))
        return usages


class TranscriptReader:
    """Reads the transcripts of a run for whoever watches it, and reports what they say.

    `conversation` is the one the agent is in; it may change while it runs.
    """

    def __init__(
        self,
        control: ControlPlane,
        host_id: str,
        run: Run,
        source: StatusSource,
        env: Mapping[str, str],
        *,
        lost: bool = True,
        away_until: float = 0.0,
    ) -> None:
        self._away_until = away_until
        self.conversation = run.agent_session_id or ""
        self._control = control
        self._host_id = host_id
        self._run = run
        self._source = source
        self._env = env
        self._lost = lost
        self._transcripts: Transcripts | None = None
        self._lock = asyncio.Lock()

    async def read(self, *, all: bool = False) -> bool:
        """Report what is new, if anything is. Raises what the control plane raises; then it is read again."""
        if not isinstance(self._source, SupportsTranscripts):
            return False
        async with self._lock:
            if self._transcripts is None:
                offsets = await self._control.transcript_offsets(self._run.task_id)
                self._transcripts = Transcripts(
                    self._source, self._env, offsets, lost=self._lost, away_until=self._away_until
                )
            found = await asyncio.to_thread(self._transcripts.read, self.conversation, all=all)
            if found is None:
                return False
            report = TranscriptRead(self._run.id, found.offsets, found.usages, found.lost)
            try:
                await self._control.report(self._host_id, [report])
            except BaseException:
                self._transcripts = None  # from the offsets on record
                raise
        return True

    async def settle(self) -> None:
        """Read until nothing has been added for a while: agents write a turn down a moment after its end."""
        for _ in range(SETTLE_LOOKS):
            await asyncio.sleep(SETTLE_SECONDS)
            if not await self.read():
                return

    async def finish(self) -> None:
        """The agent has ended: nothing more is coming, from its reports neither."""
        await self.read(all=True)
