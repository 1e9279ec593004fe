"""A task's branch: opened, committed to, read, followed, pushed, closed."""

from __future__ import annotations

from pathlib import Path

import pytest

from chorus.backends import ConflictPolicy, FollowsCommits, Pushes, WorkspaceSpec
from chorus.errors import BadInput, Conflict, NotFound, VcsConflict
from chorus.model import FileEdit
from tests.support.gitbutler import Scene, made, opened


async def test_opening_is_safe_to_repeat(scene: Scene) -> None:
    backend = scene.backend()
    spec = WorkspaceSpec(str(scene.top), "t1", "chorus/t1-demo")
    first = await backend.open(spec)
    assert first == await backend.open(spec)
    assert first.path == first.repository == str(scene.top)
    assert first.base == scene.git("rev-parse", "main")
    assert scene.git("rev-parse", "chorus/t1-demo") == first.base
    assert scene.git("symbolic-ref", "HEAD") == "refs/heads/gitbutler/workspace"


async def test_a_branch_that_was_unapplied_comes_back(scene: Scene) -> None:
    backend = scene.backend()
    [task] = await opened(backend, scene, "task")
    await backend.commit(task, scene.request(scene.write("own.txt", "mine\n")))
    scene.run_but("unapply", "chorus/task")
    assert not (scene.top / "own.txt").exists()
    assert [each.files for each in await backend.commits(task)] == [("own.txt",)]
    assert await opened(backend, scene, "task") == [task]
    assert scene.read("own.txt") == "mine\n"


async def test_a_branch_that_no_longer_fits_is_not_applied(scene: Scene) -> None:
    backend = scene.backend()
    first, second = await opened(backend, scene, "first", "second")
    await backend.commit(first, scene.request(scene.replace("notes.txt", "line 5\n", "line five\n")))
    scene.run_but("unapply", "chorus/first")
    await backend.commit(second, scene.request(scene.replace("notes.txt", "line 5\n", "line V\n")))
    with pytest.raises(VcsConflict, match="conflicts with branches that are applied") as conflict:
        await opened(backend, scene, "first")
    assert conflict.value.details["reason"] == "cannot_apply"
    assert "line V" in scene.read("notes.txt")


async def test_a_branch_can_begin_on_an_applied_one(scene: Scene) -> None:
    backend = scene.backend()
    [first] = await opened(backend, scene, "first")
    commit = made(await backend.commit(first, scene.request(scene.write("one.txt", "1\n"))))
    second = await backend.open(WorkspaceSpec(str(scene.top), "t2", "chorus/second", base="chorus/first"))
    assert second.base == commit.id
    await backend.commit(second, scene.request(scene.write("two.txt", "2\n")))
    assert [each.files for each in await backend.commits(second)] == [("two.txt",)]
    assert "one.txt" not in await backend.diff(second)


@pytest.mark.parametrize(
    "name", ["t1", "-rf/x1", "with space", "a..b/cd", "x" * 300, "caf\u00e9/1", "a/b.lock", ""]
)
async def test_names_git_or_gitbutler_would_misread_are_refused(newest: Scene, name: str) -> None:
    with pytest.raises(BadInput, match="branch name"):
        await newest.backend().open(WorkspaceSpec(str(newest.top), "t", name))


async def test_a_base_that_is_not_in_the_workspace_is_refused(newest: Scene) -> None:
    with pytest.raises(BadInput, match="applied one"):
        await newest.backend().open(WorkspaceSpec(str(newest.top), "t", "chorus/task", base="v1.0"))
    default = await newest.backend().open(WorkspaceSpec(str(newest.top), "t", "chorus/task", base="main"))
    assert default.base == newest.git("rev-parse", "main")


async def test_a_report_that_comes_twice_is_committed_once(scene: Scene) -> None:
    backend = scene.backend()
    [task] = await opened(backend, scene, "task")
    request = scene.request(
        scene.replace("notes.txt", "line 5\n", "line five\n"), message="Spell five\n\nWhy: asked"
    )
    first = await backend.commit(task, request)
    assert first == await scene.backend().commit(task, request)
    assert [each.id for each in await backend.commits(task)] == [made(first).id]
    assert made(first).message == "Spell five\n\nWhy: asked"
    assert made(first).author == "Chorus agent"
    assert scene.git("log", "-1", "--format=%ae %ce", "chorus/task") == "ada@example.org ada@example.org"
    assert f"Chorus-Key: {request.key}" in scene.git("log", "-1", "--format=%B", "chorus/task")


async def test_nothing_to_commit_makes_no_commit(scene: Scene) -> None:
    backend = scene.backend()
    [task] = await opened(backend, scene, "task")
    assert await backend.commit(task, scene.request()) is None
    undone = scene.replace("notes.txt", "line 5\n", "line five\n")
    scene.replace("notes.txt", "line five\n", "line 5\n")
    elsewhere = (
        FileEdit("/etc/hostname"),
        FileEdit("../outside.txt"),
        FileEdit(".git/config"),
        FileEdit("a\0b"),
    )
    assert await backend.commit(task, scene.request(undone, *elsewhere)) is None
    assert await backend.commits(task) == []


async def test_commits_come_oldest_first_and_diff_has_the_rest_too(scene: Scene) -> None:
    backend = scene.backend()
    first, second = await opened(backend, scene, "first", "second")
    await backend.commit(second, scene.request(scene.replace("notes.txt", "line 20\n", "line twenty\n")))
    await backend.commit(first, scene.request(scene.write("one.txt", "1\n"), message="One"))
    await backend.commit(first, scene.request(scene.replace("one.txt", "1\n", "1\n2\n"), message="Two"))
    with pytest.raises(VcsConflict):
        await backend.commit(first, scene.request(scene.replace("notes.txt", "line 21\n", "line XXI\n")))

    assert [each.message for each in await backend.commits(first)] == ["One", "Two"]
    text = await backend.diff(first)
    assert "+++ b/one.txt" in text
    assert "+2" in text.splitlines()
    assert "+line XXI" in text.splitlines()
    assert "twenty" not in "".join(line for line in text.splitlines() if line.startswith("+"))


async def test_awkward_files_are_committed_whole(scene: Scene) -> None:
    backend = scene.backend()
    [task] = await opened(backend, scene, "task")
    names = ["a,b.txt", "c:d.txt", "-V", "--version", "zz", "sp ace.txt", "caf\u00e9.txt", "deep/er/file.txt"]
    edits = [scene.write(name, f"{name}\n") for name in names]
    commit = made(await backend.commit(task, scene.request(*edits)))
    assert sorted(commit.files) == sorted(names)
    assert scene.git("status", "--porcelain") == ""


async def test_binaries_removals_and_empty_files(scene: Scene) -> None:
    backend = scene.backend()
    [task] = await opened(backend, scene, "task")
    await backend.commit(task, scene.request(scene.write("gone.txt", "soon\n")))
    await backend.tool_started(task, "use", None)
    (scene.top / "picture.bin").write_bytes(bytes(range(256)))
    (scene.top / "empty.txt").touch()
    (scene.top / "gone.txt").unlink()
    assert await backend.tool_finished(task, "use") == ("empty.txt", "gone.txt", "picture.bin")
    commit = made(await backend.commit(task, scene.request()))
    assert commit.files == ("empty.txt", "gone.txt", "picture.bin")
    assert scene.git("ls-tree", "--name-only", "-r", "chorus/task").split() == [
        "empty.txt",
        "notes.txt",
        "picture.bin",
    ]


async def test_files_without_a_last_line_end_and_with_dos_ones(scene: Scene) -> None:
    backend = scene.backend()
    [task] = await opened(backend, scene, "task")
    await backend.commit(task, scene.request(scene.write("bare.txt", "a\nb\nc")))
    await backend.commit(task, scene.request(scene.replace("bare.txt", "c", "d")))
    dos = scene.top / "dos.txt"
    dos.write_bytes(b"one\r\ntwo\r\n")
    await backend.commit(task, scene.request(FileEdit(str(dos), created=True)))
    assert scene.git("status", "--porcelain") == ""
    assert scene.git("show", "chorus/task:bare.txt") == "a\nb\nd"


async def test_an_edit_through_a_link_is_found(scene: Scene) -> None:
    backend = scene.backend()
    [task] = await opened(backend, scene, "task")
    link = scene.folder / "link"
    link.symlink_to(scene.top)
    scene.write("own.txt", "mine\n")
    commit = await backend.commit(task, scene.request(FileEdit(str(link / "own.txt"), created=True)))
    assert made(commit).files == ("own.txt",)


async def test_messages_travel_exactly(scene: Scene) -> None:
    backend = scene.backend()
    [task] = await opened(backend, scene, "task")
    message = '--version; $(touch x) `y` "quoted" \u2728\n\n# not a comment\n-V'
    commit = await backend.commit(task, scene.request(scene.write("own.txt", "mine\n"), message=message))
    assert made(commit).message == message


async def test_a_commit_is_followed_when_a_rebase_moves_it(scene: Scene) -> None:
    backend = scene.backend()
    assert isinstance(backend, FollowsCommits)
    first, second = await opened(backend, scene, "first", "second")
    await backend.commit(first, scene.request(scene.replace("notes.txt", "line 5\n", "line five\n")))
    old = made(await backend.commit(second, scene.request(scene.write("own.txt", "mine\n"), message="Own")))
    with pytest.raises(VcsConflict):
        await backend.commit(second, scene.request(scene.replace("notes.txt", "line 6\n", "line six\n")))
    await backend.resolve(second, scene.request(message="Six"), ConflictPolicy.STACK)

    own, _ = await backend.commits(second)
    assert own.id != old.id
    assert await scene.backend().follow(second, old.id) == own
    assert await backend.follow(second, own.id) == own
    assert await backend.follow(second, "0" * 40) is None


async def test_closing_keeps_the_branch_unless_asked(scene: Scene) -> None:
    backend = scene.backend()
    first, second = await opened(backend, scene, "first", "second")
    one = made(await backend.commit(first, scene.request(scene.write("one.txt", "1\n"))))
    await backend.commit(second, scene.request(scene.write("two.txt", "2\n")))

    await backend.close(first)
    await backend.close(first)
    assert scene.read("one.txt") == "1\n"
    assert [each.id for each in await backend.commits(first)] == [one.id]

    await backend.close(first, delete_branch=True)
    await backend.close(first, delete_branch=True)
    assert not (scene.top / "one.txt").exists()
    assert scene.read("two.txt") == "2\n"
    assert scene.git("branch", "--list", "chorus/first") == ""
    assert scene.git("for-each-ref", "--format=%(objectname)", "refs/chorus/archive/chorus/first") == one.id
    with pytest.raises(NotFound):
        await backend.commits(first)


async def test_closing_loses_nothing(scene: Scene) -> None:
    backend = scene.backend()
    [first] = await opened(backend, scene, "first")
    await backend.commit(first, scene.request(scene.write("one.txt", "1\n")))
    second = await backend.open(WorkspaceSpec(str(scene.top), "t2", "chorus/second", base="chorus/first"))
    await backend.commit(second, scene.request(scene.write("two.txt", "2\n")))
    with pytest.raises(Conflict, match="chorus/second is stacked on chorus/first"):
        await backend.close(first, delete_branch=True)

    await backend.tool_started(second, "use", None)
    scene.write("three.txt", "3\n")
    await backend.tool_finished(second, "use")
    for delete in (False, True):
        with pytest.raises(Conflict, match="uncommitted work: commit or undo three.txt"):
            await backend.close(second, delete_branch=delete)
    assert scene.read("three.txt") == "3\n"
    assert len(await backend.commits(second)) == 1


async def test_an_unapplied_branch_is_deleted_too(scene: Scene) -> None:
    backend = scene.backend()
    [task] = await opened(backend, scene, "task")
    tip = made(await backend.commit(task, scene.request(scene.write("own.txt", "mine\n")))).id
    scene.run_but("unapply", "chorus/task")
    await backend.close(task, delete_branch=True)
    assert scene.git("branch", "--list", "chorus/task") == ""
    assert scene.git("for-each-ref", "--format=%(objectname)", "refs/chorus/archive") == tip


async def test_pushing_goes_to_the_remote(plain: Scene, tmp_path: Path) -> None:
    remote = tmp_path / "remote.git"
    plain.git("init", "-q", "--bare", "-b", "main", str(remote))
    plain.git("remote", "add", "origin", str(remote))
    plain.git("push", "-q", "origin", "main")
    plain.git("remote", "set-head", "origin", "main")
    plain.run_but("setup")
    backend = plain.backend()
    assert isinstance(backend, Pushes)
    [task] = await opened(backend, plain, "task")
    commit = made(await backend.commit(task, plain.request(plain.write("own.txt", "mine\n"))))
    assert await backend.push(task) == "origin/chorus/task"
    assert plain.git("--git-dir", str(remote), "rev-parse", "chorus/task") == commit.id


async def test_pushing_needs_a_remote(newest: Scene) -> None:
    backend = newest.backend()
    [task] = await opened(backend, newest, "task")
    with pytest.raises(Conflict, match="no remote to push to"):
        await backend.push(task)
