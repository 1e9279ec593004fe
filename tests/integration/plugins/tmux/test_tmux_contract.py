"""The contract of session backends, against the fake and against real tmux."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from chorus.backends import SessionBackend
from chorus.testing.sessions import MemorySessionBackend, SessionBackendContract
from tests.support.tmux import Ground


class TestMemorySessions(SessionBackendContract):
    @pytest.fixture
    async def backend(self) -> AsyncIterator[SessionBackend]:
        backend = MemorySessionBackend()
        yield backend
        for task_id in self.TASKS:
            await backend.stop(task_id)


class TestTmuxSessions(SessionBackendContract):
    @pytest.fixture
    async def backend(self, ground: Ground) -> AsyncIterator[SessionBackend]:
        ground.tasks.update(self.TASKS)
        backend = ground.backend()
        yield backend
        await backend.close()
