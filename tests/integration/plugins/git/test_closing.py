"""Putting worktrees and branches away without losing anything."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pytest

from chorus.backends import Workspace
from chorus.errors import BackendError, BadInput, Conflict
from chorus.testing.vcs import Ground
from tests.support.git_scene import Scene

ARCHIVE = "refs/chorus/archive/chorus/task-1"


async def test_the_branch_is_kept(scene: Scene, ground: Ground, workspace: Workspace) -> None:
    commit = await ground.commit(workspace, ground.write(workspace, "notes.txt", "changed\n"))
    await ground.backend.close(workspace)
    assert commit is not None
    assert scene.branches()["refs/heads/chorus/task-1"] == commit.id
    assert scene.worktrees() == []
    assert not list((scene.top / ".git" / "worktrees").glob("*"))


async def test_a_deleted_branch_is_archived(scene: Scene, ground: Ground, workspace: Workspace) -> None:
    commit = await ground.commit(workspace, ground.write(workspace, "notes.txt", "changed\n"))
    await ground.backend.close(workspace, delete_branch=True)
    assert commit is not None
    assert {name: id for name, id in scene.branches().items() if name != "refs/heads/main"} == {
        ARCHIVE: commit.id
    }
    scene.git("branch", "back", ARCHIVE)
    assert scene.git("show", "back:notes.txt") == "changed"


async def test_a_second_branch_of_the_name_is_archived_too(scene: Scene, ground: Ground) -> None:
    commits = []
    for number in range(2):
        workspace = await ground.open("task-1")
        commit = await ground.commit(workspace, ground.write(workspace, "notes.txt", f"{number}\n"))
        assert commit is not None
        commits.append(commit.id)
        await ground.backend.close(workspace, delete_branch=True)
    assert scene.branches()[ARCHIVE] == commits[1]
    assert scene.branches()[f"{ARCHIVE}-{commits[0][:12]}"] == commits[0]


@pytest.mark.parametrize("how", ["nothing", "merged", "tagged"])
async def test_what_is_elsewhere_needs_no_archive(
    scene: Scene, ground: Ground, workspace: Workspace, how: str
) -> None:
    if how != "nothing":
        await ground.commit(workspace, ground.write(workspace, "notes.txt", "changed\n"))
        scene.git(*(("merge", "-q") if how == "merged" else ("tag", "done")), "chorus/task-1")
    await ground.backend.close(workspace, delete_branch=True)
    assert not [name for name in scene.branches() if "chorus" in name]


async def test_ignored_files_go_with_the_worktree(ground: Ground, workspace: Workspace) -> None:
    await ground.commit(workspace, ground.write(workspace, ".gitignore", "cache/\n"))
    ground.write(workspace, "cache/deep/file", "x\n")
    os.chmod(Path(workspace.path, "cache", "deep"), 0o500)  # as caches of Go modules are
    await ground.backend.close(workspace)
    parent = Path(workspace.path).parent
    assert [path.name for path in parent.iterdir()] == [".control"]


async def test_a_conflict_says_what_would_be_lost(scene: Scene, ground: Ground, workspace: Workspace) -> None:
    for number in range(8):
        ground.write(workspace, f"new-{number}.txt", "x\n")
    before = scene.branches()
    with pytest.raises(Conflict) as caught:
        await ground.backend.close(workspace, delete_branch=True)
    assert "new-0.txt" in caught.value.message
    assert "and 3 more" in caught.value.message
    assert workspace.path in caught.value.message
    assert scene.branches() == before


async def test_a_locked_worktree_stays(scene: Scene, ground: Ground, workspace: Workspace) -> None:
    scene.git("worktree", "lock", workspace.path)
    with pytest.raises(Conflict, match="git worktree unlock"):
        await ground.backend.close(workspace)
    assert scene.worktrees() == [workspace.path]


async def test_a_branch_that_a_person_is_on_is_not_deleted(
    scene: Scene, ground: Ground, workspace: Workspace
) -> None:
    await ground.backend.close(workspace)
    scene.git("switch", "-q", "chorus/task-1")
    with pytest.raises(Conflict, match=str(scene.top)):
        await ground.backend.close(workspace, delete_branch=True)
    assert scene.git("rev-parse", "--abbrev-ref", "HEAD") == "chorus/task-1"
    await ground.backend.close(workspace)


async def test_commits_without_a_branch_are_archived(
    scene: Scene, ground: Ground, workspace: Workspace
) -> None:
    scene.git("switch", "-q", "--detach", at=workspace.path)
    scene.git("commit", "--allow-empty", "-qm", "Found nowhere else", at=workspace.path)
    lost = scene.git("rev-parse", "HEAD", at=workspace.path)
    await ground.backend.close(workspace)
    assert scene.branches()[ARCHIVE] == lost


async def test_a_worktree_that_git_forgot_stays(scene: Scene, ground: Ground, workspace: Workspace) -> None:
    ground.write(workspace, "new.txt", "x\n")
    scene.record(workspace).rename(scene.state / "record")
    with pytest.raises(Conflict, match="no longer knows"):
        await ground.backend.close(workspace)
    assert ground.read(workspace, "new.txt") == "x\n"


async def test_a_branch_that_a_person_deleted(scene: Scene, ground: Ground, workspace: Workspace) -> None:
    await ground.backend.close(workspace)
    scene.git("branch", "-D", "chorus/task-1")
    await ground.backend.close(workspace, delete_branch=True)
    assert scene.branches().keys() == {"refs/heads/main"}


@pytest.mark.parametrize("field", ["path", "base", "branch"])
async def test_what_is_no_workspace_is_not_touched(
    scene: Scene, ground: Ground, workspace: Workspace, field: str, tmp_path: Path
) -> None:
    values = {"repository": workspace.repository, "path": workspace.path, "base": workspace.base}
    values |= {"branch": workspace.branch} | {
        field: {"path": str(tmp_path), "base": "--x", "branch": "--x"}[field]
    }
    with pytest.raises(BadInput):
        await ground.backend.close(Workspace(**values))
    assert tmp_path.exists()


@pytest.mark.parametrize("when", ["before", "after"])
async def test_killed_at_any_step_of_closing(scene: Scene, ground: Ground, when: str) -> None:
    calls = 1
    for call in range(1, 60):
        workspace = await ground.open(f"task-{call}")
        commit = await ground.commit(workspace, ground.write(workspace, "notes.txt", f"{call}\n"))
        with suppress(BackendError):
            await scene.backend(command=scene.killed_at(call, when)).close(workspace, delete_branch=True)
        calls = scene.calls()
        await scene.backend().close(workspace, delete_branch=True)
        assert commit is not None
        own = {name: id for name, id in scene.branches().items() if name.endswith(f"task-{call}")}
        assert own == {f"refs/chorus/archive/chorus/task-{call}": commit.id}
        assert scene.worktrees() == []
        assert not Path(workspace.path).exists()
        if calls < call:
            break
    assert 12 < calls < call


# --- submodules, whose repositories are in the worktree's own git folder ---------------------------------


@pytest.fixture
async def with_part(scene: Scene, ground: Ground, tmp_path: Path) -> Workspace:
    part = tmp_path / "part"
    scene.git("init", "-q", "-b", "main", str(part))
    (part / "file.txt").write_text("1\n")
    scene.git("add", ".", at=part)
    scene.git("commit", "-qm", "Part", at=part)
    scene.git("config", "--global", "protocol.file.allow", "always")
    scene.git("submodule", "--quiet", "add", str(part), "part")
    scene.git("commit", "-qm", "With a part")
    workspace = await ground.open("task-1")
    scene.git("submodule", "--quiet", "update", "--init", at=workspace.path)
    return workspace


async def test_a_submodule_without_changes(scene: Scene, ground: Ground, with_part: Workspace) -> None:
    await ground.backend.close(with_part)
    assert scene.worktrees() == []


async def test_a_submodule_with_changes(scene: Scene, ground: Ground, with_part: Workspace) -> None:
    ground.write(with_part, "part/file.txt", "changed\n")
    with pytest.raises(Conflict, match="submodules .* part"):
        await ground.backend.close(with_part)
    assert ground.read(with_part, "part/file.txt") == "changed\n"


async def test_a_submodule_with_commits_that_were_not_pushed(
    scene: Scene, ground: Ground, with_part: Workspace
) -> None:
    part = Path(with_part.path, "part")
    ground.write(with_part, "part/file.txt", "changed\n")
    scene.git("commit", "-qam", "In the part", at=part)
    assert await ground.commit(with_part) is not None
    with pytest.raises(Conflict, match="submodules .* part"):
        await ground.backend.close(with_part)
    scene.git("push", "-q", "origin", "HEAD:refs/heads/pushed", at=part)
    await ground.backend.close(with_part)
