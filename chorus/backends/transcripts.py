"""What agents write down about their conversations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from chorus.model import Signal


@dataclass(frozen=True, slots=True)
class Entry:
    """What one line of a transcript says. `at` is when the agent wrote it, in seconds since the epoch.

    `UsageSeen` counts always, once for each message. The other signals are a second source: they count
    only where the agent's own report of the same thing was lost, because no server was there to take it.
    """

    at: float
    signals: Sequence[Signal]


@runtime_checkable
class SupportsTranscripts(Protocol):
    """A status source whose agent keeps its conversations as files of JSON lines that only grow."""

    def transcripts(self, conversation: str, env: Mapping[str, str]) -> Sequence[Path]:
        """The files of a conversation that are there, those of its subagents too.

        Called in a thread every few seconds; `env` is the agent's environment.
        """
        ...

    def entry(self, line: Mapping[str, Any]) -> Entry | None:
        """What a line says; None when it says nothing that counts. Pure; never raises."""
        ...
