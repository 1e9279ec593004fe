"""What the real CLIs said and showed: payloads of hooks with what they mean, and screens.

`payloads/<version>.jsonl` has one object a line: the scripted case it was recorded in, the payload as it came
(folders renamed), and the signals as `described` puts them. `screens/<name>.<version>.txt` is
the text of a pane.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chorus.model import (
    PermissionAsked,
    PromptAccepted,
    SessionLeft,
    SessionSeen,
    Signal,
    StatusSeen,
    TextSeen,
    ToolFinished,
    ToolStarted,
    TurnEnded,
    TurnFailed,
    Unknown,
)

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Recorded:
    version: str
    case: str
    payload: dict[str, Any]
    means: list[str]

    def __str__(self) -> str:
        return f"{self.version}-{self.case}-{self.payload['hook_event_name']}"


def payloads() -> list[Recorded]:
    found = []
    for file in sorted((HERE / "payloads").glob("*.jsonl")):
        for line in file.read_text().splitlines():
            row = json.loads(line)
            found.append(Recorded(file.stem, row["case"], row["payload"], row["means"]))
    return found


def screen(name: str, version: str) -> str:
    return (HERE / "screens" / f"{name}.{version}.txt").read_text()


def screens() -> list[tuple[str, str]]:
    """The names and versions of all recorded screens."""
    names = sorted(file.name.removesuffix(".txt") for file in (HERE / "screens").glob("*.txt"))
    return [(name.partition(".")[0], name.partition(".")[2]) for name in names]


def described(signals: Sequence[Signal]) -> list[str]:
    """Signals in words: short enough to read in a table, and with all that matters."""
    return [
        (f"@{signal.agent} " if signal.agent else "") + _words(signal)
        for signal in signals
        if not isinstance(signal, TextSeen)  # the words are those of the turn's end
    ]


def _words(signal: Signal) -> str:
    match signal:
        case StatusSeen():
            return f"{signal.status}: {signal.activity}"
        case SessionSeen():
            return f"session, transcript {signal.transcript is not None}"
        case PromptAccepted():
            return f"prompt of {len(signal.text)}"
        case TurnEnded():
            return f"turn ended, {signal.background} in the background: {signal.text}"
        case TurnFailed():
            return f"turn failed, {signal.error}: {signal.text}"
        case ToolStarted():
            return f"{signal.tool.name} started, id {signal.use_id is not None}"
        case ToolFinished():
            return (
                f"{signal.tool.name} {'finished' if signal.ok else 'failed'}, id {signal.use_id is not None}"
                + (_edits(signal))
            )
        case PermissionAsked():
            return f"{signal.tool.name} asked, {len(signal.suggestions)} suggestions"
        case SessionLeft():
            return f"left: {signal.reason}"
        case Unknown():
            return f"unknown {signal.kind}"
    raise AssertionError(signal)


def _edits(signal: ToolFinished) -> str:
    changes = [
        f", {'created' if edit.created else 'edited'} {edit.path} "
        + " ".join(
            f"{hunk.old_start},{hunk.old_lines}>{hunk.new_start},{hunk.new_lines}{list(hunk.lines)}"
            for hunk in edit.hunks
        )
        for edit in signal.edits
    ]
    return "".join(changes) + (f": {signal.error}" if signal.error else "")
