"""Commits that are cut short, made at once, or kept waiting by a lock."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress

import pytest

from chorus.backends import CommitRequest, Workspace
from chorus.errors import BackendError, Busy
from chorus.testing.vcs import Ground
from tests.support.git_scene import Scene


@pytest.mark.parametrize("when", ["before", "after"])
async def test_killed_at_any_step_of_committing(scene: Scene, when: str) -> None:
    ground = scene.ground()
    workspace = await ground.open("task-1")
    calls = 1
    for call in range(1, 40):
        program = scene.killed_at(call, when)
        edit = ground.write(workspace, "notes.txt", f"edit {call}\n")
        request = CommitRequest(f"Edit {call}", f"key-{call}", [edit])
        with suppress(BackendError):
            await scene.backend(command=program).commit(workspace, request)
        calls = scene.calls()
        again = await scene.backend().commit(workspace, request)
        assert again is not None
        assert again.message == f"Edit {call}"
        assert len(await ground.backend.commits(workspace)) == call
        assert await ground.backend.changed(workspace) == []
        assert scene.git("status", "--porcelain", at=workspace.path) == ""
        if calls < call:
            break
    assert 10 < calls < call


async def test_many_commits_at_once(scene: Scene, ground: Ground) -> None:
    workspaces = [await ground.open(f"task-{number}") for number in range(4)]
    requests = [
        ground.commit(each, ground.write(each, f"{number}.txt", each.branch))
        for each in workspaces
        for number in range(5)
    ]
    assert None not in await asyncio.gather(*requests)
    for workspace in workspaces:
        assert sorted(await ground.files(workspace)) == [(f"{number}.txt",) for number in range(5)]
        assert scene.git("status", "--porcelain", at=workspace.path) == ""


async def test_the_lock_of_the_users_index_does_not_matter(scene: Scene, ground: Ground) -> None:
    (scene.top / ".git" / "index.lock").touch()
    workspace = await ground.open("task-1")
    assert await ground.commit(workspace, ground.write(workspace, "notes.txt", "changed\n")) is not None


@pytest.mark.parametrize("lock", ["index.lock", "refs/heads/chorus/task-1.lock"])
async def test_a_lock_that_stays_is_named_and_left(scene: Scene, lock: str) -> None:
    ground = scene.ground(lock_timeout=0.2)
    workspace = await ground.open("task-1")
    folder = scene.record(workspace) if lock == "index.lock" else scene.top / ".git"
    (folder / lock).touch()
    before = scene.branches()
    edit = ground.write(workspace, "notes.txt", "changed\n")
    with pytest.raises(Busy, match=lock) as caught:
        await ground.commit(workspace, edit)
    assert caught.value.details["lock"] == str(folder / lock)
    assert (folder / lock).exists()
    assert scene.branches() == before
    (folder / lock).unlink()
    assert await ground.commit(workspace, edit) is not None


async def test_a_lock_is_waited_for(scene: Scene, ground: Ground, workspace: Workspace) -> None:
    lock = scene.record(workspace) / "index.lock"
    lock.touch()
    tries = scene.top.parent / "tries"
    os.mkfifo(tries)
    program = scene.program(f'case "$*" in *"--index-info"*) [ ! -p "{tries}" ] || echo > "{tries}";; esac')
    edit = ground.write(workspace, "notes.txt", "changed\n")
    commit = asyncio.create_task(scene.ground(command=program).commit(workspace, edit))
    for _ in range(2):  # before it is tried again, it has failed once
        await asyncio.to_thread(tries.read_bytes)
    assert not commit.done()
    tries.unlink()
    lock.unlink()
    assert await commit is not None


async def test_what_is_remembered_may_be_damaged(scene: Scene, ground: Ground, workspace: Workspace) -> None:
    [remembered] = scene.state.glob("worktrees/*/.control/indexes/task-1/*")
    remembered.write_bytes(b"")
    edit = ground.write(workspace, "notes.txt", "changed\n")
    with suppress(BackendError):
        await ground.commit(workspace, edit, key="same")
    assert await ground.commit(workspace, edit, key="same") is not None
    assert await ground.backend.changed(workspace) == []
