"""The contract of VCS backends, for real git and for the fake that other tests use."""

from __future__ import annotations

from pathlib import Path

import pytest

from chorus.testing.vcs import Ground, MemoryVcsBackend, WorktreeContract
from tests.support.git_scene import Scene


class TestGit(WorktreeContract):
    @pytest.fixture
    def ground(self, scene: Scene) -> Ground:
        return scene.ground()


class TestFake(WorktreeContract):
    @pytest.fixture
    def ground(self, tmp_path: Path) -> Ground:
        repository = tmp_path / "repository"
        repository.mkdir()
        (repository / "notes.txt").write_text("one\ntwo\nthree\n")
        return Ground(MemoryVcsBackend(tmp_path / "workspaces"), str(repository))
