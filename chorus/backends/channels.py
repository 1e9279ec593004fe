"""Headless agents: talked to in lines of JSON, in files of the run's folder that outlive the server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Channel:
    """Where a headless agent writes and reads, as names of files in the run's folder.

    The agent's program appends to `output` what it has to say, and reads `input`, to which Chorus appends; a
    byte in the named pipe `bell` says that there is more. `source` is the status source that understands
    the lines. `once`: the process takes one prompt and then ends.

    An output that grows long may go on in a file named `output`, a dot and the number of bytes before it in
    20 digits; each begins with a line. Chorus removes such files when it has taken their lines. The program
    may, too, when it is too much; what Chorus had not read is then said to be lost.
    """

    source: str
    output: str = "output.jsonl"
    input: str = "input.jsonl"
    bell: str = "bell"
    once: bool = False


Line = Mapping[str, Any]


@runtime_checkable
class SpeaksLines(Protocol):
    """A status source for agents with a channel: `interpret` and `answer` get completed lines.

    Every line that Chorus writes holds the `mark` it is given: by it a line is known to be written already.
    All of it is pure.
    """

    def opening(self, mark: str) -> Line | None:
        """The first line for an agent that has just been started."""
        ...

    def prompt(self, text: str, mark: str) -> Line:
        """The line that gives the agent a prompt."""
        ...

    def interruption(self, mark: str) -> Line:
        """The line that ends the agent's turn and keeps it running."""
        ...

    def complete(self, line: Line, memory: dict[str, Any]) -> Line:
        """The line with what earlier lines said that it needs to be understood. `memory` is the run's, empty
        at its beginning; each line comes once, in order.
        """
        ...

    def asks(self, line: Line) -> str | None:
        """The mark of the answer this line waits for."""
        ...

    def takes_back(self, line: Line) -> str | None:
        """The mark of the answer that this line says is not needed any more."""
        ...
