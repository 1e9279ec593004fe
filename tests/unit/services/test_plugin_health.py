"""Plugins that break while the server runs: in the list of plugins at once, in the event log soon."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from chorus.host.backends.circuit_breaker import CircuitChange
from chorus.plugins import PluginInfo
from chorus.services.plugin_health import WAITING, PluginHealth
from tests.support.services import Core, services

BROKEN = CircuitChange("session backend memory", "It hung.", 5, off=True)
WELL = CircuitChange("session backend memory", None, 0)


@pytest.fixture
async def core(tmp_path: Path) -> AsyncIterator[Core]:
    async with services(tmp_path) as core:
        info = PluginInfo("tmux", "1", ("session backend memory",), enabled=True, error=None)
        core.plugins.infos.append(info)
        yield core


async def test_troubles_are_in_the_list_at_once_and_in_the_log_soon(core: Core) -> None:
    health = PluginHealth(core.database, core.plugins)
    health.tell(BROKEN)
    (info,) = core.plugins.infos
    assert (info.enabled, info.error) == (False, "It hung.")
    health.tell(WELL)
    (info,) = core.plugins.infos
    assert (info.enabled, info.error) == (True, None)
    follower = core.services.events.follow()
    running = asyncio.create_task(health.run())
    failed, recovered = [await anext(follower) for _ in range(2)]
    assert (failed.kind, recovered.kind) == ("plugin.failed", "plugin.recovered")
    assert (failed.data["plugin"], failed.data["reason"], failed.data["failures"]) == ("tmux", "It hung.", 5)
    await follower.aclose()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_a_plugin_that_fails_all_the_time_fills_no_memory(core: Core) -> None:
    health = PluginHealth(core.database, core.plugins)
    for _ in range(2 * WAITING):
        health.tell(BROKEN)
    assert health._queue.qsize() == WAITING
