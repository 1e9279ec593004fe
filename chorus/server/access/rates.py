"""Rate limits: token buckets, and failed attempts to sign in."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from math import ceil

Clock = Callable[[], float]

#: Keys remembered at once. The oldest go first, so inventing keys costs the inventor, not our memory.
MAX_KEYS = 10_000


class Buckets:
    """A token bucket per key: `rate` a second on average, `burst` at once."""

    def __init__(self, rate: float, burst: int, clock: Clock = time.monotonic) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> int:
        """Take one token. Answers 0, or the seconds until there is one again."""
        now = self._clock()
        tokens, since = self._buckets.pop(key, (self._burst, now))
        tokens = min(self._burst, tokens + (now - since) * self._rate)
        allowed = tokens >= 1
        self._buckets[key] = (tokens - 1 if allowed else tokens, now)
        if len(self._buckets) > MAX_KEYS:
            self._buckets.popitem(last=False)
        return 0 if allowed else max(1, ceil((1 - tokens) / self._rate))


class Failures:
    """Wrong credentials by peer: after `allowed` in `window` seconds the answer says to wait.

    Only wrong credentials are ever counted or held up; on a loopback address everybody is the same peer,
    and nobody may lock out the others.
    """

    def __init__(self, allowed: int = 5, window: float = 900, clock: Clock = time.monotonic) -> None:
        self._allowed = allowed
        self._window = window
        self._clock = clock
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def note(self, peer: str) -> int:
        """Count one failure. Answers 0, or the seconds to wait when there were too many."""
        now = self._clock()
        times = self._times.pop(peer, None) or deque(maxlen=self._allowed)
        while times and times[0] <= now - self._window:
            times.popleft()
        self._times[peer] = times
        if len(self._times) > MAX_KEYS:
            self._times.popitem(last=False)
        if len(times) == self._allowed:
            return max(1, ceil(times[0] + self._window - now))
        times.append(now)
        return 0
