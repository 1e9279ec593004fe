"""Git LFS without git-lfs: pointers in the history, contents where git-lfs keeps them."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from chorus.backends import Workspace
from chorus.errors import Conflict
from chorus.testing.vcs import Ground
from tests.support.git_scene import Scene

CONTENT = "a large picture\n" * 100


def pointer(text: str) -> str:
    name = hashlib.sha256(text.encode()).hexdigest()
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{name}\nsize {len(text)}\n"


def stored(scene: Scene, text: str) -> Path:
    name = hashlib.sha256(text.encode()).hexdigest()
    return scene.top / ".git" / "lfs" / "objects" / name[:2] / name[2:4] / name


@pytest.fixture
def ground(scene: Scene) -> Ground:
    """A repository with a file that LFS manages, whose content is there as after `git lfs pull`."""
    (scene.top / ".gitattributes").write_text("*.bin filter=lfs diff=lfs merge=lfs -text\n")
    (scene.top / "picture.bin").write_text(pointer(CONTENT))
    scene.git("add", ".")
    scene.git("commit", "-qm", "A picture")
    stored(scene, CONTENT).parent.mkdir(parents=True)
    stored(scene, CONTENT).write_text(CONTENT)
    for name in ("clean", "smudge", "process"):  # as `git lfs install` does; here it would fail
        scene.git("config", "--global", f"filter.lfs.{name}", "git-lfs-is-not-installed")
    scene.git("config", "--global", "filter.lfs.required", "true")
    return scene.ground()


async def test_contents_that_are_there_are_put_in_place(ground: Ground, workspace: Workspace) -> None:
    assert ground.read(workspace, "picture.bin") == CONTENT
    assert await ground.backend.changed(workspace) == []
    assert await ground.backend.diff(workspace) == ""
    assert await ground.commit(workspace) is None
    await ground.backend.close(workspace)


async def test_the_agents_own_git_sees_no_change(scene: Scene, workspace: Workspace) -> None:
    """The filter stands in for git-lfs, which does the same with more."""
    program = scene.top.parent / "clean"
    program.write_text(
        "#!/bin/sh\nfile=$(mktemp)\ncat > $file\necho version https://git-lfs.github.com/spec/v1\n"
        "echo oid sha256:$(sha256sum < $file | cut -d' ' -f1)\necho size $(stat -c %s $file)\nrm $file\n"
    )
    program.chmod(0o755)
    scene.git("config", "--global", "--unset", "filter.lfs.process")
    scene.git("config", "--global", "filter.lfs.clean", str(program))
    assert scene.git("status", "--porcelain", at=workspace.path) == ""


async def test_contents_that_are_not_there_stay_pointers(scene: Scene, ground: Ground) -> None:
    shutil.rmtree(scene.top / ".git" / "lfs")
    workspace = await ground.open("task-1")
    assert ground.read(workspace, "picture.bin") == pointer(CONTENT)
    assert await ground.backend.changed(workspace) == []
    ground.write(workspace, "picture.bin", CONTENT)  # as `git lfs pull` does
    assert await ground.backend.changed(workspace) == []


async def test_a_new_content_is_committed_as_a_pointer(
    scene: Scene, ground: Ground, workspace: Workspace
) -> None:
    edit = ground.write(workspace, "picture.bin", "another\n" * 50)
    assert await ground.backend.changed(workspace) == ["picture.bin"]
    assert "+oid sha256:" in await ground.backend.diff(workspace)
    assert not stored(scene, "another\n" * 50).exists()  # looking stores nothing
    commit = await ground.commit(workspace, edit)
    assert commit is not None
    assert commit.files == ("picture.bin",)
    assert scene.git("cat-file", "blob", "chorus/task-1:picture.bin") + "\n" == pointer("another\n" * 50)
    assert stored(scene, "another\n" * 50).read_text() == "another\n" * 50
    assert await ground.backend.changed(workspace) == []


async def test_new_empty_and_executable_files(scene: Scene, ground: Ground, workspace: Workspace) -> None:
    ground.write(workspace, "empty.bin", "")
    ground.write(workspace, "tool.bin", "binary\n")
    Path(workspace.path, "tool.bin").chmod(0o755)
    assert await ground.commit(workspace) is not None
    assert scene.git("cat-file", "-s", "chorus/task-1:empty.bin") == "0"
    assert scene.git("ls-tree", "chorus/task-1", "tool.bin").startswith("100755")


async def test_a_deleted_file(ground: Ground, workspace: Workspace) -> None:
    commit = await ground.commit(workspace, ground.delete(workspace, "picture.bin"))
    assert commit is not None
    assert commit.files == ("picture.bin",)


async def test_files_may_be_larger_than_others(scene: Scene, ground: Ground) -> None:
    ground = scene.ground(max_file_mib=0.001)
    workspace = await ground.open("task-1")
    assert await ground.commit(workspace, ground.write(workspace, "picture.bin", "x" * 50_000)) is not None


async def test_a_store_elsewhere_is_left_to_the_person(
    scene: Scene, ground: Ground, workspace: Workspace
) -> None:
    scene.git("config", "lfs.storage", "/elsewhere")
    with pytest.raises(Conflict, match=r"lfs\.storage is set"):
        await ground.commit(workspace, ground.write(workspace, "picture.bin", "x\n"))
