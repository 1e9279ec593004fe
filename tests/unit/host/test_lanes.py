"""Lanes keep the order of a task's commands, and never hold up what must not wait."""

from __future__ import annotations

import asyncio

from chorus.host.lanes import Lane


async def test_a_lane_keeps_the_order() -> None:
    lane, done = Lane(yields=False), list[int]()

    async def work(number: int) -> None:
        async with lane.turn():
            assert await lane.hold(0)
            done.append(number)

    await asyncio.gather(*(work(number) for number in range(5)))
    assert done == [0, 1, 2, 3, 4]


async def test_a_lane_that_yields_makes_way_at_once() -> None:
    lane, holding = Lane(yields=True), asyncio.Event()

    async def patient() -> bool:
        async with lane.turn():
            holding.set()
            return await lane.hold(3600)

    first = asyncio.create_task(patient())
    await holding.wait()
    async with asyncio.timeout(45), lane.turn():
        assert first.done()
    assert await first is False
