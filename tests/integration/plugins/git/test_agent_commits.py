"""Commits on the task's branch, whatever the agent does with git there."""

from __future__ import annotations

import pytest

from chorus.backends import Workspace
from chorus.errors import Conflict
from chorus.model import FileEdit
from chorus.testing.vcs import Ground
from tests.support.git_scene import Scene


async def test_the_agents_own_commits_are_the_tasks(
    scene: Scene, ground: Ground, workspace: Workspace
) -> None:
    ground.write(workspace, "notes.txt", "by hand\n")
    scene.git("commit", "-qam", "By the agent", at=workspace.path)
    assert await ground.commit(workspace, FileEdit("notes.txt")) is None
    assert await ground.commit(workspace, ground.write(workspace, "notes.txt", "again\n")) is not None
    assert [commit.message for commit in await ground.backend.commits(workspace)] == [
        "By the agent",
        "Edit files",
    ]
    assert scene.git("status", "--porcelain", at=workspace.path) == ""


async def test_what_the_agent_staged_stays_staged(scene: Scene, ground: Ground, workspace: Workspace) -> None:
    ground.write(workspace, "staged.txt", "staged\n")
    scene.git("add", "staged.txt", at=workspace.path)
    commit = await ground.commit(workspace, ground.write(workspace, "notes.txt", "changed\n"))
    assert commit is not None
    assert commit.files == ("notes.txt",)
    assert scene.git("status", "--porcelain", at=workspace.path) == "A  staged.txt"


async def test_a_merge_brings_what_it_brought(scene: Scene, ground: Ground, workspace: Workspace) -> None:
    await ground.commit(workspace, ground.write(workspace, "mine.txt", "x\n"))
    for number in range(2):
        (scene.top / "theirs.txt").write_text(f"{number}\n")
        scene.git("add", ".")
        scene.git("commit", "-qm", f"Meanwhile {number}")
    scene.git("merge", "-q", "-m", "Merge main", "main", at=workspace.path)
    assert await ground.files(workspace) == [("mine.txt",), ("theirs.txt",)]


async def test_the_agent_rebases(scene: Scene, ground: Ground, workspace: Workspace) -> None:
    await ground.commit(workspace, ground.write(workspace, "mine.txt", "x\n"))
    scene.git("commit", "--allow-empty", "-qm", "Meanwhile")
    scene.git("rebase", "-q", "main", at=workspace.path)
    commit = await ground.commit(workspace, ground.write(workspace, "mine.txt", "y\n"))
    assert commit is not None
    assert scene.git("merge-base", "main", "chorus/task-1") == scene.git("rev-parse", "main")
    assert (await ground.backend.commits(workspace))[-1] == commit


async def test_an_index_that_is_split_in_two(scene: Scene, ground: Ground, workspace: Workspace) -> None:
    scene.git("config", "core.splitIndex", "true")
    ground.write(workspace, "staged.txt", "x\n")
    scene.git("update-index", "--split-index", "--add", "staged.txt", at=workspace.path)
    assert list(scene.record(workspace).glob("sharedindex.*"))
    assert await ground.commit(workspace, ground.write(workspace, "notes.txt", "changed\n")) is not None
    assert scene.git("status", "--porcelain", at=workspace.path) == "A  staged.txt"
    scene.git("commit", "-qm", "By the agent", at=workspace.path)
    assert await ground.commit(workspace, ground.write(workspace, "notes.txt", "again\n")) is not None
    assert scene.git("status", "--porcelain", at=workspace.path) == ""


async def test_on_another_branch_nothing_is_committed(
    scene: Scene, ground: Ground, workspace: Workspace
) -> None:
    before = scene.branches()
    for switch in (("-c", "experiment"), ("--detach", "HEAD")):
        scene.git("switch", "-q", *switch, at=workspace.path)
        with pytest.raises(Conflict, match="git switch chorus/task-1"):
            await ground.commit(workspace, ground.write(workspace, "notes.txt", "changed\n"))
    scene.git("branch", "-D", "experiment")
    assert scene.branches() == before
    assert await ground.backend.changed(workspace) == ["notes.txt"]


async def test_in_the_middle_of_a_merge_nothing_is_committed(
    scene: Scene, ground: Ground, workspace: Workspace
) -> None:
    await ground.commit(workspace, ground.write(workspace, "notes.txt", "mine\n"))
    (scene.top / "notes.txt").write_text("theirs\n")
    scene.git("commit", "-qam", "Theirs")
    scene.git("merge", "main", at=workspace.path, check=False)
    with pytest.raises(Conflict, match="a merge is under way"):
        await ground.commit(workspace)
    with pytest.raises(Conflict, match="a merge is under way"):
        await ground.backend.close(workspace)
    scene.git("merge", "--abort", at=workspace.path)
    assert await ground.commit(workspace) is None


async def test_conflicts_of_a_stash(scene: Scene, ground: Ground, workspace: Workspace) -> None:
    ground.write(workspace, "notes.txt", "stashed\n")
    scene.git("stash", "-q", at=workspace.path)
    await ground.commit(workspace, ground.write(workspace, "notes.txt", "committed\n"))
    scene.git("stash", "pop", "-q", at=workspace.path, check=False)
    with pytest.raises(Conflict, match="conflicts that are not resolved"):
        await ground.commit(workspace)


async def test_the_agent_commits_at_the_same_moment(
    scene: Scene, ground: Ground, workspace: Workspace
) -> None:
    """Just before the branch is moved, somebody else moves it: the edit is committed on top."""
    once = scene.top.parent / "once"
    program = scene.program(
        f'case "$*" in *"update-ref"*"chorus: commit"*) if [ ! -e "{once}" ]; then touch "{once}";',
        f'env -u GIT_DIR "$REAL" -C "{workspace.path}" commit -q --allow-empty -m Agent; fi;; esac',
    )
    commit = await scene.ground(command=program).commit(
        workspace, ground.write(workspace, "notes.txt", "x\n")
    )
    assert once.exists()
    messages = [each.message for each in await ground.backend.commits(workspace)]
    # The agent's commit takes what was staged for the one of Chorus: the edit is on the branch, once.
    assert messages == ["Agent"]
    assert commit is None
    assert await ground.files(workspace) == [("notes.txt",)]
    assert scene.git("status", "--porcelain", at=workspace.path) == ""
