"""Commands are tried again later each time, and not for ever."""

from __future__ import annotations

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
from chorus.host.backoff import DELAYS, JITTER, backoff


@pytest.mark.parametrize("error", [Busy(), StorageFull(), ResourceExhausted()])
def test_what_may_pass_is_tried_again_later_each_time(error: ChorusError) -> None:
    delays = [backoff(tries, error, for_ever=False) for tries in range(1, len(DELAYS) + 2)]
    assert delays[-1] is None
    for delay, least in zip(delays, DELAYS, strict=False):
        assert delay is not None
        assert least <= delay <= least * (1 + JITTER)


@pytest.mark.parametrize("error", [Conflict(), Unavailable(), BackendError()])
def test_what_does_not_pass_is_tried_once(error: ChorusError) -> None:
    assert backoff(1, error, for_ever=True) is None


def test_room_is_waited_for_as_long_as_it_takes() -> None:
    assert backoff(1000, StorageFull(), for_ever=True) is not None
    assert backoff(1000, Busy(), for_ever=True) is None
