"""Agents that are busy and say nothing for long are marked, and nothing else."""

from __future__ import annotations

import time
from pathlib import Path

from chorus.host.reports import ProbeResult
from chorus.model import AgentStatus, StatusReading
from chorus.services.clock import SteadyClock
from chorus.services.status.stall_detector import StallDetector
from tests.support.services import Core, services

MINUTES = 60.0


class Clocks:
    """A wall clock that somebody may set, and one that only goes on."""

    def __init__(self) -> None:
        self.wall = time.time()
        self.steady = 0.0

    def go_on(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds


def detector(core: Core, clocks: Clocks) -> StallDetector:
    return StallDetector(core.database, 10 * MINUTES, SteadyClock(lambda: clocks.wall, lambda: clocks.steady))


async def test_a_busy_agent_that_is_silent_is_marked_once_until_it_speaks(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        clocks = Clocks()
        stalls, task = detector(core, clocks), await core.running()
        await core.seen(task.id, AgentStatus.RUNNING, "make")
        clocks.go_on(9 * MINUTES)
        await stalls.look()
        assert (await core.task(task.id)).activity == "make"
        clocks.go_on(2 * MINUTES)
        await stalls.look()
        await stalls.look()
        shown = await core.task(task.id)
        assert shown.agent_status is AgentStatus.RUNNING
        assert shown.activity is not None
        assert shown.activity.startswith("No sign of life since ")
        assert shown.activity.endswith("UTC (make)")
        [event] = await core.events("agent.silent")
        assert event.data == {"runId": (await core.run(task.id)).id, "seconds": 600.0}
        await core.seen(task.id, AgentStatus.RUNNING, "make test")
        assert (await core.task(task.id)).activity == "make test"


async def test_who_rests_waits_or_has_ended_is_not_silent(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        clocks = Clocks()
        stalls = detector(core, clocks)
        idle, waits, over = [await core.running(title) for title in ("idle", "waits", "over")]
        await core.seen(waits.id, AgentStatus.WAITING)
        await core.seen(over.id, AgentStatus.RUNNING)
        await core.ended(over.id)
        clocks.go_on(60 * MINUTES)
        await stalls.look()
        assert idle.agent_status is AgentStatus.IDLE
        assert await core.events("agent.silent") == []


async def test_an_agent_whose_file_has_changed_is_not_silent(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        clocks = Clocks()
        stalls, task = detector(core, clocks), await core.running()
        await core.seen(task.id, AgentStatus.RUNNING, "make")
        clocks.go_on(11 * MINUTES)
        file = StatusReading(AgentStatus.THINKING, None, "state file", clocks.wall - MINUTES)
        await core.report(ProbeResult((await core.run(task.id)).id, file=file))
        await stalls.look()
        assert await core.events("agent.silent") == []


async def test_a_clock_that_is_set_makes_nobody_silent(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        clocks = Clocks()
        stalls, task = detector(core, clocks), await core.running()
        await core.seen(task.id, AgentStatus.RUNNING, "make")
        clocks.go_on(MINUTES)
        clocks.wall += 60 * MINUTES  # the machine slept, or somebody has set its clock
        await stalls.look()
        assert await core.events("agent.silent") == []
        clocks.go_on(11 * MINUTES)
        await stalls.look()
        assert len(await core.events("agent.silent")) == 1, "it counts from the jump on"
