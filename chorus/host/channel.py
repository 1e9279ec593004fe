"""The files through which a headless agent is talked to, in the folder of its run."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from chorus.backends import Channel
from chorus.host.json_lines import opened, parsed, piece
from chorus.host.rundir import RunDir, stored

#: The file that says how the run is talked to.
CHANNEL = "channel.json"

#: The file that says up to where the agent was heard.
HEARD = "heard.json"


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

    def lines(self, begin: int) -> Iterator[tuple[int, int, dict[str, Any]]]:
        """The lines from an offset on: where each begins and ends, and what it holds. Reads files."""
        try:
            content = opened(self._output)
        except FileNotFoundError:
            return
        with content:
            while True:
                found, begin = piece(content, begin)
                if not found:
                    return
                for offset, line in found:
                    held = parsed(line)
                    if held is not None:
                        yield offset, offset + len(line), held
