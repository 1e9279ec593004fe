"""Trying again: later each time, with a bound, and never in the way of what must not wait."""

from __future__ import annotations

import asyncio

import pytest

from chorus.errors import (
    BackendError,
    Busy,
    ChorusError,
    Conflict,
    ResourceExhausted,
    StorageFull,
    Unavailable,
)
from chorus.host.backends.calls import call
from chorus.host.lanes import JITTER, PAUSES, Lane, pause_after


@pytest.mark.parametrize("error", [Busy(), StorageFull(), ResourceExhausted()])
def test_what_may_pass_is_tried_again_later_each_time(error: ChorusError) -> None:
    pauses = [pause_after(tries, error, for_ever=False) for tries in range(1, len(PAUSES) + 2)]
    assert pauses[-1] is None
    for pause, least in zip(pauses, PAUSES, strict=False):
        assert pause is not None
        assert least <= pause <= least * (1 + JITTER)


@pytest.mark.parametrize("error", [Conflict(), Unavailable(), BackendError()])
def test_what_does_not_pass_is_tried_once(error: ChorusError) -> None:
    assert pause_after(1, error, for_ever=True) is None


def test_room_is_waited_for_as_long_as_it_takes() -> None:
    assert pause_after(1000, StorageFull(), for_ever=True) is not None
    assert pause_after(1000, Busy(), for_ever=True) is None


async def test_a_lane_keeps_the_order() -> None:
    lane, done = Lane(can_be_left=False), list[int]()

    async def work(number: int) -> None:
        async with lane.turn():
            assert await lane.rest(0)
            done.append(number)

    await asyncio.gather(*(work(number) for number in range(5)))
    assert done == [0, 1, 2, 3, 4]


async def test_who_rests_makes_way_at_once() -> None:
    lane, resting = Lane(can_be_left=True), asyncio.Event()

    async def patient() -> bool:
        async with lane.turn():
            resting.set()
            return await lane.rest(3600)

    first = asyncio.create_task(patient())
    await resting.wait()
    async with asyncio.timeout(45), lane.turn():
        assert first.done()
    assert await first is False


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
