"""Comparing what is with what should be: what cannot be looked at keeps nothing else from being."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, cast

from chorus.backends import SessionBackend, SessionState
from chorus.host import reconciler
from chorus.host.reconciler import Reconciler
from chorus.plugins import Plugins
from chorus.testing.memory_sessions import MemorySessionBackend


class FakeControl:
    """A FAKE of the services: no run and no task, and it keeps what is reported."""

    def __init__(self) -> None:
        self.reports: list[Any] = []

    async def live_runs(self, host_id: str) -> Sequence[Any]:
        return []

    async def open_tasks(self, host_id: str) -> Sequence[Any]:
        return []

    async def report(self, host_id: str, reports: Sequence[Any]) -> None:
        self.reports += reports


class FakeSessions(MemorySessionBackend):
    """A FAKE that has one session of a task nobody knows, or does not answer."""

    def __init__(self, name: str, *, broken: bool) -> None:
        super().__init__()
        self.name = name
        self.broken = broken
        self.asked = 0

    def check(self) -> str | None:
        return None

    async def sessions(self) -> Sequence[SessionState]:
        self.asked += 1
        if self.broken:
            raise KeyError("a bug")
        return [SessionState(f"task of {self.name}", None, True, None, "", 80, 24)]


def reconciling(
    *backends: SessionBackend, clock: Callable[[], float] = time.monotonic
) -> tuple[Reconciler, FakeControl]:
    plugins, control = Plugins(), FakeControl()
    for backend in backends:
        plugins.sessions.add(backend.name, backend)

    async def adopt(_: Any) -> None:
        raise AssertionError("there is nothing to adopt")

    return Reconciler(cast(Any, control), plugins, "host", adopt, clock), control


async def test_a_backend_that_is_broken_does_not_hide_the_others() -> None:
    comparing, control = reconciling(FakeSessions("a", broken=True), FakeSessions("b", broken=False))
    await comparing.compare()
    await comparing.compare()
    assert [one.task_id for one in control.reports] == ["task of b"], "told, and once"


async def test_what_fails_is_asked_less_often() -> None:
    now = 0.0
    broken = FakeSessions("a", broken=True)
    comparing, control = reconciling(broken, clock=lambda: now)
    for _ in range(100):
        await comparing.compare()
        now += reconciler.COMPARE_SECONDS
    assert 5 < broken.asked < 15
    broken.broken = False
    now += reconciler.MAX_BACKOFF_SECONDS
    await comparing.compare()
    now += reconciler.COMPARE_SECONDS
    await comparing.compare()
    assert len(control.reports) == 1
