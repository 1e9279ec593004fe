"""Finding a repository, and what is said when there is none to work in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chorus.errors import BackendError, BadInput, Unavailable
from tests.support.git_scene import Scene


async def refusal(scene: Scene, path: str | Path) -> str:
    with pytest.raises(BadInput) as caught:
        await scene.backend().inspect(str(path))
    return caught.value.message


async def test_nothing_there(scene: Scene) -> None:
    assert "nothing at" in await refusal(scene, scene.top / "missing")


async def test_a_file(scene: Scene) -> None:
    assert "not a folder" in await refusal(scene, scene.top / "notes.txt")


async def test_not_a_repository(scene: Scene) -> None:
    assert "git init" in await refusal(scene, scene.top.parent)


async def test_no_commit_yet(scene: Scene, tmp_path: Path) -> None:
    scene.git("init", "-q", str(tmp_path / "empty"))
    assert "git commit --allow-empty" in await refusal(scene, tmp_path / "empty")


async def test_bare(scene: Scene, tmp_path: Path) -> None:
    scene.git("clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    assert "Clone it" in await refusal(scene, tmp_path / "bare.git")


async def test_inside_gits_own_folder(scene: Scene) -> None:
    assert "folder of the checkout" in await refusal(scene, scene.top / ".git")


async def test_a_bare_repository_inside_a_checkout(scene: Scene) -> None:
    scene.git("init", "-q", "--bare", "inner.git")
    assert "bare" in await refusal(scene, scene.top / "inner.git")


@contextmanager
def somebody_else() -> Iterator[None]:
    """Act as a user who owns nothing here."""
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


async def test_no_permission(scene: Scene) -> None:
    locked = scene.top / "locked"
    locked.mkdir(mode=0o000)
    if os.geteuid() == 0:  # root may read everything
        with somebody_else():
            assert "ermission" in await refusal(scene, locked)
    else:
        assert "ermission" in await refusal(scene, locked)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "\0",
        "a\nb",
        "\ud800",
        "x" * 5000,
        "ext::sh -c touch /tmp/never",
        "-oProxyCommand=x",
        "file:///etc",
    ],
)
async def test_what_is_no_path(scene: Scene, path: str) -> None:
    scene.state.mkdir()
    used = scene.state / "used"
    backend = scene.backend(command=scene.program(f"touch {used}"))
    with pytest.raises(BadInput):
        await backend.inspect(path)
    assert not used.exists()  # no program was started


async def test_a_configuration_git_cannot_read(scene: Scene) -> None:
    (scene.top / ".git" / "config").write_text("[core\n")
    assert "bad config" in await refusal(scene, scene.top)


@pytest.mark.parametrize("inside", [".", "deep/er"])
async def test_from_any_folder_of_it(scene: Scene, inside: str) -> None:
    (scene.top / "deep" / "er").mkdir(parents=True)
    found = await scene.backend().inspect(str(scene.top / inside))
    assert (found.path, found.default_branch) == (str(scene.top), "main")


async def test_by_way_of_a_symbolic_link(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(scene.top)
    assert (await scene.backend().inspect(str(tmp_path / "link"))).path == str(scene.top)


async def test_a_worktree_leads_to_the_main_checkout(scene: Scene, tmp_path: Path) -> None:
    scene.git("worktree", "add", "-q", str(tmp_path / "linked"), "-b", "other")
    assert (await scene.backend().inspect(str(tmp_path / "linked"))).path == str(scene.top)


async def test_a_worktree_of_a_bare_repository_stands_for_itself(scene: Scene, tmp_path: Path) -> None:
    scene.git("clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    scene.git("worktree", "add", "-q", str(tmp_path / "linked"), "main", at=tmp_path / "bare.git")
    ground = Scene(tmp_path / "linked", scene.state).ground()
    assert (await ground.backend.inspect(ground.repository)).path == str(tmp_path / "linked")
    workspace = await ground.open("task-1")
    assert await ground.commit(workspace, ground.write(workspace, "notes.txt", "changed\n"))


async def test_core_worktree_leads_nowhere_else(scene: Scene) -> None:
    scene.git("config", "core.worktree", "/etc")
    assert (await scene.backend().inspect(str(scene.top))).path == str(scene.top)


# --- the default branch -----------------------------------------------------------------------------


async def default(scene: Scene) -> str:
    return (await scene.backend().inspect(str(scene.top))).default_branch


async def test_the_remotes_default_branch(scene: Scene, tmp_path: Path) -> None:
    scene.git("branch", "-m", "release")
    scene.git("clone", "-q", ".", str(tmp_path / "clone"))
    clone = Scene(tmp_path / "clone", scene.state)
    clone.git("switch", "-qc", "feature")
    assert await default(clone) == "release"
    clone.git("branch", "-qD", "release")  # only origin/release is left
    assert await default(clone) == "release"
    assert (await clone.ground().open("task-1")).base == scene.git("rev-parse", "HEAD")


async def test_the_configured_name_comes_before_what_is_checked_out(scene: Scene) -> None:
    scene.git("config", "--global", "init.defaultBranch", "main")
    scene.git("switch", "-qc", "feature")
    assert await default(scene) == "main"


async def test_what_is_checked_out(scene: Scene) -> None:
    scene.git("branch", "-m", "work")
    assert await default(scene) == "work"


async def test_detached(scene: Scene) -> None:
    scene.git("switch", "-q", "--detach")
    assert await default(scene) == "main"
    scene.git("branch", "-qD", "main")
    assert await default(scene) == "HEAD"
    assert (await scene.ground().open("task-1")).base == scene.git("rev-parse", "HEAD")


async def test_the_base_of_the_configuration(scene: Scene) -> None:
    scene.git("commit", "--allow-empty", "-qm", "Second")
    scene.git("branch", "develop", "HEAD^")
    assert (await scene.ground(base="develop").open("task-1")).base == scene.git("rev-parse", "develop")
    assert (await scene.ground(base="missing").open("task-2")).base == scene.git("rev-parse", "main")


@pytest.mark.parametrize("base", ["v1", "v1-plain", "other/branch", "release#3", "@scope"])
async def test_bases_with_other_names(scene: Scene, base: str) -> None:
    scene.git("tag", "-am", "One", "v1")
    scene.git("tag", "v1-plain")
    for name in ("other/branch", "release#3", "@scope"):
        scene.git("branch", name)
    assert (await scene.ground().open("task-1", base)).base == scene.git("rev-parse", "HEAD")


async def test_a_base_of_another_repository(scene: Scene, tmp_path: Path) -> None:
    scene.git("init", "-q", str(tmp_path / "other"))
    scene.git("commit", "--allow-empty", "-qm", "Foreign", at=tmp_path / "other")
    with pytest.raises(BadInput, match="no branch, tag or commit"):
        await scene.ground().open("task-1", scene.git("rev-parse", "HEAD", at=tmp_path / "other"))
    assert scene.branches().keys() == {"refs/heads/main"}


# --- unusual repositories work ------------------------------------------------------------------------


async def works(scene: Scene) -> None:
    ground = scene.ground()
    workspace = await ground.open("task-1")
    commit = await ground.commit(workspace, ground.write(workspace, "notes.txt", "changed\n"))
    assert commit is not None
    assert commit.files == ("notes.txt",)
    assert await ground.backend.commits(workspace) == [commit]
    assert "+changed" in await ground.backend.diff(workspace)
    assert scene.git("status", "--porcelain", at=workspace.path) == ""
    await ground.backend.close(workspace, delete_branch=True)


async def test_shallow(scene: Scene, tmp_path: Path) -> None:
    scene.git("commit", "--allow-empty", "-qm", "Second")
    scene.git("clone", "-q", "--depth=1", scene.top.as_uri(), str(tmp_path / "shallow"))
    await works(Scene(tmp_path / "shallow", scene.state))


async def test_sha256(scene: Scene, tmp_path: Path) -> None:
    other = Scene(tmp_path / "sha256", scene.state)
    scene.git("init", "-q", "-b", "main", "--object-format=sha256", str(other.top))
    (other.top / "notes.txt").write_text("one\n")
    other.git("add", ".")
    other.git("commit", "-qm", "Begin")
    await works(other)


async def test_a_submodule_as_repository(scene: Scene, tmp_path: Path) -> None:
    outer = Scene(tmp_path / "outer", scene.state)
    scene.git("init", "-q", "-b", "main", str(outer.top))
    outer.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(scene.top), "part")
    outer.git("commit", "-qm", "With a part")
    part = Scene(outer.top / "part", scene.state)
    assert (await part.backend().inspect(str(part.top))).path == str(part.top)
    await works(part)


@pytest.mark.parametrize("name", ["with space", 'colon:and"quote', "-dash", "\N{SNOWMAN}"])
async def test_odd_folders(scene: Scene, tmp_path: Path, name: str) -> None:
    scene.git("clone", "-q", ".", f"{tmp_path}/{name}")
    await works(Scene(tmp_path / name, tmp_path / f"{name} state"))


async def test_sparse(scene: Scene) -> None:
    for folder in ("wanted", "unwanted"):
        (scene.top / folder).mkdir()
        (scene.top / folder / "file").write_text("1\n")
    scene.git("add", ".")
    scene.git("commit", "-qm", "Folders")
    scene.git("sparse-checkout", "set", "--cone", "wanted")
    ground = scene.ground()
    workspace = await ground.open("task-1")
    assert ground.read(workspace, "wanted/file") == "1\n"
    assert ground.read(workspace, "unwanted/file") is None
    assert await ground.backend.changed(workspace) == []
    ground.write(workspace, "wanted/file", "2\n")
    ground.write(workspace, "unwanted/file", "3\n")
    commit = await ground.commit(workspace)
    assert commit is not None
    assert commit.files == ("unwanted/file", "wanted/file")


async def test_a_partial_clone_never_fetches(scene: Scene, tmp_path: Path) -> None:
    scene.git("config", "uploadpack.allowFilter", "true")
    scene.git("branch", "other")
    scene.git(
        "clone", "-q", "--filter=blob:none", "--no-checkout", scene.top.as_uri(), str(tmp_path / "part")
    )
    part = Scene(tmp_path / "part", scene.state)
    with pytest.raises(BackendError, match="partial clone"):
        await part.ground().open("task-1")
    part.git("checkout", "-q", "main")  # git fetches what it needs
    await works(part)


async def test_a_repository_that_went_away(scene: Scene) -> None:
    ground = scene.ground()
    workspace = await ground.open("task-1")
    scene.top.rename(scene.top.with_name("moved"))
    for use in (ground.backend.changed, ground.backend.commits, ground.backend.diff, ground.backend.close):
        with pytest.raises(Unavailable, match="not there"):
            await use(workspace)
    with pytest.raises(Unavailable):
        await scene.backend().changed(workspace)  # one that has never seen it
    with pytest.raises(BadInput):
        await ground.open("task-1")
