"""The one boundary around backends: a time-out, and foreign errors become errors of Chorus."""

from __future__ import annotations

import asyncio
import errno
import logging
from collections.abc import Awaitable
from typing import TypeVar

from chorus.errors import BackendError, ChorusError, ResourceExhausted, Unavailable

log = logging.getLogger(__name__)

T = TypeVar("T")

#: Seconds for a call of a backend; backends have shorter ones of their own for single programs.
CALL_SECONDS = 60.0

#: What the kernel says when there is no room for another process (fork(2): EAGAIN), file or page.
_NO_ROOM = (errno.EAGAIN, errno.EMFILE, errno.ENFILE, errno.ENOMEM)

#: Errors looked at from the one that was raised back to its first cause.
_CAUSES = 10


async def call(what: str, work: Awaitable[T], seconds: float = CALL_SECONDS) -> T:
    """Await a backend. `what` names it for the person who reads the error."""
    try:
        return await asyncio.wait_for(work, seconds)
    except TimeoutError:
        raise Unavailable(f"{what} did not answer within {seconds:.0f} s.") from None
    except Exception as error:
        raise translated(what, error) from error


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
    return BackendError(f"{what} failed: {type(error).__name__}: {error}")


def _no_room(error: BaseException | None) -> OSError | None:
    for _ in range(_CAUSES):
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            return error
        error = error.__cause__ if error else None
    return None
