"""Which files become part of a commit, whatever is in the worktree."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from chorus.backends import Workspace
from chorus.errors import BadInput, Conflict
from chorus.model import FileEdit
from chorus.testing.vcs import Ground
from tests.support.git_scene import Scene


@pytest.fixture
def path(workspace: Workspace) -> Path:
    return Path(workspace.path)


async def test_an_ignored_file(scene: Scene, ground: Ground, workspace: Workspace) -> None:
    ignore = ground.write(workspace, ".gitignore", "*.log\nbuild/\n")
    await ground.commit(workspace, ignore)
    edits = [ground.write(workspace, name, "x\n") for name in ("a.log", "build/out.txt")]
    assert await ground.commit(workspace, *edits) is None
    assert await ground.commit(workspace) is None
    assert await ground.backend.changed(workspace) == []


async def test_ignored_by_the_person_alone(scene: Scene, ground: Ground, workspace: Workspace) -> None:
    (scene.top / ".git" / "info" / "exclude").write_text("excluded.txt\n")
    (Path.home() / "ignored-everywhere").write_text("everywhere.txt\n")
    scene.git("config", "--global", "core.excludesFile", "~/ignored-everywhere")
    for name in ("excluded.txt", "everywhere.txt", "taken.txt"):
        ground.write(workspace, name, "x\n")
    assert await ground.backend.changed(workspace) == ["taken.txt"]


async def test_an_ignored_file_that_git_has(ground: Ground, workspace: Workspace) -> None:
    await ground.commit(workspace, ground.write(workspace, ".gitignore", "notes.txt\n"))
    commit = await ground.commit(workspace, ground.write(workspace, "notes.txt", "changed\n"))
    assert commit is not None


async def test_names_of_any_bytes(scene: Scene, ground: Ground, workspace: Workspace, path: Path) -> None:
    names = [b"line\nbreak", b"tab\there", b"caf\xe9", b"-rf", b":(top)x", b"*", b'"quoted"', b"back\\slash"]
    for name in names:
        (path / os.fsdecode(name)).write_text("x\n")
    shown = sorted(name.decode(errors="backslashreplace") for name in names)
    assert sorted(await ground.backend.changed(workspace)) == shown
    edits = [FileEdit(os.fsdecode(os.fsencode(path) + b"/" + name)) for name in names]
    commit = await ground.commit(workspace, *edits)
    assert commit is not None
    assert sorted(commit.files) == shown
    assert await ground.backend.commits(workspace) == [commit]
    assert scene.git("status", "--porcelain", at=path) == ""


async def test_a_name_with_a_star_means_itself(ground: Ground, workspace: Workspace) -> None:
    ground.write(workspace, "other.txt", "x\n")
    commit = await ground.commit(workspace, ground.write(workspace, "*", "x\n"))
    assert commit is not None
    assert commit.files == ("*",)


async def test_modes_and_links(scene: Scene, ground: Ground, workspace: Workspace, path: Path) -> None:
    (path / "run.sh").write_text("#!/bin/sh\n")
    (path / "run.sh").chmod(0o755)
    (path / "link").symlink_to("/etc/passwd")
    assert await ground.commit(workspace, FileEdit("run.sh"), FileEdit("link")) is not None
    tree = scene.git("ls-tree", "chorus/task-1").splitlines()
    assert {line.split()[0]: line.split("\t")[1] for line in tree} == {
        "100644": "notes.txt",
        "100755": "run.sh",
        "120000": "link",
    }


async def test_a_folder_takes_the_place_of_a_file_and_back(
    ground: Ground, workspace: Workspace, path: Path
) -> None:
    (path / "notes.txt").unlink()
    inside = ground.write(workspace, "notes.txt/inside", "x\n")
    commit = await ground.commit(workspace, inside)
    assert commit is not None
    assert sorted(commit.files) == ["notes.txt", "notes.txt/inside"]
    (path / "notes.txt" / "inside").unlink()
    (path / "notes.txt").rmdir()
    commit = await ground.commit(workspace, ground.write(workspace, "notes.txt", "file\n"))
    assert commit is not None
    assert sorted(commit.files) == ["notes.txt", "notes.txt/inside"]
    assert await ground.backend.changed(workspace) == []


async def test_an_empty_folder_takes_the_place_of_a_file(
    ground: Ground, workspace: Workspace, path: Path
) -> None:
    (path / "notes.txt").unlink()
    (path / "notes.txt").mkdir()
    commit = await ground.commit(workspace)
    assert commit is not None
    assert commit.files == ("notes.txt",)


@pytest.mark.parametrize("name", ["folder", "folder/"])
async def test_a_folder_is_refused(ground: Ground, workspace: Workspace, name: str) -> None:
    ground.write(workspace, "folder/file", "x\n")
    with pytest.raises(BadInput, match="is a folder"):
        await ground.commit(workspace, FileEdit(name))


async def test_a_link_to_the_workspace_is_the_workspace(
    ground: Ground, workspace: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "alias").symlink_to(workspace.path)
    ground.write(workspace, "notes.txt", "changed\n")
    assert await ground.commit(workspace, FileEdit(str(tmp_path / "alias" / "notes.txt"))) is not None


async def test_what_cannot_be_committed_stays_and_is_told(
    ground: Ground, workspace: Workspace, path: Path
) -> None:
    (path / "notes.txt").unlink()
    os.mkfifo(path / "notes.txt")
    assert await ground.commit(workspace) is None
    with pytest.raises(Conflict, match="neither a file nor a link"):
        await ground.commit(workspace, FileEdit("notes.txt"))
    assert await ground.backend.changed(workspace) == ["notes.txt"]
    assert "notes.txt (it is neither a file nor a link)" in await ground.backend.diff(workspace)


async def test_a_repository_inside_stays_and_is_told(
    scene: Scene, ground: Ground, workspace: Workspace, path: Path
) -> None:
    scene.git("clone", "-q", str(scene.top), str(path / "clone"))
    assert await ground.commit(workspace) is None
    assert await ground.backend.changed(workspace) == ["clone/"]
    with pytest.raises(Conflict, match="clone/"):
        await ground.backend.close(workspace)


async def test_files_of_a_submodule_are_its_own(
    scene: Scene, ground: Ground, workspace: Workspace, path: Path
) -> None:
    scene.git(
        "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(scene.top), "part", at=path
    )
    assert await ground.commit(workspace) is not None
    assert await ground.commit(workspace, ground.write(workspace, "part/notes.txt", "changed\n")) is None
    scene.git("commit", "-qam", "In the part", at=path / "part")
    commit = await ground.commit(workspace)
    assert commit is not None
    assert commit.files == ("part",)


async def test_a_file_that_is_too_large(scene: Scene) -> None:
    ground = scene.ground(max_file_mib=0.01)
    workspace = await ground.open("task-1")
    edit = ground.write(workspace, "model.bin", "x" * 20_000)
    with pytest.raises(Conflict, match="more than 0.01 MiB"):
        await ground.commit(workspace, edit)
    assert await ground.commit(workspace) is None
    assert await ground.backend.changed(workspace) == ["model.bin"]


async def test_line_ends_are_those_of_the_repository(scene: Scene, ground: Ground) -> None:
    (scene.top / ".gitattributes").write_text("*.txt text eol=crlf\n")
    scene.git("add", ".")
    scene.git("commit", "-qm", "Line ends")
    workspace = await ground.open("task-1")
    assert Path(workspace.path, "notes.txt").read_bytes() == b"one\r\ntwo\r\nthree\r\n"
    Path(workspace.path, "notes.txt").write_bytes(b"one\r\nchanged\r\n")
    assert await ground.commit(workspace) is not None
    assert scene.git("cat-file", "blob", "chorus/task-1:notes.txt") == "one\nchanged"
    assert scene.git("status", "--porcelain", at=workspace.path) == ""


async def test_a_change_within_the_same_instant(ground: Ground, workspace: Workspace, path: Path) -> None:
    """Same size and same times as what was committed: only the content tells."""
    for text in ("aaaa\n", "bbbb\n", "cccc\n", "dddd\n"):
        ground.write(workspace, "notes.txt", text)
        commit = await ground.commit(workspace)
        assert commit is not None
    status = (path / "notes.txt").stat()
    ground.write(workspace, "notes.txt", "eeee\n")
    os.utime(path / "notes.txt", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert await ground.backend.changed(workspace) == ["notes.txt"]
