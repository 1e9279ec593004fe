"""Points at which a test lets the process die, as a power cut or the OOM killer would.

`CHORUS_CRASH_AT=start.opened` kills the process the first time it gets there, `unit.committed:7` the
seventh time. The points stand before and after every intent, effect and record; without the variable
they cost a look-up.
"""

from __future__ import annotations

import os
import signal
from collections import Counter

VARIABLE = "CHORUS_CRASH_AT"

#: Every point there is, in the order in which a task meets them.
POINTS = (
    "unit.written",  # any change, with its commands and events, just before it is committed
    "unit.committed",  # and just after, when nobody has been told yet
    "start.pulled",
    "start.opened",
    "start.recorded",
    "start.prepared",
    "start.launched",
    "start.born",
    "start.done",
    "deliver.pulled",
    "deliver.marked",
    "deliver.given",
    "deliver.typed",
    "deliver.done",
    "permission.decided",  # on record, and the agent has not been told
    "commit.pulled",
    "commit.committed",
    "commit.done",
    "interrupt.pulled",
    "interrupt.done",
    "stop.pulled",
    "stop.ended",
    "stop.done",
    "close.pulled",
    "close.stopped",
    "close.committed",
    "close.closed",
    "close.done",
    "task.deleted",
)

_reached: Counter[str] = Counter()


def point(name: str) -> None:
    """Die here if a test wants it."""
    wanted = os.environ.get(VARIABLE)
    if wanted is None:
        return
    _reached[name] += 1
    at, _, times = wanted.partition(":")
    if at == name and _reached[name] == int(times or 1):
        os.kill(os.getpid(), signal.SIGKILL)
