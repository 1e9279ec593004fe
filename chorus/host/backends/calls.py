"""Calls of backends: bounded in time, and foreign errors become errors of Chorus."""

from __future__ import annotations

import asyncio
import errno
import inspect
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from chorus.errors import ChorusError, PluginFailure, ResourceExhausted, Unavailable
from chorus.host.backends import circuit_breaker
from chorus.host.backends.loop_time import TimedAwaitable

log = logging.getLogger(__name__)

T = TypeVar("T")

#: What the kernel says when there is no room for another process (fork(2): EAGAIN), file or page.
_NO_ROOM = (errno.EAGAIN, errno.EMFILE, errno.ENFILE, errno.ENOMEM)

#: Seconds for which a backend may keep everything else from going on, or less when a call has less: it works
#: in the loop of the server, where nothing can interrupt it.
BLOCKED_SECONDS = 5.0

#: Errors looked at from the one that was raised back to its first cause.
_CAUSES = 10


async def call(
    what: str,
    work: Awaitable[T],
    seconds: float | None = None,
    *,
    expect: type | tuple[type, ...] = object,
) -> T:
    """Await a backend. `what` names it for the person who reads the error: its kind and name, and perhaps
    "in" a place. `expect` is what an answer may be.
    """
    breaker = circuit_breaker.current()
    name = what.partition(" in ")[0]
    limit = seconds or (breaker.seconds if breaker is not None else circuit_breaker.CALL_SECONDS)
    timed = TimedAwaitable(work)
    try:
        if breaker is not None:
            breaker.admit(name)
        answer = await asyncio.wait_for(timed, limit)
        if not isinstance(answer, expect):
            raise TypeError(f"it answered with {type(answer).__name__}")
    except TimeoutError:
        reason = f"{what} did not answer within {limit:.0f} s."
        if breaker is not None:
            breaker.record_failure(name, reason)
        raise Unavailable(reason) from None
    except Exception as error:
        raise _count_failure(breaker, name, translate(what, error)) from error
    finally:
        if inspect.iscoroutine(work):
            work.close()  # one that was not let in was never begun
    _count_answer(breaker, name, timed.longest, limit)
    return answer


def ask(what: str, function: Callable[..., T], *arguments: Any) -> T:
    """Call a backend that answers at once. Failures are reported, but never switch the backend off: what it
    is asked comes from an agent, and one that sends nonsense must not silence the others.
    """
    breaker, began = circuit_breaker.current(), time.monotonic()
    try:
        answer = function(*arguments)
    except Exception as error:
        raise _count_failure(breaker, what, translate(what, error), may_open=False) from error
    _count_answer(breaker, what, time.monotonic() - began, may_open=False)
    return answer


def _count_answer(
    breaker: circuit_breaker.CircuitBreaker | None,
    what: str,
    blocked_for: float,
    limit: float = BLOCKED_SECONDS,
    *,
    may_open: bool = True,
) -> None:
    """Count an answer as a success, or as a failure when the backend blocked the event loop meanwhile."""
    if breaker is None:
        return
    if blocked_for > min(limit, BLOCKED_SECONDS):
        reason = f"{what} held up everything for {blocked_for:.1f} s: it must await what takes long."
        breaker.record_failure(what, reason, may_open=may_open)
    else:
        breaker.record_success(what)


def _count_failure(
    breaker: circuit_breaker.CircuitBreaker | None, what: str, error: ChorusError, *, may_open: bool = True
) -> ChorusError:
    """Return the error; a PluginFailure is counted, with every other error the plugin did what it should."""
    if breaker is not None and isinstance(error, PluginFailure):
        breaker.record_failure(what, error.message, may_open=may_open)
    return error


def translate(what: str, error: Exception) -> ChorusError:
    """Return an error of a backend as one of Chorus: ResourceExhausted whatever a backend made of that."""
    exhausted = _resource_error(error)
    if exhausted is not None:
        return ResourceExhausted(
            f"{what} found no room on this machine: {exhausted.strerror}. End something, or raise its limits."
        )
    if isinstance(error, ChorusError):
        return error
    log.error("%s failed", what, exc_info=error)
    return PluginFailure(f"{what} failed: {type(error).__name__}: {error}")


def _resource_error(error: BaseException | None) -> OSError | None:
    for _ in range(_CAUSES):
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            return error
        error = error.__cause__ if error else None
    return None
