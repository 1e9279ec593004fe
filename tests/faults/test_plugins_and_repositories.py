"""Programs that hang or fail and plugins that misbehave: that task is told, everything else goes on."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path
from typing import Any

import pytest

from chorus.host.vcs.naming import branch_name
from tests.support.faults import Scene, at_rest, begin, ended, scene
from tests.support.live import ApiError, git, repository

pytestmark = pytest.mark.timeout(240)


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
    async with scene(home, CHORUS_LIMITS_AGENTS="0") as found:
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


async def told(found: Scene, task: str, kind: str) -> list[tuple[str, str]]:
    """The code and the reason in the task's events of a kind."""
    events = [one["data"] for one in await found.api.events(task=task) if one["kind"] == kind]
    return [(data.get("code"), data.get("reason")) for data in events]


async def test_a_branch_of_the_same_name_is_there_already(shared: Scene, project: str) -> None:
    """It is somebody's: it is named, and not touched."""
    task = await shared.api.create("Taken", projectId=project, agent="listener", description="hello")
    name = branch_name("Taken", task)
    git(shared.repo, "branch", name)
    before = git(shared.repo, "rev-parse", name)
    await shared.api.start(task)
    run = await ended(shared.api, task)
    assert run["end"] == "ERRORED"
    assert f"There is a branch '{name}'" in run["endDetail"]
    assert "Rename that branch" in run["endDetail"]
    assert (await told(shared, task, "run.ended"))[-1] == ("CONFLICT", "branch_taken")
    assert git(shared.repo, "rev-parse", name) == before
    git(shared.repo, "branch", "--move", name, "somebody/work")
    await shared.api.act("restartAgent", task, prompt="again")
    await shared.api.until(task, lambda one: one["agentStatus"] == "IDLE")
    await shared.api.act("completeTask", task)


async def test_the_branch_is_checked_out_elsewhere(shared: Scene, project: str, tmp_path: Path) -> None:
    task = await begin(shared.api, project, "exit 0")
    await ended(shared.api, task)
    shown = await shared.api.task(task)
    git(shared.repo, "worktree", "remove", shown["worktree"])
    git(shared.repo, "worktree", "add", str(tmp_path / "other"), shown["branch"])
    await shared.api.act("restartAgent", task, prompt="again")
    run = await ended(shared.api, task, 2)
    assert f"'{shown['branch']}' is checked out elsewhere" in run["endDetail"]
    assert (await told(shared, task, "run.ended"))[-1] == ("CONFLICT", "checked_out_elsewhere")
    git(shared.repo, "worktree", "remove", str(tmp_path / "other"))
    await shared.api.act("restartAgent", task, prompt="once more")
    await shared.api.until(task, lambda one: one["agentStatus"] == "IDLE")
    await shared.api.act("completeTask", task)


async def test_a_merge_is_under_way_in_the_folder(shared: Scene, project: str) -> None:
    """The task can be completed; what is not finished stays where it is, and it is said."""
    task = await begin(shared.api, project, "write one.txt")
    done = await shared.api.until(task, lambda one: one["commits"] and one["agentStatus"] == "IDLE")
    await shared.settled()
    folder = Path(done["worktree"])
    git(folder, "checkout", "--quiet", "-b", "aside", "main")
    (folder / "one.txt").write_text("another\n")
    git(folder, "add", "one.txt")
    git(folder, "commit", "--quiet", "--message", "Another")
    git(folder, "checkout", "--quiet", done["branch"])
    merging = ["git", "-c", "user.name=T", "-c", "user.email=t@localhost", "merge", "--quiet", "aside"]
    assert subprocess.run(merging, cwd=folder, capture_output=True, check=False).returncode == 1
    await shared.api.act("completeTask", task)
    kept = await shared.api.until(task, lambda one: one["error"])
    assert str(folder) in kept["error"]
    assert (folder / "one.txt").read_text().startswith("<<<<<<<")
    assert kept["worktree"] == str(folder)
    assert await told(shared, task, "vcs.closed") == [("CONFLICT", "unfinished")]


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


#: A VCS backend that does as a file says: raises, hangs, or answers with something else.
MOODY = """
import asyncio
import subprocess
import time
from pathlib import Path
from chorus.backends import Repository, VcsBackend, Workspace
from chorus.hookspecs import hookimpl


class Moody(VcsBackend):
    name = "moody"

    def __init__(self, mood):
        self.mood = mood

    def check(self):
        return None

    async def inspect(self, path):
        return Repository(path, "main")

    async def suits(self, path):
        return False

    async def open(self, spec):
        return Workspace(spec.repository, spec.name, spec.repository, "0" * 40)

    async def commit(self, workspace, request):
        return None

    async def close(self, workspace, *, delete_branch=False):
        return None

    async def diff(self, workspace):
        mood = self.mood.read_text()
        if mood == "raises":
            raise KeyError("a bug of the plugin")
        if mood == "blocks":
            time.sleep(1.1)
        if mood == "hangs":
            await asyncio.sleep(3600)
        return 42 if mood == "mistyped" else "well"


@hookimpl
def chorus_vcs_backends(config):
    return [Moody(Path(config.options["mood"]))]
"""


def moody(home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Installs the plugin; the configuration that goes with it."""
    folder = home / "plugins"
    folder.mkdir()
    plugin(folder, "moody", "pass")
    (folder / "evil_moody.py").write_text(MOODY)
    monkeypatch.setenv("PYTHONPATH", str(folder), prepend=":")
    (home / "mood").write_text("well")
    return f'[plugins.evil_moody]\nmood = "{home / "mood"}"\n'


async def diff(found: Scene, task: str) -> str:
    """The diff, or the code of the error instead."""
    try:
        return str((await found.api.task(task, "diff"))["diff"])
    except ApiError as error:
        return str(error.code)


async def shown(found: Scene) -> dict[str, Any]:
    data = await found.api.call("{ plugins { name enabled error } doctor { name state detail } }")
    [listed] = [one for one in data["plugins"] if one["name"] == "evil_moody"]
    [checked] = [one for one in data["doctor"] if one["name"] == "plugin evil_moody"]
    return {**listed, "state": checked["state"]}


@pytest.mark.parametrize(
    ("mood", "code"),
    [
        ("raises", "BACKEND_ERROR"),
        ("mistyped", "BACKEND_ERROR"),
        ("hangs", "UNAVAILABLE"),
        ("blocks", "well"),  # nothing can interrupt it, so its answer is there
    ],
)
async def test_a_plugin_that_breaks_while_it_is_used(
    home: Path, monkeypatch: pytest.MonkeyPatch, mood: str, code: str
) -> None:
    """The call fails and is told; after five in a row the backend is left alone, and nothing else is."""
    more = moody(home, monkeypatch)
    async with scene(home, more, CHORUS_LIMITS_PLUGIN_SECONDS="1") as found:
        project = await found.api.add_project(found.repo)
        other = await begin(found.api, project, "hello")
        elsewhere = await found.api.add_project(repository(home / "elsewhere"))
        task = await begin(found.api, elsewhere, "hello", vcsBackend="moody")
        await at_rest(found.api, task)
        await found.settled()  # the commit at the end of the turn works, which would end the trouble
        assert await diff(found, task) == "well"
        (home / "mood").write_text(mood)
        assert await diff(found, task) == code
        assert (await shown(found))["enabled"]
        (home / "mood").write_text("well")
        assert await diff(found, task) == "well"
        assert (await shown(found))["error"] is None, "a call that works ends the trouble"

        (home / "mood").write_text(mood)
        assert [await diff(found, task) for _ in range(5)] == [code] * 5
        (home / "mood").write_text("well")
        assert await diff(found, task) == "UNAVAILABLE", "it is left alone"
        trouble = await shown(found)
        assert (trouble["enabled"], trouble["state"]) == (False, "FAILED")
        await found.api.send(other, "still here")
        await found.api.until(other, lambda one: one["activity"] == "did still here")
        assert await diff(found, other) is not None
        told = [one["data"] for one in await found.api.events() if one["kind"].startswith("plugin.")]
        assert [(one.get("off", False), "reason" not in one) for one in told] == [
            (False, False), (False, True), (False, False), (True, False),
        ]  # fmt: skip
        assert {one["plugin"] for one in told} == {"evil_moody"}
