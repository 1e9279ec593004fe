"""What a task changed, as one unified diff."""

from __future__ import annotations

from pathlib import Path

from chorus.backends import Workspace
from chorus.testing.vcs import Ground
from tests.support.git_scene import Scene


async def test_it_can_be_applied(scene: Scene, ground: Ground, workspace: Workspace, tmp_path: Path) -> None:
    await ground.commit(workspace, ground.write(workspace, "notes.txt", "one\nchanged\nthree\n"))
    ground.write(workspace, "deep/new file.txt", "new\n")
    (tmp_path / "patch").write_text(await ground.backend.diff(workspace))
    scene.git("apply", str(tmp_path / "patch"))
    assert (scene.top / "notes.txt").read_text() == "one\nchanged\nthree\n"
    assert (scene.top / "deep" / "new file.txt").read_text() == "new\n"


async def test_binary_files_are_named(ground: Ground, workspace: Workspace) -> None:
    Path(workspace.path, "picture.bin").write_bytes(bytes(range(256)) * 10)
    assert "Binary files /dev/null and b/picture.bin differ" in await ground.backend.diff(workspace)


async def test_text_that_is_not_utf8(ground: Ground, workspace: Workspace) -> None:
    Path(workspace.path, "latin.txt").write_bytes(b"caf\xe9\n")
    assert "+caf\N{REPLACEMENT CHARACTER}" in await ground.backend.diff(workspace)


async def test_renames_are_found(ground: Ground, workspace: Workspace) -> None:
    Path(workspace.path, "notes.txt").rename(Path(workspace.path, "renamed.txt"))
    diff = await ground.backend.diff(workspace)
    assert "rename from notes.txt\nrename to renamed.txt" in diff


async def test_a_large_diff_is_cut_and_says_so(ground: Ground, workspace: Workspace) -> None:
    ground.write(workspace, "large.txt", "a line of some length, many times over\n" * 150_000)
    ground.write(workspace, "huge.txt", "too large to be compared in memory\n" * 400_000)
    diff = await ground.backend.diff(workspace)
    assert len(diff) < 4_200_000
    assert "Binary files /dev/null and b/huge.txt differ" in diff
    last = diff.splitlines()[-1]
    assert last.startswith("... cut after 4 MiB: `git diff ")
    assert workspace.path in last


async def test_nothing_is_left_behind(scene: Scene, ground: Ground, workspace: Workspace) -> None:
    ground.write(workspace, "notes.txt", "changed\n")
    ground.write(workspace, "new.txt", "new\n")
    index = (scene.record(workspace) / "index").read_bytes()
    objects = sorted((scene.top / ".git" / "objects").rglob("*"))
    await ground.backend.diff(workspace)
    await ground.backend.changed(workspace)
    assert (scene.record(workspace) / "index").read_bytes() == index
    assert sorted((scene.top / ".git" / "objects").rglob("*")) == objects
    assert not list(scene.state.glob("worktrees/*/.control/scratch-*"))


async def test_the_persons_taste_in_diffs_does_not_matter(
    scene: Scene, ground: Ground, workspace: Workspace
) -> None:
    for name, value in {
        "diff.noprefix": "true",
        "diff.mnemonicPrefix": "true",
        "color.ui": "always",
        "diff.wordRegex": ".",
        "diff.orderFile": "/nonexistent",
        "core.quotePath": "true",
    }.items():
        scene.git("config", "--global", name, value)
    ground.write(workspace, "\N{SNOWMAN}.txt", "x\n")
    assert "diff --git a/\N{SNOWMAN}.txt b/\N{SNOWMAN}.txt\n" in await ground.backend.diff(workspace)


async def test_of_a_task_that_is_over(scene: Scene, ground: Ground, workspace: Workspace) -> None:
    await ground.commit(workspace, ground.write(workspace, "notes.txt", "changed\n"))
    whole = await ground.backend.diff(workspace)
    await ground.backend.close(workspace)
    assert await ground.backend.diff(workspace) == whole
    await ground.backend.close(workspace, delete_branch=True)
    assert await ground.backend.diff(workspace) == whole  # from the archive
    assert len(await ground.backend.commits(workspace)) == 1
