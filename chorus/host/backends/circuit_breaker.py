"""Circuit breaker for calls of backends: one that fails too often in a row is switched off for a while.

An error of `chorus.errors` is a plugin doing its work: a repository is locked, a folder is not there. What
counts is everything else: an exception of another kind, no answer in time, an answer of the wrong type, an
answer for which everything else had to wait. A backend that is switched off is called once again after a
while; if that works, it is used as before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from chorus.errors import Unavailable

#: Seconds for a call of a backend; backends have shorter ones of their own for single programs.
CALL_SECONDS = 60.0

#: Failures in a row after which a backend is switched off.
FAILURE_THRESHOLD = 5

#: Seconds for which it is switched off before it is called once again.
RESET_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class CircuitChange:
    """A call that changed how far a backend (`what`: its kind and name) can be relied on.

    `reason` None: it works again. `off`: it is switched off from now on.
    """

    what: str
    reason: str | None
    failures: int
    off: bool = False


@dataclass
class _Circuit:
    failures: int = 0
    open_until: float | None = None
    reason: str = ""


class CircuitBreaker:
    """Counts the failures of each backend.

    `notify` is called for the first failure in a row, for the one that was too many, and for the recovery.
    `seconds` is the time a call has unless it asks for another.
    """

    def __init__(
        self,
        notify: Callable[[CircuitChange], None],
        seconds: float = CALL_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.seconds = seconds
        self._notify = notify
        self._clock = clock
        self._circuits: dict[str, _Circuit] = {}

    def admit(self, what: str) -> None:
        """Raise Unavailable while the backend is switched off; then let one call through at a time."""
        circuit = self._circuits.get(what)
        if circuit is None or circuit.open_until is None:
            return
        left = circuit.open_until - self._clock()
        if left > 0:
            raise Unavailable(
                f"{what} is switched off after {circuit.failures} failures in a row ({circuit.reason}); "
                f"it is tried again in {left:.0f} s."
            )
        circuit.open_until = self._clock() + RESET_SECONDS

    def record_failure(self, what: str, reason: str, *, may_open: bool = True) -> None:
        circuit = self._circuits.setdefault(what, _Circuit())
        circuit.failures += 1
        circuit.reason = reason
        off = may_open and circuit.failures >= FAILURE_THRESHOLD
        if off:
            circuit.open_until = self._clock() + RESET_SECONDS
        if circuit.failures == 1 or (off and circuit.failures == FAILURE_THRESHOLD):
            self._notify(CircuitChange(what, reason, circuit.failures, off))

    def record_success(self, what: str) -> None:
        circuit = self._circuits.pop(what, None)
        if circuit is not None:
            self._notify(CircuitChange(what, None, circuit.failures))


_breaker: ContextVar[CircuitBreaker | None] = ContextVar("circuit_breaker", default=None)


def current() -> CircuitBreaker | None:
    """Return the circuit breaker of the server that this task belongs to."""
    return _breaker.get()


@contextmanager
def use_breaker(breaker: CircuitBreaker) -> Iterator[None]:
    """Apply the breaker to all calls of backends from here on, also by tasks that are begun from here on."""
    _breaker.set(breaker)
    try:
        yield
    finally:
        _breaker.set(None)
