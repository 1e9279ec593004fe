"""Errors of backends become errors of Chorus that say what to do."""

from __future__ import annotations

import pytest

from chorus.errors import BackendError, ResourceExhausted, Unavailable
from chorus.host.backends.calls import call


async def fails(error: Exception) -> None:
    raise error


async def test_no_room_is_said_as_such_whatever_a_backend_makes_of_it() -> None:
    async def backend() -> None:
        try:
            raise BlockingIOError(11, "Resource temporarily unavailable")  # fork(2) at the limit of processes
        except OSError as error:
            raise Unavailable("git cannot be started.") from error

    with pytest.raises(ResourceExhausted, match="VCS git found no room .* temporarily unavailable"):
        await call("VCS git", backend())
    with pytest.raises(ResourceExhausted, match="Too many open files"):
        await call("VCS git", fails(OSError(24, "Too many open files")))
    with pytest.raises(BackendError, match="no such thing"):
        await call("VCS git", fails(FileNotFoundError(2, "no such thing")))
