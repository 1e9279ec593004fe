"""Files of the channel to a headless agent, in the folder of its run."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from chorus.backends import Channel
from chorus.host.json_lines import open_lines, parse, read_piece
from chorus.host.run_dir import RunDir, storage_errors

#: The file that says how the run is talked to.
CHANNEL_FILE = "channel.json"

#: The file that says up to where the agent was heard.
OFFSET_FILE = "heard.json"


#: Digits of the offset in the name of a file with which an output goes on.
OFFSET_DIGITS = 20


class _Segment(NamedTuple):
    base: int  #: the offset of its first byte
    end: int | None  #: where the next one begins; None: it is the last
    path: Path


class ChannelFiles:
    def __init__(self, run_dir: RunDir, channel: Channel) -> None:
        self.channel = channel
        self._run_dir = run_dir
        self._input = run_dir.path / channel.input
        self._output = run_dir.path / channel.output

    @classmethod
    def of(cls, run_dir: RunDir) -> ChannelFiles | None:
        """The channel of a run; None when its agent has a terminal for itself."""
        known = run_dir.load(CHANNEL_FILE)
        return cls(run_dir, Channel(**known)) if known else None

    @staticmethod
    def prepare(run_dir: RunDir, channel: Channel) -> None:
        run_dir.save(CHANNEL_FILE, asdict(channel))

    # --- to the agent -------------------------------------------------------------------------------

    def send(self, mark: str, line: Mapping[str, Any]) -> None:
        """Write a line that holds the mark, unless it is written already. Raises StorageFull."""
        if not self.sent(mark):
            self._drop_partial_line()
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
            with storage_errors(), open(os.open(self._input, flags, 0o600), "wb", buffering=0) as file:
                file.write(json.dumps(line).encode() + b"\n")
        self.ring_bell()

    def sent(self, mark: str) -> bool:
        """Whether a whole line with this mark was written."""
        try:
            data = self._input.read_bytes()
        except FileNotFoundError:
            return False
        return json.dumps(mark).encode() in data[: data.rfind(b"\n") + 1]

    def _drop_partial_line(self) -> None:
        """Half a line that a full disk or a crash left is taken away: nobody has read it."""
        with suppress(FileNotFoundError):
            data = self._input.read_bytes()
            if not data.endswith(b"\n"):
                os.truncate(self._input, data.rfind(b"\n") + 1)

    def ring_bell(self) -> None:
        """Say that there is more to read. Nobody there yet: it reads when it begins."""
        with suppress(OSError):
            bell = os.open(self._run_dir.path / self.channel.bell, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                os.write(bell, b"\n")
            finally:
                os.close(bell)

    # --- from the agent -----------------------------------------------------------------------------

    def read_offset(self) -> int:
        """Up to which offset the agent's lines were taken."""
        known = self._run_dir.load(OFFSET_FILE)
        return int(known["offset"]) if known else 0

    def save_offset(self, offset: int) -> None:
        """The lines before this offset were taken. A hint: a line that comes again counts once."""
        self._run_dir.save(OFFSET_FILE, {"offset": offset})

    def oldest_offset(self) -> int:
        """The oldest offset whose lines are still there."""
        found = self._segments()
        return found[0].base if found else 0

    def discard_before(self, offset: int) -> None:
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
                content = open_lines(segment.path)
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
            names = os.listdir(self._run_dir.path)
        except FileNotFoundError:
            return []
        found = [
            (int(one[-OFFSET_DIGITS:]), one)
            for one in names
            if one.startswith(name) and one[-OFFSET_DIGITS:].isdigit()
        ]
        if self._output.name in names:
            found.append((0, self._output.name))
        found.sort()
        ends = [*(base for base, _ in found[1:]), None]
        return [
            _Segment(base, end, self._run_dir.path / one)
            for (base, one), end in zip(found, ends, strict=False)
        ]


def _lines(content: BinaryIO, begin: int, base: int) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """The lines of one file, from an offset of the whole on."""
    at = begin - base
    while True:
        found, at = read_piece(content, at)
        if not found:
            return
        for offset, line in found:
            held = parse(line)
            if held is not None:
                yield base + offset, base + offset + len(line), held
