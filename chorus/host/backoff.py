"""Backoff between tries of a command: later each time, and not for ever."""

from __future__ import annotations

import random

from chorus.errors import Busy, ChorusError, ResourceExhausted, StorageFull

#: Errors that may pass: somebody else is at work there, or there is no room just now.
TRANSIENT = (Busy, ResourceExhausted, StorageFull)

#: Seconds before each further try.
DELAYS = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0)

#: A delay is up to so much longer, so that many do not come back at the same moment.
JITTER = 0.2


def backoff(tries: int, error: ChorusError, *, for_ever: bool) -> float | None:
    """Return the seconds to wait after so many tries; None when the command has failed.

    `for_ever`: room on the disk is waited for until there is some.
    """
    if not isinstance(error, TRANSIENT):
        return None
    if tries > len(DELAYS) and not (for_ever and isinstance(error, StorageFull)):
        return None
    return DELAYS[min(tries, len(DELAYS)) - 1] * (1 + random.random() * JITTER)
