"""Admission: starts beyond the limits wait for their turn."""

from __future__ import annotations

from pathlib import Path

from chorus.model import TaskStatus, Wait
from chorus.settings import LimitSettings
from tests.support.services import services


async def test_a_start_beyond_the_limit_waits_for_a_free_place(tmp_path: Path) -> None:
    async with services(tmp_path, limits=LimitSettings(agents=1)) as core:
        first, second = await core.running("first"), await core.started("second")
        assert (second.status, second.waits) == (TaskStatus.WAITING, Wait.START)
        assert second.waiting_for == "a free place: 1 of 1 agents are running"
        await core.ended(first.id)
        assert (await core.task(second.id)).status is TaskStatus.RUNNING
