"""The contract of VCS backends, where all tasks share one folder.

What differs there is how a change is known to be a task's: agents report their edits and when their tools
run. So opening a workspace here starts a tool of its agent, and what is written belongs to that task while
no other one's tool runs.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from chorus_gitbutler import GitButlerBackend

from chorus.backends import Workspace
from chorus.testing.vcs import Ground, VcsBackendContract
from tests.support.gitbutler import GENERATIONS, Scene


class SharedGround(Ground):
    async def open(self, task: str, base: str | None = None) -> Workspace:
        workspace = await super().open(task, base)
        assert isinstance(self.backend, GitButlerBackend)
        assert await self.backend.tool_started(workspace, "use", None)
        return workspace


@pytest.mark.parametrize("generation", GENERATIONS)
class TestGitButler(VcsBackendContract):
    @pytest.fixture
    def ground(self, generation: str, make_ready: Callable[[str], Scene]) -> Ground:
        scene = make_ready(generation)
        return SharedGround(scene.backend(), str(scene.top))
