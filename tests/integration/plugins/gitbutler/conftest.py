"""A repository set up for GitButler: with the fake `but` in three generations, and the real one if asked for.

`CHORUS_TEST_BUT=/path/to/but` adds the real program: the same tests then run against it too. Nothing is
ever downloaded.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.gitbutler import GENERATIONS, Scene

_SETTINGS = {
    "onboardingComplete": True,
    "telemetry": {"appMetricsEnabled": False, "appErrorReportingEnabled": False},
    "fetch": {"autoFetchIntervalMinutes": -1},
    "appUpdatesCheckIntervalSec": 0,
}


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No configuration of the person who runs the tests reaches git or `but`."""
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    # The fake runs with this Python, and not by way of whatever manages versions of it.
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "home" / ".gitconfig").write_text("[user]\nname = Ada\nemail = ada@example.org\n")


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository that is copied for every test."""
    folder = tmp_path_factory.mktemp("template")
    scene = Scene(folder / "repository", folder, "none")
    scene.top.mkdir()
    scene.git("init", "-q", "-b", "main", "--template=")
    scene.write("notes.txt", "".join(f"line {number}\n" for number in range(1, 41)))
    scene.git("add", ".")
    scene.git("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "commit", "-qm", "Begin")
    return scene.top


@pytest.fixture
def make_scene(tmp_path: Path, template: Path) -> Callable[[str], Scene]:
    def make(generation: str) -> Scene:
        scene = Scene(tmp_path / "repository", tmp_path, generation)
        shutil.copytree(template, scene.top)
        settings = tmp_path / "app" / "gitbutler" / "settings.json"
        settings.parent.mkdir(parents=True)
        settings.write_text(json.dumps(_SETTINGS))
        return scene

    return make


@pytest.fixture(params=GENERATIONS)
def plain(request: pytest.FixtureRequest, make_scene: Callable[[str], Scene]) -> Scene:
    """A repository that is not set up."""
    return make_scene(request.param)


@pytest.fixture(scope="session")
def prepared(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Repositories set up for GitButler, one per generation of the fake, to be copied."""
    found: dict[str, Path] = {}

    def prepare(generation: str) -> Path:
        if generation not in found:
            folder = tmp_path_factory.mktemp("prepared")
            scene = Scene(folder / "repository", folder, generation)
            shutil.copytree(template, scene.top)
            scene.run_but("setup")
            found[generation] = scene.top
        return found[generation]

    return prepare


@pytest.fixture
def make_ready(make_scene: Callable[[str], Scene], prepared: Callable[[str], Path]) -> Callable[[str], Scene]:
    """A repository that is set up."""

    def make(generation: str) -> Scene:
        scene = make_scene(generation)
        if generation == "real":  # it registers the repository by its path
            scene.run_but("setup")
        else:
            shutil.rmtree(scene.top)
            shutil.copytree(prepared(generation), scene.top)
            scene.git("remote", "set-url", "gb-local", str(scene.top))
        return scene

    return make


@pytest.fixture(params=GENERATIONS)
def scene(request: pytest.FixtureRequest, make_ready: Callable[[str], Scene]) -> Scene:
    """A repository that is set up."""
    return make_ready(request.param)


@pytest.fixture
def oldest(make_ready: Callable[[str], Scene]) -> Scene:
    """A repository set up with the oldest generation of the fake, which has no lock of its own."""
    return make_ready("0.19")


@pytest.fixture
def newest(make_ready: Callable[[str], Scene]) -> Scene:
    """A repository set up with the newest generation of the fake, for what does not depend on it."""
    return make_ready("0.22")
