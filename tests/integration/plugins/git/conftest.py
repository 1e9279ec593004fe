"""Real repositories for the tests of the git backend, and nothing of the person's own configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from chorus.backends import Workspace
from chorus.testing.vcs import Ground
from tests.support.git_scene import Scene


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what a test says is configured reaches git."""
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text("[user]\nname = Ada\nemail = ada@example.org\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for name in ("XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """A repository with one commit, and where the state of Chorus goes."""
    scene = Scene(tmp_path / "repository", tmp_path / "state")
    scene.top.mkdir()
    scene.git("init", "-q", "-b", "main")
    (scene.top / "notes.txt").write_text("one\ntwo\nthree\n")
    scene.git("add", ".")
    scene.git("commit", "-qm", "Begin")
    return scene


@pytest.fixture
def ground(scene: Scene) -> Ground:
    return scene.ground()


@pytest.fixture
async def workspace(ground: Ground) -> Workspace:
    return await ground.open("task-1")
