"""Plugins that fail in ways they should not: counted, told, and left alone after too many in a row.

An error of `chorus.errors` is a plugin doing its work: a repository is locked, a folder is not there. What
counts is everything else: an exception of another kind, no answer in time, an answer of the wrong type, an
answer for which everything else had to wait. A backend that is left alone is asked once again after a while;
if that works, it is as before.
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

#: Failures in a row after which a backend is left alone.
FAILURES = 5

#: Seconds it is left alone before it is asked once again.
REST_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Trouble:
    """What became of a backend (`what`: its kind and name) when it was called.

    `reason` None: it works again. `off`: it is left alone from now on.
    """

    what: str
    reason: str | None
    failures: int
    off: bool = False


@dataclass
class _Record:
    failures: int = 0
    off_until: float | None = None
    reason: str = ""


class Guard:
    """`tell` hears of the first failure in a row, of the one that was too many, and of the recovery.

    `seconds` is the time a call has unless it asks for another.
    """

    def __init__(
        self,
        tell: Callable[[Trouble], None],
        seconds: float = CALL_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.seconds = seconds
        self._tell = tell
        self._clock = clock
        self._records: dict[str, _Record] = {}

    def admit(self, what: str) -> None:
        """Raises Unavailable while the backend is left alone; then lets one call through at a time."""
        record = self._records.get(what)
        if record is None or record.off_until is None:
            return
        left = record.off_until - self._clock()
        if left > 0:
            raise Unavailable(
                f"{what} is switched off after {record.failures} failures in a row ({record.reason}); "
                f"it is tried again in {left:.0f} s."
            )
        record.off_until = self._clock() + REST_SECONDS

    def failed(self, what: str, reason: str, *, may_be_off: bool = True) -> None:
        record = self._records.setdefault(what, _Record())
        record.failures += 1
        record.reason = reason
        off = may_be_off and record.failures >= FAILURES
        if off:
            record.off_until = self._clock() + REST_SECONDS
        if record.failures == 1 or (off and record.failures == FAILURES):
            self._tell(Trouble(what, reason, record.failures, off))

    def worked(self, what: str) -> None:
        record = self._records.pop(what, None)
        if record is not None:
            self._tell(Trouble(what, None, record.failures))


_guard: ContextVar[Guard | None] = ContextVar("guard", default=None)


def current() -> Guard | None:
    """The guard of the server that this task belongs to."""
    return _guard.get()


@contextmanager
def guarding(guard: Guard) -> Iterator[None]:
    """Have all calls of backends made from here on, and by tasks begun from here on, watched."""
    _guard.set(guard)
    try:
        yield
    finally:
        _guard.set(None)
