"""The one boundary around backends: a time-out, and foreign errors become BackendError."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from typing import TypeVar

from chorus.errors import BackendError, ChorusError, Unavailable

log = logging.getLogger(__name__)

T = TypeVar("T")

#: Seconds for a call of a backend; backends have shorter ones of their own for single programs.
CALL_SECONDS = 60.0


async def call(what: str, work: Awaitable[T], seconds: float = CALL_SECONDS) -> T:
    """Await a backend. `what` names it for the person who reads the error."""
    try:
        return await asyncio.wait_for(work, seconds)
    except ChorusError:
        raise
    except TimeoutError:
        raise Unavailable(f"{what} did not answer within {seconds:.0f} s.") from None
    except Exception as error:
        log.exception("%s failed", what)
        raise BackendError(f"{what} failed: {type(error).__name__}: {error}") from error
