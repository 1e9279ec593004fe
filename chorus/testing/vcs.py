"""For authors of VCS backends: the contract as test classes, and a fake.

    class TestMyBackend(WorktreeContract):
        @pytest.fixture
        def ground(self, tmp_path: Path) -> Ground:
            return Ground(MyBackend(), str(a_repository_with_files(tmp_path)))

`VcsBackendContract` is what every backend promises; `WorktreeContract` adds what follows when each task has
a folder of its own. The repository must have a file `notes.txt` and nothing uncommitted. Needs pytest and
pytest-asyncio.
"""

from __future__ import annotations

import asyncio
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from chorus.backends import CommitRequest, CountsChanges, VcsBackend, Workspace, WorkspaceSpec
from chorus.errors import BadInput, Conflict, Unavailable
from chorus.model import Commit, DiffStat, FileEdit
from chorus.testing.memory_vcs import MemoryVcsBackend, snapshot

__all__ = ["Ground", "MemoryVcsBackend", "VcsBackendContract", "WorktreeContract"]

#: Texts that a program could take for something else.
MESSAGES = (
    "Edit notes.txt",
    "-m not an option\n\n--amend\n# not a comment",
    "Quotes ' \" ` $(touch /tmp/never) ; & | %s \\ and \N{BUG}\N{CJK UNIFIED IDEOGRAPH-6F22}",
    "Subject\n\nA body of\n\n  several paragraphs\n\nTask: 17",
)
#: Names that are no branch, or would be an option or a revision.
BAD_NAMES = (
    *("", "-x", "--help", "--upload-pack=touch /tmp/never", "a..b", ".a", "a.lock", "a b", "a:b", "a~1"),
    *("@", "@{-1}", "HEAD;x", "a\nb", "a\0b", "a//b", "a/", "$(touch /tmp/never)", "x" * 300, "\N{BUG}bugs"),
)
#: File names that a program could take for something else.
FILE_NAMES = (
    "-dash.txt",
    "a b.txt",
    "\N{LATIN SMALL LETTER U WITH DIAERESIS}.txt",
    "deep/er/file.txt",
    "'q\".txt",
)


@dataclass
class Ground:
    """A backend, a repository, and how an agent works in a workspace: override `write` where that differs."""

    backend: VcsBackend
    repository: str
    keys: int = 0

    def write(self, workspace: Workspace, name: str, text: str) -> FileEdit:
        """Write a file as an agent's tool does; the edit as the agent reports it."""
        path = Path(workspace.path, name)
        created = not path.exists()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return FileEdit(str(path), created=created)

    def delete(self, workspace: Workspace, name: str) -> FileEdit:
        path = Path(workspace.path, name)
        path.unlink()
        return FileEdit(str(path))

    def read(self, workspace: Workspace, name: str) -> str | None:
        path = Path(workspace.path, name)
        return path.read_text() if path.is_file() else None

    async def open(self, task: str, base: str | None = None) -> Workspace:
        return await self.backend.open(WorkspaceSpec(self.repository, task, f"chorus/{task}", base))

    async def commit(
        self, workspace: Workspace, *edits: FileEdit, message: str = "Edit files", key: str | None = None
    ) -> Commit | None:
        """Commit the edits, or without any everything, for a reason of its own unless a key is given."""
        self.keys += 1
        request = CommitRequest(message, key or f"report-{self.keys}", edits or None)
        return await self.backend.commit(workspace, request)

    async def files(self, workspace: Workspace) -> list[tuple[str, ...]]:
        return [commit.files for commit in await self.backend.commits(workspace)]


class VcsBackendContract:
    """What every VCS backend promises."""

    pytestmark = pytest.mark.asyncio

    @pytest.fixture
    def ground(self) -> Ground:
        raise NotImplementedError("override the fixture `ground`")

    async def test_it_has_the_shape_and_works_here(self, ground: Ground) -> None:
        assert isinstance(ground.backend, VcsBackend)
        assert ground.backend.name
        assert ground.backend.check() is None

    async def test_a_repository_is_found(self, ground: Ground) -> None:
        found = await ground.backend.inspect(ground.repository)
        assert found.path == ground.repository
        assert found.default_branch

    async def test_what_is_no_repository_is_refused_in_words(self, ground: Ground, tmp_path: Path) -> None:
        empty = tmp_path / "nothing here"
        empty.mkdir()
        for path in (str(empty), str(empty / "missing")):
            with pytest.raises(BadInput, match=r"\w+ .*\w+ "):
                await ground.backend.inspect(path)

    async def test_a_new_workspace_has_nothing_of_its_own(self, ground: Ground) -> None:
        workspace = await ground.open("task-1")
        assert workspace.branch == "chorus/task-1"
        assert ground.read(workspace, "notes.txt")
        assert workspace.base
        assert list(await ground.backend.commits(workspace)) == []
        assert list(await ground.backend.changed(workspace)) == []
        assert await ground.backend.diff(workspace) == ""

    async def test_opening_again_finds_the_same(self, ground: Ground) -> None:
        workspace = await ground.open("task-1")
        edit = ground.write(workspace, "notes.txt", "changed\n")
        await ground.commit(workspace, edit)
        assert await ground.open("task-1") == workspace
        assert len(await ground.backend.commits(workspace)) == 1

    @pytest.mark.parametrize("name", BAD_NAMES)
    async def test_a_bad_name_is_refused(self, ground: Ground, name: str) -> None:
        with pytest.raises(BadInput):
            await ground.backend.open(WorkspaceSpec(ground.repository, "task-1", name))

    async def test_exactly_the_named_files_are_committed(self, ground: Ground) -> None:
        workspace = await ground.open("task-1")
        edit = ground.write(workspace, "notes.txt", "changed\n")
        other = ground.write(workspace, "other.txt", "new\n")
        commit = await ground.commit(workspace, edit, message="Change the notes")
        assert commit is not None
        assert (commit.message.strip(), commit.files) == ("Change the notes", ("notes.txt",))
        assert await ground.commit(workspace, other) is not None
        assert await ground.files(workspace) == [("notes.txt",), ("other.txt",)]

    async def test_nothing_to_commit(self, ground: Ground) -> None:
        workspace = await ground.open("task-1")
        untouched = FileEdit(str(Path(workspace.path, "notes.txt")))
        assert await ground.commit(workspace, untouched) is None
        assert await ground.commit(workspace) is None

    async def test_a_file_that_was_deleted(self, ground: Ground) -> None:
        workspace = await ground.open("task-1")
        commit = await ground.commit(workspace, ground.delete(workspace, "notes.txt"))
        assert commit is not None
        assert commit.files == ("notes.txt",)

    async def test_the_same_key_is_committed_once(self, ground: Ground) -> None:
        workspace = await ground.open("task-1")
        first = await ground.commit(workspace, ground.write(workspace, "notes.txt", "1\n"), key="same")
        again = await ground.commit(workspace, ground.write(workspace, "notes.txt", "2\n"), key="same")
        assert first is not None
        assert again is None or again.id == first.id
        assert len(await ground.backend.commits(workspace)) == 1

    @pytest.mark.parametrize("message", MESSAGES)
    async def test_messages_arrive_as_they_are(self, ground: Ground, message: str) -> None:
        workspace = await ground.open("task-1")
        await ground.commit(workspace, ground.write(workspace, "notes.txt", "changed\n"), message=message)
        [commit] = await ground.backend.commits(workspace)
        assert commit.message.strip() == message
        assert commit.author

    @pytest.mark.parametrize("name", FILE_NAMES)
    async def test_file_names_arrive_as_they_are(self, ground: Ground, name: str) -> None:
        workspace = await ground.open("task-1")
        edit = ground.write(workspace, name, "odd\n")
        assert list(await ground.backend.changed(workspace)) == [name]
        commit = await ground.commit(workspace, edit)
        assert commit is not None
        assert commit.files == (name,)
        assert await ground.files(workspace) == [(name,)]

    @pytest.mark.parametrize(
        "path", ["/etc/passwd", "../outside.txt", ".git/config", "x/../../../etc/passwd"]
    )
    async def test_nothing_outside_is_committed(self, ground: Ground, path: str) -> None:
        workspace = await ground.open("task-1")
        with suppress(BadInput):
            assert await ground.commit(workspace, FileEdit(path)) is None
        assert list(await ground.backend.commits(workspace)) == []

    async def test_commits_are_told_oldest_first(self, ground: Ground) -> None:
        workspace = await ground.open("task-1")
        for number in range(3):
            edit = ground.write(workspace, "notes.txt", f"{number}\n")
            await ground.commit(workspace, edit, message=f"Step {number}")
        commits = await ground.backend.commits(workspace)
        assert [commit.message.strip() for commit in commits] == ["Step 0", "Step 1", "Step 2"]
        assert [commit.at for commit in commits] == sorted(commit.at for commit in commits)
        assert len({commit.id for commit in commits}) == 3

    async def test_the_diff_shows_what_is_committed_and_what_is_not(self, ground: Ground) -> None:
        workspace = await ground.open("task-1")
        await ground.commit(workspace, ground.write(workspace, "committed.txt", "first words\n"))
        edit = ground.write(workspace, "fresh.txt", "second words\n")
        diff = await ground.backend.diff(workspace)
        assert "+first words" in diff
        await ground.commit(workspace, edit)
        diff = await ground.backend.diff(workspace)
        assert "+second words" in diff
        assert "fresh.txt" in diff

    async def test_what_is_committed_is_counted(self, ground: Ground) -> None:
        """CountsChanges, where it is offered: renamed files once, binary ones without lines."""
        if not isinstance(ground.backend, CountsChanges):
            pytest.skip(f"{ground.backend.name} does not count changes")
        workspace = await ground.open("task-1")
        assert await ground.backend.stat(workspace) == DiffStat()
        await ground.commit(workspace, ground.write(workspace, "notes.txt", "another text\nof two lines\n"))
        one = await ground.backend.stat(workspace)
        assert (one.files, one.added) == (1, 2)
        assert one.removed > 0
        await ground.commit(workspace, ground.write(workspace, "a b\tc.txt", "x\n"))
        await ground.commit(workspace, ground.write(workspace, "binary", "\0\1\2" * 50))
        assert await ground.backend.stat(workspace) == DiffStat(3, one.added + 1, one.removed)
        ground.write(workspace, "not committed.txt", "y\n")
        assert (await ground.backend.stat(workspace)).files == 3

    async def test_each_branch_has_its_own_edits_only(self, ground: Ground) -> None:
        workspaces = await asyncio.gather(*(ground.open(f"task-{number}") for number in range(3)))
        edits = [ground.write(each, f"of-{each.branch[-1]}.txt", each.branch) for each in workspaces]
        pairs = zip(workspaces, edits, strict=True)
        await asyncio.gather(*(ground.commit(workspace, edit) for workspace, edit in pairs))
        for number, workspace in enumerate(workspaces):
            assert await ground.files(workspace) == [(f"of-{number}.txt",)]
            assert await ground.backend.diff(workspace) != ""

    async def test_closing_keeps_the_branch(self, ground: Ground) -> None:
        workspace = await ground.open("task-1")
        await ground.commit(workspace, ground.write(workspace, "notes.txt", "changed\n"))
        await ground.backend.close(workspace)
        await ground.backend.close(workspace)
        assert len(await ground.backend.commits(workspace)) == 1
        assert await ground.open("task-1") == workspace
        assert ground.read(workspace, "notes.txt") == "changed\n"

    async def test_a_branch_that_was_deleted_begins_anew(self, ground: Ground) -> None:
        workspace = await ground.open("task-1")
        await ground.commit(workspace, ground.write(workspace, "notes.txt", "changed\n"))
        await ground.backend.close(workspace, delete_branch=True)
        await ground.backend.close(workspace, delete_branch=True)
        again = await ground.open("task-1")
        assert list(await ground.backend.commits(again)) == []
        assert ground.read(again, "notes.txt") != "changed\n"


class WorktreeContract(VcsBackendContract):
    """What a backend promises as well when each task has a folder of its own."""

    async def test_the_users_own_folder_is_never_touched(self, ground: Ground) -> None:
        before = snapshot(ground.repository)
        workspace = await ground.open("task-1")
        assert not Path(workspace.path).is_relative_to(ground.repository)
        await ground.commit(workspace, ground.write(workspace, "notes.txt", "changed\n"))
        await ground.backend.close(workspace, delete_branch=True)
        assert snapshot(ground.repository) == before

    async def test_tasks_do_not_see_each_others_edits(self, ground: Ground) -> None:
        first, second = await ground.open("task-1"), await ground.open("task-2")
        edit = ground.write(first, "notes.txt", "of the first\n")
        await ground.commit(first, edit)
        assert ground.read(second, "notes.txt") != "of the first\n"
        assert list(await ground.backend.changed(second)) == []
        assert await ground.commit(second) is None

    async def test_everything_left_is_committed_when_nothing_is_named(self, ground: Ground) -> None:
        workspace = await ground.open("task-1")
        ground.write(workspace, "made/by/a script.txt", "1\n")
        ground.delete(workspace, "notes.txt")
        assert sorted(await ground.backend.changed(workspace)) == ["made/by/a script.txt", "notes.txt"]
        commit = await ground.commit(workspace)
        assert commit is not None
        assert sorted(commit.files) == ["made/by/a script.txt", "notes.txt"]
        assert list(await ground.backend.changed(workspace)) == []

    async def test_paths_may_be_relative(self, ground: Ground) -> None:
        workspace = await ground.open("task-1")
        ground.write(workspace, "sub/new.txt", "1\n")
        commit = await ground.commit(workspace, FileEdit("./sub/../sub/new.txt"))
        assert commit is not None
        assert commit.files == ("sub/new.txt",)

    @pytest.mark.parametrize("path", ["/etc/passwd", "../outside.txt", ".git/config", "", "a\0b"])
    async def test_a_path_outside_is_refused_in_words(self, ground: Ground, path: str) -> None:
        workspace = await ground.open("task-1")
        with pytest.raises(BadInput, match=r"\w+ .*\w+"):
            await ground.commit(workspace, FileEdit(path))

    async def test_uncommitted_work_is_never_thrown_away(self, ground: Ground) -> None:
        workspace = await ground.open("task-1")
        ground.write(workspace, "precious.txt", "work\n")
        for delete_branch in (False, True):
            with pytest.raises(Conflict, match=r"precious\.txt"):
                await ground.backend.close(workspace, delete_branch=delete_branch)
        assert ground.read(workspace, "precious.txt") == "work\n"
        assert await ground.open("task-1") == workspace

    async def test_closing_removes_the_folder(self, ground: Ground) -> None:
        workspace = await ground.open("task-1")
        await ground.backend.close(workspace)
        assert ground.read(workspace, "notes.txt") is None

    async def test_a_branch_of_another_task_is_not_taken_over(self, ground: Ground) -> None:
        await ground.open("task-1")
        with pytest.raises(Conflict, match="chorus/task-1"):
            await ground.backend.open(WorkspaceSpec(ground.repository, "task-2", "chorus/task-1"))

    async def test_a_branch_begins_at_its_base(self, ground: Ground) -> None:
        first = await ground.open("task-1")
        await ground.commit(first, ground.write(first, "notes.txt", "changed\n"))
        for task, base in (
            ("task-2", "chorus/task-1"),
            ("task-3", (await ground.backend.commits(first))[0].id),
        ):
            workspace = await ground.open(task, base)
            assert ground.read(workspace, "notes.txt") == "changed\n"
            assert list(await ground.backend.commits(workspace)) == []

    @pytest.mark.parametrize(
        "base", ["missing", "--output=/tmp/never", "HEAD;x", ":(exclude)*", "@{u}", "f" * 40]
    )
    async def test_a_base_that_is_none_is_refused(self, ground: Ground, base: str) -> None:
        with pytest.raises(BadInput):
            await ground.open("task-1", base)

    async def test_a_folder_that_was_deleted_is_made_again(self, ground: Ground) -> None:
        workspace = await ground.open("task-1")
        await ground.commit(workspace, ground.write(workspace, "notes.txt", "changed\n"))
        shutil.rmtree(workspace.path)
        with pytest.raises(Unavailable, match="missing"):
            await ground.backend.changed(workspace)
        assert await ground.open("task-1") == workspace
        assert ground.read(workspace, "notes.txt") == "changed\n"
        assert list(await ground.backend.changed(workspace)) == []

    async def test_a_folder_that_was_deleted_is_no_obstacle_to_closing(self, ground: Ground) -> None:
        workspace = await ground.open("task-1")
        await ground.commit(workspace, ground.write(workspace, "notes.txt", "changed\n"))
        shutil.rmtree(workspace.path)
        assert await ground.commit(workspace) is None
        await ground.backend.close(workspace)
        assert len(await ground.backend.commits(workspace)) == 1
        assert "+changed" in await ground.backend.diff(workspace)
