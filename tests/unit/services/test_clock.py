"""How long ago something was, while the clock is set."""

from __future__ import annotations

import pytest

from chorus.services.clock import SteadyClock

DAY = 86_400.0


class Clocks:
    """The clock on the wall, which somebody may set, and one that only goes on."""

    def __init__(self) -> None:
        self.wall = 1_800_000_000.0
        self.steady = 500.0

    def go_on(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def clock(clocks: Clocks) -> SteadyClock:
    return SteadyClock(lambda: clocks.wall, lambda: clocks.steady)


def test_time_that_passes(clocks: Clocks, clock: SteadyClock) -> None:
    then = clocks.wall
    clocks.go_on(3 * DAY)
    assert clock.elapsed(then) == 3 * DAY
    assert clock.elapsed(then - DAY) == 4 * DAY, "also what was before this process"


@pytest.mark.parametrize("jump", [DAY, -DAY, 3600.0, -3600.0])
def test_a_clock_that_is_set_lets_nothing_expire(clocks: Clocks, clock: SteadyClock, jump: float) -> None:
    then = clocks.wall
    clocks.go_on(10)
    clocks.wall += jump
    assert clock.elapsed(then) == 0
    clocks.go_on(60)
    assert clock.elapsed(then) == 60, "it counts from the jump on"
    after = clocks.wall
    clocks.go_on(5)
    assert clock.elapsed(after) == 5


def test_a_clock_that_is_corrected_a_little(clocks: Clocks, clock: SteadyClock) -> None:
    then = clocks.wall
    for _ in range(10):
        clocks.go_on(100)
        clocks.wall += 0.5
        clock.elapsed(0)
    assert clock.elapsed(then) == pytest.approx(1005)


def test_a_moment_that_is_still_to_come(clocks: Clocks, clock: SteadyClock) -> None:
    assert clock.elapsed(clocks.wall + DAY) == 0
