"""Programs that hang or fail and plugins that misbehave: that task is told, everything else goes on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.faults.scene import Scene, begin, ended, scene
from tests.live import ApiError, git, repository

pytestmark = pytest.mark.timeout(120)


def wrapper(home: Path, body: str) -> str:
    """A git that misbehaves while a file says so; the configuration that uses it."""
    program = home / "git"
    program.write_text(
        f'#!/bin/sh\nif [ -e {home}/trouble ] && case "$*" in *worktree*) true;; *) false;; esac\nthen\n'
        f'{body}\nfi\nexec /usr/bin/git "$@"\n'
    )
    program.chmod(0o755)
    return f'[plugins.git]\ncommand = "{program}"\ntimeout = 1\ncheckout_timeout = 1\nlock_timeout = 1\n'


@pytest.mark.parametrize(
    ("body", "words"), [("sleep 60", "did not|time"), ("echo no luck >&2; exit 128", "no luck")]
)
async def test_git_hangs_or_fails(home: Path, body: str, words: str) -> None:
    async with scene(home, wrapper(home, body)) as found:
        project = await found.api.add_project(found.repo)
        (home / "trouble").touch()
        task = await found.api.create("Trouble", projectId=project, agent="listener")
        await found.api.start(task)
        run = await ended(found.api, task)
        assert run["end"] == "ERRORED"
        assert any(word in run["endDetail"] for word in words.split("|")), run["endDetail"]
        (home / "trouble").unlink()
        await found.api.act("restartAgent", task, prompt="hello")
        await found.api.until(task, lambda one: one["agentStatus"] == "IDLE")
        assert len(found.noted(task, "start")) == 1
        await found.check()


async def test_fifty_starts_at_once_on_one_repository(home: Path) -> None:
    async with scene(home) as found:
        project = await found.api.add_project(found.repo)
        tasks = [
            await found.api.create(f"Start {number}", projectId=project, agent="sleeper")
            for number in range(50)
        ]
        await asyncio.gather(*(found.api.start(task) for task in tasks for _ in range(2)))
        for task in tasks:
            await found.api.until(task, lambda one: one["messages"][0]["state"] == "DELIVERED", 90)
        assert len(found.branches()) == 50
        assert len(found.worktrees()) == 51
        await found.check()


async def test_completed_while_it_starts(shared: Scene, project: str) -> None:
    """The last word counts, and nothing is left over."""
    tasks = [await shared.api.create(f"Quick {n}", projectId=project, agent="listener") for n in range(5)]
    before = len(shared.sessions())
    for task in tasks:
        await shared.api.start(task)
        await shared.api.act("failTask", task, reason="changed my mind", deleteBranch=True)
    await shared.settled()
    for task in tasks:
        shown = await shared.api.task(task)
        assert (shown["status"], shown["worktree"], shown["branch"]) == ("FAILED", None, None)
    assert len(shared.sessions()) == before


async def test_a_repository_that_goes_away(shared: Scene, tmp_path: Path) -> None:
    repo = repository(tmp_path / "going")
    project = await shared.api.add_project(repo)
    repo.rename(tmp_path / "gone")
    try:
        task = await shared.api.create("Where", projectId=project, agent="listener", vcsBackend="git")
        await shared.api.start(task)
        why = (await ended(shared.api, task))["endDetail"]
    except ApiError as refused:
        why = str(refused)
    assert str(repo) in why


async def test_a_detached_head(shared: Scene, tmp_path: Path) -> None:
    repo = repository(tmp_path / "detached")
    git(repo, "checkout", "--quiet", "--detach")
    project = await shared.api.add_project(repo)
    task = await begin(shared.api, project, "hello")
    assert (await shared.api.task(task))["branch"]
    await shared.api.act("completeTask", task)


PLUGINS = {
    "raises": "raise RuntimeError('evil')",
    "hangs": "import time; time.sleep(3600)",
    "mistyped": "return [object()]",
}


def plugin(folder: Path, name: str, body: str) -> None:
    """An installed distribution with one entry point of the group `chorus`."""
    (folder / f"evil_{name}.py").write_text(
        "from chorus.hookspecs import hookimpl\n"
        f"@hookimpl\ndef chorus_session_backends(config):\n    {body}\n"
    )
    info = folder / f"evil_{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: evil_{name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[chorus]\nevil_{name} = evil_{name}\n")


async def test_plugins_that_misbehave(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = home / "plugins"
    folder.mkdir()
    for name, body in PLUGINS.items():
        plugin(folder, name, body)
    plugin(folder, "import", "pass")
    (folder / "evil_import.py").write_text("import a_module_that_is_not_there\n")
    monkeypatch.setenv("PYTHONPATH", str(folder), prepend=":")
    async with scene(home) as found:
        data = await found.api.call("{ plugins { name enabled error } }")
        shown = {one["name"]: one for one in data["plugins"]}
        for name in (*PLUGINS, "import"):
            assert shown[f"evil_{name}"]["enabled"] is False
            assert shown[f"evil_{name}"]["error"]
        assert "a_module_that_is_not_there" in shown["evil_import"]["error"]
        assert shown["tmux"]["enabled"]
        assert "evil_raises" in found.server.cli("doctor").stdout
        project = await found.api.add_project(found.repo)
        await begin(found.api, project, "hello")
