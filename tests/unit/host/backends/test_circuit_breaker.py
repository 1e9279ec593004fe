"""A backend that breaks is left alone after a few times, and tried again after a while."""

from __future__ import annotations

import asyncio
import time

import pytest

from chorus.errors import BackendError, Busy, Unavailable
from chorus.host.backends.calls import ask, call
from chorus.host.backends.circuit_breaker import (
    FAILURE_THRESHOLD,
    RESET_SECONDS,
    CircuitBreaker,
    CircuitChange,
    use_breaker,
)


async def answering(value: object) -> object:
    return value


async def raising(error: Exception) -> object:
    raise error


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_it_is_left_alone_and_tried_again() -> None:
    told, clock = list[CircuitChange](), Clock()
    with use_breaker(CircuitBreaker(told.append, clock=clock)):
        for _ in range(FAILURE_THRESHOLD):
            with pytest.raises(BackendError):
                await call("VCS odd", raising(KeyError("a bug")))
        with pytest.raises(Unavailable, match="switched off after 5 failures"):
            await call("VCS odd in /somewhere", answering(1))
        assert await call("VCS even", answering(1)) == 1, "others are not affected"
        clock.now = RESET_SECONDS + 1
        with pytest.raises(BackendError):
            await call("VCS odd", raising(KeyError("a bug")))
        with pytest.raises(Unavailable, match="switched off"):
            await call("VCS odd", answering(1))
        clock.now = 2 * RESET_SECONDS + 2
        assert await call("VCS odd", answering(1)) == 1
        assert await call("VCS odd", answering(2)) == 2
    assert [(one.failures, one.off) for one in told] == [(1, False), (5, True), (6, False)]
    assert told[-1].reason is None


async def test_what_a_backend_says_in_words_is_no_failure() -> None:
    told = list[CircuitChange]()
    with use_breaker(CircuitBreaker(told.append)):
        for _ in range(FAILURE_THRESHOLD + 1):
            with pytest.raises(Busy):
                await call("VCS odd", raising(Busy()))
    assert told == []


async def test_an_answer_of_another_type_is_a_failure() -> None:
    with pytest.raises(BackendError, match="answered with int"):
        await call("VCS odd", answering(1), expect=str)


async def test_no_answer_in_time_is_a_failure() -> None:
    told = list[CircuitChange]()
    with (
        use_breaker(CircuitBreaker(told.append, seconds=0.01)),
        pytest.raises(Unavailable, match="did not answer"),
    ):
        await call("VCS odd", asyncio.Event().wait())
    assert len(told) == 1


async def test_one_for_which_everything_had_to_wait_counts_although_it_answers() -> None:
    told = list[CircuitChange]()

    async def blocking() -> str:
        await asyncio.sleep(0)
        time.sleep(0.02)
        return "answer"

    with use_breaker(CircuitBreaker(told.append, seconds=0.01)):
        assert await call("VCS odd", blocking()) == "answer"
    assert [one.off for one in told] == [False]
    assert "held up everything" in str(told[0].reason)


async def test_a_call_hears_that_it_is_cancelled() -> None:
    heard = asyncio.Event()

    async def waiting() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            heard.set()

    calling = asyncio.create_task(call("VCS odd", waiting()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
    await asyncio.wait_for(heard.wait(), 30)


def test_what_an_agent_sends_never_switches_a_source_off() -> None:
    told = list[CircuitChange]()

    def interpret(report: str) -> str:
        return {"known": "meaning"}[report]

    with use_breaker(CircuitBreaker(told.append)):
        for _ in range(FAILURE_THRESHOLD + 1):
            with pytest.raises(BackendError):
                ask("status source odd", interpret, "unknown")
        assert ask("status source odd", interpret, "known") == "meaning"
    assert [one.off for one in told] == [False, False]
