"""How long ago something was, although the clock of the machine may be set meanwhile.

Moments are kept as wall-clock time: they have to mean something after a restart. But a clock that is set, or
a machine that slept, must not make everything expire at once. So a jump, seen by the monotonic clock, makes
all that was before it count from the jump on.
"""

from __future__ import annotations

import time
from collections.abc import Callable

#: Seconds by which the two clocks may differ between two looks: slewing (adjtime) is slower.
TOLERANCE = 5.0


class SteadyClock:
    """Ask it now and then: a jump is noticed at the next question."""

    def __init__(
        self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic
    ) -> None:
        self._wall = wall
        self._steady = steady
        self._last = wall(), steady()
        self._jumped_at: float | None = None

    def elapsed(self, moment: float) -> float:
        """Seconds since a moment (seconds since the epoch) as far as they can be trusted; never negative."""
        now, steady = self._wall(), self._steady()
        if abs((now - self._last[0]) - (steady - self._last[1])) > TOLERANCE:
            self._jumped_at = now
        self._last = now, steady
        if self._jumped_at is not None:
            moment = max(moment, self._jumped_at) if moment <= now else self._jumped_at
        return max(0.0, now - moment)
