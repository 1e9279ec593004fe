"""The files through which a headless agent is talked to, in the folder of its run."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from chorus.backends import Channel
from chorus.host.json_lines import opened, parsed, piece
from chorus.host.run_dir import RunDir, stored

#: The file that says how the run is talked to.
CHANNEL = "channel.json"

#: The file that says up to where the agent was heard.
HEARD = "heard.json"


#: Digits of the offset in the name of a file with which an output goes on.
DIGITS = 20


class _Segment(NamedTuple):
    base: int  #: the offset of its first byte
    end: int | None  #: where the next one begins; None: it is the last
    path: Path


class ChannelFiles:
    def __init__(self, place: RunDir, channel: Channel) -> None:
        self.channel = channel
        self._place = place
        self._input = place.path / channel.input
        self._output = place.path / channel.output

    @classmethod
    def of(cls, place: RunDir) -> ChannelFiles | None:
        """The channel of a run; None when its agent has a terminal for itself."""
        known = place.kept(CHANNEL)
        return cls(place, Channel(**known)) if known else None

    @staticmethod
    def prepare(place: RunDir, channel: Channel) -> None:
        place.keep(CHANNEL, asdict(channel))

    # --- to the agent -------------------------------------------------------------------------------

    def send(self, mark: str, line: Mapping[str, Any]) -> None:
        """Write a line that holds the mark, unless it is written already. Raises StorageFull."""
        if not self.sent(mark):
            self._mend()
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
            with stored(), open(os.open(self._input, flags, 0o600), "wb", buffering=0) as file:
                file.write(json.dumps(line).encode() + b"\n")
        self.ring()

    def sent(self, mark: str) -> bool:
        """Whether a whole line with this mark was written."""
        try:
            data = self._input.read_bytes()
        except FileNotFoundError:
            return False
        return json.dumps(mark).encode() in data[: data.rfind(b"\n") + 1]

    def _mend(self) -> None:
        """Half a line that a full disk or a crash left is taken away: nobody has read it."""
        with suppress(FileNotFoundError):
            data = self._input.read_bytes()
            if not data.endswith(b"\n"):
                os.truncate(self._input, data.rfind(b"\n") + 1)

    def ring(self) -> None:
        """Say that there is more to read. Nobody there yet: it reads when it begins."""
        with suppress(OSError):
            bell = os.open(self._place.path / self.channel.bell, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                os.write(bell, b"\n")
            finally:
                os.close(bell)

    # --- from the agent -----------------------------------------------------------------------------

    def heard(self) -> int:
        """Up to which offset the agent's lines were taken."""
        known = self._place.kept(HEARD)
        return int(known["offset"]) if known else 0

    def take(self, offset: int) -> None:
        """The lines before this offset were taken. A hint: a line that comes again counts once."""
        self._place.keep(HEARD, {"offset": offset})

    def begin(self) -> int:
        """The oldest offset whose lines are still there."""
        found = self._segments()
        return found[0].base if found else 0

    def forget(self, offset: int) -> None:
        """Nobody needs the lines before this offset. The last file of them stays: what follows may be about
        what it says.
        """
        over = [one for one in self._segments() if one.end is not None and one.end <= offset]
        for segment in over[:-1]:
            segment.path.unlink(missing_ok=True)

    def lines(self, begin: int) -> Iterator[tuple[int, int, dict[str, Any]]]:
        """The lines from an offset on: where each begins and ends, and what it holds. Where lines are gone it
        ends: see `begin`. Reads files.
        """
        while (segment := self._segment(begin)) is not None:
            try:
                content = opened(segment.path)
            except FileNotFoundError:
                return
            with content:
                yield from _lines(content, begin, segment.base)
            if segment.end is None:
                return
            begin = segment.end

    def _segment(self, offset: int) -> _Segment | None:
        return next(
            (one for one in self._segments() if one.base <= offset and (one.end is None or offset < one.end)),
            None,
        )

    def _segments(self) -> list[_Segment]:
        name = f"{self._output.name}."
        try:
            names = os.listdir(self._place.path)
        except FileNotFoundError:
            return []
        found = [
            (int(one[-DIGITS:]), one) for one in names if one.startswith(name) and one[-DIGITS:].isdigit()
        ]
        if self._output.name in names:
            found.append((0, self._output.name))
        found.sort()
        ends = [*(base for base, _ in found[1:]), None]
        return [
            _Segment(base, end, self._place.path / one) for (base, one), end in zip(found, ends, strict=False)
        ]


def _lines(content: BinaryIO, begin: int, base: int) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """The lines of one file, from an offset of the whole on."""
    at = begin - base
    while True:
        found, at = piece(content, at)
        if not found:
            return
        for offset, line in found:
            held = parsed(line)
            if held is not None:
                yield base + offset, base + offset + len(line), held
