"""Time for which an awaitable blocks the event loop: what it does between two waits cannot be interrupted."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Coroutine, Generator
from functools import partial
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class TimedAwaitable(Generic[T]):
    """Awaits a coroutine; `longest` is the longest of its steps so far, in seconds."""

    def __init__(self, work: Awaitable[T], clock: Callable[[], float] = time.monotonic) -> None:
        self._work = work
        self._clock = clock
        self.longest = 0.0

    def __await__(self) -> Generator[Any, Any, T]:
        steps = (self._work if isinstance(self._work, Coroutine) else _awaited(self._work)).__await__()
        step: Callable[[], Any] = partial(next, steps)
        while True:
            try:
                waits_for = self._timed(step)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            try:
                answer = yield waits_for
            except BaseException as error:  # cancelled, or closed: that is for the work to hear
                step = partial(steps.throw, error)
            else:
                step = partial(steps.send, answer)

    def _timed(self, step: Callable[[], Any]) -> Any:
        began = self._clock()
        try:
            return step()
        finally:
            self.longest = max(self.longest, self._clock() - began)


async def _awaited(work: Awaitable[T]) -> T:
    """What is awaited may be any iterator; a coroutine's takes answers and errors too."""
    return await work
