"""Real tmux servers, in folders of their own. They are ended by the tasks they were started for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from chorus_tmux import TmuxBackend

from tests.support.tmux import Ground


@pytest.fixture
async def ground(home: Path, tmp_path: Path) -> AsyncIterator[Ground]:
    runs = tmp_path / "runs"
    runs.mkdir()
    ground = Ground(home, runs)
    yield ground
    backend = ground.backend()
    for task_id in ground.tasks:
        await backend.stop(task_id)


@pytest.fixture
async def backend(ground: Ground) -> AsyncIterator[TmuxBackend]:
    backend = ground.backend()
    yield backend
    await backend.close()
