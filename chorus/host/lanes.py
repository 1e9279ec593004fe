"""Lanes of a task's commands: in each, one command is carried out after the other.

A command that is tried again waits with the lane held, so that the order stays; in a lane that yields, it
makes way for the command after it (a stop must not wait for a start that does not work) and is pulled again
after that one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Lane:
    """A lock that is given in the order in which it was asked for."""

    def __init__(self, *, yields: bool) -> None:
        self._yields = yields
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

    async def hold(self, seconds: float) -> bool:
        """Wait while holding the lane; return False at once when another waits for it and the lane yields."""
        if not self._yields:
            await asyncio.sleep(seconds)
            return True
        try:
            async with asyncio.timeout(seconds):
                await self._wanted.wait()
        except TimeoutError:
            return True
        return False


class Lanes:
    """The lanes of each task: one for the life of its agent, one for its commits."""

    def __init__(self) -> None:
        self._lifecycle: dict[str, Lane] = {}
        self._commits: dict[str, Lane] = {}

    def lifecycle(self, task_id: str) -> Lane:
        # What ends an agent must not wait for what cannot be given to it.
        return self._lifecycle.setdefault(task_id, Lane(yields=True))

    def commits(self, task_id: str) -> Lane:
        return self._commits.setdefault(task_id, Lane(yields=False))
