"""Trying again what failed for a passing reason: later each time, and not for ever.

Commands of a task wait for their turn in a lane. Whoever tries again rests with the lane held, so that the
order stays; in a lane that can be left, it makes way for who comes after it (a stop must not wait for a start
that does not work) and has its turn again after them.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chorus.errors import Busy, ChorusError, ResourceExhausted, StorageFull

#: Errors that time may heal: somebody else is at work there, or there is no room just now.
PASSING = (Busy, ResourceExhausted, StorageFull)

#: Seconds before each further try.
PAUSES = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0)

#: A pause is up to so much longer, so that many do not come back at the same moment.
JITTER = 0.2


def pause_after(tries: int, error: ChorusError, *, for_ever: bool) -> float | None:
    """Seconds to rest after so many tries; None: it has failed. `for_ever`: room is waited for till there is
    some.
    """
    if not isinstance(error, PASSING):
        return None
    if tries > len(PAUSES) and not (for_ever and isinstance(error, StorageFull)):
        return None
    return PAUSES[min(tries, len(PAUSES)) - 1] * (1 + random.random() * JITTER)


class Lane:
    """One at a time, in the order in which they came."""

    def __init__(self, *, can_be_left: bool) -> None:
        self._can_be_left = can_be_left
        self._lock = asyncio.Lock()
        self._wanted = asyncio.Event()
        self._waiting = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        self._waiting += 1
        self._wanted.set()
        try:
            await self._lock.acquire()
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._wanted.clear()
        try:
            yield
        finally:
            self._lock.release()

    async def rest(self, seconds: float) -> bool:
        """Rest while having the turn; False at once when somebody else waits and the lane can be left."""
        if not self._can_be_left:
            await asyncio.sleep(seconds)
            return True
        try:
            async with asyncio.timeout(seconds):
                await self._wanted.wait()
        except TimeoutError:
            return True
        return False


class Lanes:
    """Those of each task: what its agent is told to do, and what becomes of the agent's work."""

    def __init__(self) -> None:
        self._life: dict[str, Lane] = {}
        self._commits: dict[str, Lane] = {}

    def life(self, task_id: str) -> Lane:
        # What ends an agent must not wait for what cannot be given to it.
        return self._life.setdefault(task_id, Lane(can_be_left=True))

    def commits(self, task_id: str) -> Lane:
        return self._commits.setdefault(task_id, Lane(can_be_left=False))
