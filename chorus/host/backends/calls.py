"""The one boundary around backends: a time-out, and foreign errors become errors of Chorus."""

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
from chorus.host.backends.loop_time import Steps

log = logging.getLogger(__name__)

T = TypeVar("T")

#: What the kernel says when there is no room for another process (fork(2): EAGAIN), file or page.
_NO_ROOM = (errno.EAGAIN, errno.EMFILE, errno.ENFILE, errno.ENOMEM)

#: Seconds for which a backend may keep everything else from going on, or less when a call has less: it works
#: in the loop of the server, where nothing can interrupt it.
HELD_UP_SECONDS = 5.0

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
    watched = circuit_breaker.current()
    name = what.partition(" in ")[0]
    limit = seconds or (watched.seconds if watched is not None else circuit_breaker.CALL_SECONDS)
    steps = Steps(work)
    try:
        if watched is not None:
            watched.admit(name)
        answer = await asyncio.wait_for(steps, limit)
        if not isinstance(answer, expect):
            raise TypeError(f"it answered with {type(answer).__name__}")
    except TimeoutError:
        reason = f"{what} did not answer within {limit:.0f} s."
        if watched is not None:
            watched.failed(name, reason)
        raise Unavailable(reason) from None
    except Exception as error:
        raise _counted(watched, name, translated(what, error)) from error
    finally:
        if inspect.iscoroutine(work):
            work.close()  # one that was not let in was never begun
    _done(watched, name, steps.longest, limit)
    return answer


def ask(what: str, function: Callable[..., T], *arguments: Any) -> T:
    """The same for what a plugin answers at once; it is told of, and never switched off: what it is asked
    comes from an agent, and one that sends nonsense must not silence the others.
    """
    watched, began = circuit_breaker.current(), time.monotonic()
    try:
        answer = function(*arguments)
    except Exception as error:
        raise _counted(watched, what, translated(what, error), may_be_off=False) from error
    _done(watched, what, time.monotonic() - began, may_be_off=False)
    return answer


def _done(
    watched: circuit_breaker.Guard | None,
    what: str,
    held_up: float,
    limit: float = HELD_UP_SECONDS,
    *,
    may_be_off: bool = True,
) -> None:
    """It has answered; one that kept everybody waiting meanwhile counts as broken all the same."""
    if watched is None:
        return
    if held_up > min(limit, HELD_UP_SECONDS):
        reason = f"{what} held up everything for {held_up:.1f} s: it must await what takes long."
        watched.failed(what, reason, may_be_off=may_be_off)
    else:
        watched.worked(what)


def _counted(
    watched: circuit_breaker.Guard | None, what: str, error: ChorusError, *, may_be_off: bool = True
) -> ChorusError:
    """Only a PluginFailure is a plugin that broke; with every other error it did what it should."""
    if watched is not None and isinstance(error, PluginFailure):
        watched.failed(what, error.message, may_be_off=may_be_off)
    return error


def translated(what: str, error: Exception) -> ChorusError:
    """An error of a backend as one of Chorus; ResourceExhausted whatever a backend made of that."""
    no_room = _no_room(error)
    if no_room is not None:
        return ResourceExhausted(
            f"{what} found no room on this machine: {no_room.strerror}. End something, or raise its limits."
        )
    if isinstance(error, ChorusError):
        return error
    log.error("%s failed", what, exc_info=error)
    return PluginFailure(f"{what} failed: {type(error).__name__}: {error}")


def _no_room(error: BaseException | None) -> OSError | None:
    for _ in range(_CAUSES):
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            return error
        error = error.__cause__ if error else None
    return None
