"""Making branches and worktrees: once, whatever happens in between."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
from contextlib import suppress
from pathlib import Path

import pytest
from chorus_git.names import checked_branch

from chorus.backends import WorkspaceSpec
from chorus.errors import BackendError, BadInput, Conflict
from tests.support.git_scene import Scene


async def test_where_a_worktree_is(scene: Scene) -> None:
    workspace = await scene.ground().open("task-1")
    path = Path(workspace.path)
    assert path.is_relative_to(scene.state / "worktrees")
    assert path.name == "task-1"
    assert scene.worktrees() == [workspace.path]
    assert scene.git("rev-parse", "--abbrev-ref", "HEAD", at=path) == "chorus/task-1"
    assert scene.git("status", "--porcelain", at=path) == ""
    assert (scene.state / "worktrees").stat().st_mode & 0o777 == 0o700


async def test_in_a_folder_of_the_persons_choice(scene: Scene, tmp_path: Path) -> None:
    workspace = await scene.ground(worktrees=str(tmp_path / "elsewhere")).open("task-1")
    assert Path(workspace.path).is_relative_to(tmp_path / "elsewhere")


@pytest.mark.parametrize("inside", ["work", ".git/work"])
async def test_never_inside_the_checkout(scene: Scene, inside: str) -> None:
    with pytest.raises(BadInput, match="inside the repository"):
        await scene.ground(worktrees=str(scene.top / inside)).open("task-1")
    assert scene.worktrees() == []


@pytest.mark.parametrize("task", ["../../escape", "a/b", ".", "x" * 300, "\N{SNOWMAN}", "-x"])
async def test_an_id_that_is_no_folder_name(scene: Scene, task: str) -> None:
    workspace = await scene.backend().open(WorkspaceSpec(str(scene.top), task, "chorus/task-1"))
    assert Path(workspace.path).parents[1] == scene.state / "worktrees"


async def test_a_branch_of_somebody_else(scene: Scene) -> None:
    scene.git("branch", "chorus/task-1")
    before = scene.branches()
    with pytest.raises(Conflict, match="'chorus/task-1'"):
        await scene.ground().open("task-1")
    assert scene.branches() == before
    assert scene.worktrees() == []


async def test_a_branch_in_the_way_of_the_name(scene: Scene) -> None:
    scene.git("branch", "chorus")
    with pytest.raises(Conflict, match="in the way"):
        await scene.ground().open("task-1")
    assert scene.worktrees() == []


async def test_a_branch_that_is_checked_out_elsewhere(scene: Scene) -> None:
    ground = scene.ground()
    workspace = await ground.open("task-1")
    await ground.backend.close(workspace)
    scene.git("switch", "-q", "chorus/task-1")
    with pytest.raises(Conflict, match=str(scene.top)):
        await ground.open("task-1")
    scene.git("switch", "-q", "main")
    assert await ground.open("task-1") == workspace


async def test_the_base_stays_the_same_when_the_default_branch_moves(scene: Scene) -> None:
    ground = scene.ground()
    workspace = await ground.open("task-1")
    await ground.backend.close(workspace)
    scene.git("commit", "--allow-empty", "-qm", "Later")
    assert await scene.ground().open("task-1") == workspace


async def test_the_record_of_the_base_was_removed(scene: Scene) -> None:
    ground = scene.ground()
    workspace = await ground.open("task-1")
    await ground.commit(workspace, ground.write(workspace, "notes.txt", "changed\n"))
    scene.git("update-ref", "-d", "refs/chorus/tasks/task-1/chorus/task-1")
    assert await ground.open("task-1") == workspace


async def test_the_branch_was_deleted_by_a_person(scene: Scene) -> None:
    ground = scene.ground()
    workspace = await ground.open("task-1")
    await ground.backend.close(workspace)
    scene.git("branch", "-D", "chorus/task-1")
    assert await ground.open("task-1") == workspace


async def test_twenty_at_once(scene: Scene) -> None:
    ground = scene.ground()
    tasks = [f"task-{number}" for number in range(20)]
    workspaces = await asyncio.gather(*(ground.open(task) for task in tasks))
    assert sorted(scene.worktrees()) == sorted(workspace.path for workspace in workspaces)
    assert {Path(workspace.path, "notes.txt").read_text() for workspace in workspaces} == {
        "one\ntwo\nthree\n"
    }


async def test_two_servers_open_the_same_task(scene: Scene) -> None:
    """Two processes share no lock: one loses, says so, and finds the workspace when it tries again."""
    grounds = [scene.ground() for _ in range(2)]
    await asyncio.gather(*(ground.open("task-1") for ground in grounds), return_exceptions=True)
    workspaces = [await ground.open("task-1") for ground in grounds]
    assert workspaces[0] == workspaces[1]
    assert scene.git("status", "--porcelain", at=workspaces[0].path) == ""


# --- crashes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("when", ["before", "after"])
async def test_killed_at_any_step_of_opening(scene: Scene, when: str) -> None:
    calls = 1
    for call in range(1, 40):
        task = f"task-{call}"
        with suppress(BackendError):
            await scene.ground(command=scene.killed_at(call, when)).open(task)
        calls = scene.calls()
        ground = scene.ground()
        workspace = await ground.open(task)
        assert scene.worktrees().count(workspace.path) == 1
        assert scene.git("status", "--porcelain", at=workspace.path) == ""
        assert scene.git("rev-parse", "--abbrev-ref", "HEAD", at=workspace.path) == f"chorus/{task}"
        assert workspace.base == scene.git("rev-parse", "main")
        assert await ground.open(task) == workspace
        if calls < call:
            break
    assert 8 < calls < call


async def test_a_worktree_that_git_had_half_made(scene: Scene) -> None:
    ground = scene.ground()
    workspace = await ground.open("task-1")
    record = scene.record(workspace)
    control = Path(workspace.path).parent / ".control"
    (control / "unfinished-task-1").touch()
    (record / "locked").write_text("initializing\n")
    for name in ("HEAD", "index"):
        (record / name).unlink()
    Path(workspace.path, "notes.txt").write_text("on")  # cut off while it was written
    assert await scene.ground().open("task-1") == workspace
    assert scene.git("status", "--porcelain", at=workspace.path) == ""
    assert ground.read(workspace, "notes.txt") == "one\ntwo\nthree\n"
    assert not list(control.glob("unfinished-*"))


async def test_work_in_a_worktree_survives_opening_it_again(scene: Scene) -> None:
    ground = scene.ground()
    workspace = await ground.open("task-1")
    ground.write(workspace, "notes.txt", "edited\n")
    scene.git("add", ".", at=workspace.path)
    ground.write(workspace, "new.txt", "new\n")
    assert await scene.ground().open("task-1") == workspace
    assert scene.git("status", "--porcelain", at=workspace.path) == "M  notes.txt\n?? new.txt"


async def test_a_worktree_whose_git_file_was_deleted(scene: Scene) -> None:
    ground = scene.ground()
    workspace = await ground.open("task-1")
    ground.write(workspace, "new.txt", "new\n")
    Path(workspace.path, ".git").unlink()
    assert await ground.open("task-1") == workspace
    assert scene.git("status", "--porcelain", at=workspace.path) == "?? new.txt"


async def test_a_worktree_that_git_forgot(scene: Scene) -> None:
    ground = scene.ground()
    workspace = await ground.open("task-1")
    ground.write(workspace, "new.txt", "new\n")
    shutil.rmtree(scene.record(workspace))
    with pytest.raises(Conflict, match="Move that folder away"):
        await ground.open("task-1")
    Path(workspace.path).rename(scene.state / "kept")
    assert await ground.open("task-1") == workspace


async def test_commits_without_a_branch_survive_a_deleted_folder(scene: Scene) -> None:
    workspace = await scene.ground().open("task-1")
    scene.git("switch", "-q", "--detach", at=workspace.path)
    scene.git("commit", "--allow-empty", "-qm", "Found nowhere else", at=workspace.path)
    lost = scene.git("rev-parse", "HEAD", at=workspace.path)
    shutil.rmtree(workspace.path)
    assert await scene.ground().open("task-1") == workspace
    assert scene.branches()["refs/chorus/archive/chorus/task-1"] == lost


async def test_what_a_killed_server_left_is_tidied_up(scene: Scene) -> None:
    workspace = await scene.ground().open("task-1")
    folder = Path(workspace.path).parent
    left = [
        folder / ".trash-1" / "sub",
        folder / ".control" / "scratch-old",
        folder / ".control" / "scratch-new",
    ]
    for each in left:
        each.mkdir(parents=True)
    os.utime(left[1], (1, 1))  # the other one may be in use by another server
    assert await scene.ground().open("task-1") == workspace
    assert [each.exists() for each in left] == [False, False, True]


# --- names ----------------------------------------------------------------------------------------------

PIECES = (
    "a",
    "z9",
    ".",
    "..",
    "/",
    "//",
    "-",
    "_",
    "@",
    "@{",
    "~",
    "^",
    ":",
    "lock",
    ".lock",
    "head",
    " ",
    "\\",
    "*",
)


def test_a_name_that_is_accepted_is_one_that_git_accepts(scene: Scene) -> None:
    names = {"".join(parts) for length in (1, 2) for parts in itertools.product(PIECES, repeat=length)}
    accepted = [name for name in names if _accepted(name)]
    assert 20 < len(accepted) < len(names) / 2
    for name in accepted:
        assert scene.git("check-ref-format", "--branch", name) == name
    assert not [name for name in accepted if "@" in name or name.startswith(("-", ".", "/", "refs/"))]


def _accepted(name: str) -> bool:
    try:
        return checked_branch(name) == name
    except BadInput:
        return False


@pytest.mark.parametrize("name", ["refs/heads/x", "deadbeef", "0" * 40, "HEAD", "Upper/Case", "a" * 102])
def test_names_that_mean_something_else(name: str) -> None:
    assert not _accepted(name)
