"""Commits on the task's branch, whatever is in the worktree and whatever the agent does there."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from chorus.backends import CommitRequest, Workspace
from chorus.errors import BackendError, BadInput, Busy, Conflict
from chorus.model import FileEdit
from chorus.testing.vcs import Ground
from tests.plugins.git.scene import Scene


@pytest.fixture
def ground(scene: Scene) -> Ground:
    return scene.ground()


@pytest.fixture
async def workspace(ground: Ground) -> Workspace:
    return await ground.open("task-1")


@pytest.fixture
def path(workspace: Workspace) -> Path:
    return Path(workspace.path)


def state_of_checkout(scene: Scene) -> Sequence[object]:
    """Everything of the user's own that could have been touched."""
    own = {name: oid for name, oid in scene.branches().items() if not name.endswith("chorus/task-1")}
    files = ("HEAD", "index", "config")
    return (
        own,
        scene.git("status", "--porcelain"),
        *((scene.top / ".git" / name).read_bytes() for name in files),
    )


async def test_the_users_checkout_stays_as_it_is(scene: Scene, ground: Ground) -> None:
    scene.git("switch", "-qc", "mine")
    (scene.top / "staged.txt").write_text("staged\n")
    scene.git("add", "staged.txt")
    (scene.top / "notes.txt").write_text("being edited\n")
    (scene.top / "new.txt").write_text("new\n")
    before = state_of_checkout(scene)
    workspace = await ground.open("task-1")
    await ground.commit(workspace, ground.write(workspace, "notes.txt", "changed\n"))
    ground.write(workspace, "new.txt", "another\n")
    await ground.commit(workspace)
    await ground.backend.diff(workspace)
    assert state_of_checkout(scene) == before
    await ground.backend.close(workspace)
    assert state_of_checkout(scene) == before


# --- who and what ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("author", "told"),
    [
        ("Chorus agent", "Chorus agent <noreply@chorus.invalid>"),
        ("Bot <bot@example.org>", "Bot <bot@example.org>"),
        ("", "Chorus agent <noreply@chorus.invalid>"),
        (" <> \n", "Chorus agent <noreply@chorus.invalid>"),
        ("A <b\nc> d", "A b c d <noreply@chorus.invalid>"),
        ("--author=x", "--author=x <noreply@chorus.invalid>"),
        ("\N{SNOWMAN}", "\N{SNOWMAN} <noreply@chorus.invalid>"),
    ],
)
async def test_authors(scene: Scene, ground: Ground, workspace: Workspace, author: str, told: str) -> None:
    edit = ground.write(workspace, "notes.txt", "changed\n")
    await ground.backend.commit(workspace, CommitRequest("Edit", "key", [edit], author))
    assert (
        scene.git("log", "-1", "--format=%an <%ae>|%cn <%ce>", "chorus/task-1")
        == f"{told}|Ada <ada@example.org>"
    )


async def test_without_any_identity(scene: Scene, ground: Ground, workspace: Workspace) -> None:
    scene.git("config", "--global", "--unset", "user.name")
    scene.git("config", "--global", "--unset", "user.email")
    scene.git("config", "--global", "user.useConfigOnly", "true")
    assert await ground.commit(workspace, ground.write(workspace, "notes.txt", "changed\n")) is not None
    assert scene.git("log", "-1", "--format=%cn <%ce>", "chorus/task-1") == "Chorus <noreply@chorus.invalid>"


async def test_commits_are_not_signed(scene: Scene, ground: Ground, workspace: Workspace) -> None:
    scene.git("config", "--global", "commit.gpgSign", "true")
    scene.git("config", "--global", "gpg.program", "/nonexistent/that-would-ask")
    assert await ground.commit(workspace, ground.write(workspace, "notes.txt", "changed\n")) is not None


@pytest.mark.parametrize("message", ["", "\n", "a\0b", "\ud800", "x" * 1_000_000, "\x1b[31mred"])
async def test_messages_that_git_would_not_take(ground: Ground, workspace: Workspace, message: str) -> None:
    commit = await ground.commit(
        workspace, ground.write(workspace, "notes.txt", "changed\n"), message=message
    )
    assert commit is not None
    kept = message.replace("\0", "\N{REPLACEMENT CHARACTER}").replace("\ud800", "?")
    assert commit.message == kept.strip("\n")


async def test_the_key_is_not_in_the_message(scene: Scene, ground: Ground, workspace: Workspace) -> None:
    await ground.commit(workspace, ground.write(workspace, "notes.txt", "changed\n"), key="hook-report-17")
    assert scene.git("log", "-1", "--format=%B", "chorus/task-1").strip() == "Edit"


async def test_a_key_is_known_after_a_restart(scene: Scene, ground: Ground, workspace: Workspace) -> None:
    first = await ground.commit(workspace, ground.write(workspace, "notes.txt", "1\n"), key="same")
    for number in range(3):
        await ground.commit(workspace, ground.write(workspace, "notes.txt", f"more {number}\n"))
    ground.write(workspace, "notes.txt", "2\n")
    assert await scene.ground().commit(workspace, key="same") == first
    assert await ground.backend.changed(workspace) == ["notes.txt"]


async def test_a_key_is_known_although_the_repository_keeps_no_reflogs(
    scene: Scene, ground: Ground, workspace: Workspace
) -> None:
    scene.git("config", "core.logAllRefUpdates", "false")
    first = await ground.commit(workspace, ground.write(workspace, "notes.txt", "1\n"), key="same")
    ground.write(workspace, "notes.txt", "2\n")
    assert await ground.commit(workspace, key="same") == first


# --- which files --------------------------------------------------------------------------------------


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


# --- the agent uses git too ----------------------------------------------------------------------------


async def test_the_agents_own_commits_are_the_tasks(
    scene: Scene, ground: Ground, workspace: Workspace
) -> None:
    ground.write(workspace, "notes.txt", "by hand\n")
    scene.git("commit", "-qam", "By the agent", at=workspace.path)
    assert await ground.commit(workspace, FileEdit("notes.txt")) is None
    assert await ground.commit(workspace, ground.write(workspace, "notes.txt", "again\n")) is not None
    assert [commit.message for commit in await ground.backend.commits(workspace)] == ["By the agent", "Edit"]
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


# --- locks ----------------------------------------------------------------------------------------------


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
