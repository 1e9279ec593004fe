"""The bus of a single process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from chorus.model import Event

#: Events a subscriber may be behind before its queue is dropped and it reads the log instead.
QUEUE_EVENTS = 1000


class Subscriber:
    """A bounded queue of committed events. `lost` says that some were dropped: read the log from where you
    are.
    """

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._ready = asyncio.Event()
        self.lost = False

    def push(self, events: Sequence[Event]) -> None:
        if len(self._events) + len(events) > QUEUE_EVENTS:
            self._events.clear()
            self.lost = True
        else:
            self._events.extend(events)
        self._ready.set()

    async def take(self) -> list[Event]:
        """Wait for something to happen; all that has queued up, empty when it was lost."""
        await self._ready.wait()
        self._ready.clear()
        taken, self._events = self._events, []
        return taken


class MemoryBus:
    """Fan-out of committed events to the subscribers of this process, and a wake-up for the host agent."""

    def __init__(self) -> None:
        self._subscribers: set[Subscriber] = set()
        self._work = asyncio.Event()

    def wake_host(self) -> None:
        """There are commands to pull."""
        self._work.set()

    async def work(self, safety_net: float) -> None:
        """Wait for a wake-up; return after `safety_net` seconds at the latest, in case one was lost."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._work.wait(), safety_net)
        self._work.clear()

    def publish(self, events: Sequence[Event]) -> None:
        for subscriber in self._subscribers:
            subscriber.push(events)

    @contextmanager
    def subscription(self) -> Iterator[Subscriber]:
        subscriber = Subscriber()
        self._subscribers.add(subscriber)
        try:
            yield subscriber
        finally:
            self._subscribers.discard(subscriber)

    def __len__(self) -> int:
        return len(self._subscribers)
