"""Many tasks in one working tree: each branch gets its own hunks, and nobody's are swept up."""

from __future__ import annotations

import asyncio

import pytest

from chorus.backends import ConflictPolicy, ResolvesConflicts, SharesTree
from chorus.errors import VcsConflict
from chorus.model import FileEdit
from tests.support.gitbutler import Scene, hunks_between, made, opened


async def test_two_agents_edit_one_file_and_keep_their_own_hunks(scene: Scene) -> None:
    backend = scene.backend()
    first, second = await opened(backend, scene, "first", "second")
    one = scene.replace("notes.txt", "line 5\n", "line five\n")
    two = scene.replace("notes.txt", "line 30\n", "line thirty\n")

    commits = await asyncio.gather(
        backend.commit(first, scene.request(one, message="Spell five")),
        backend.commit(second, scene.request(two, message="Spell thirty")),
    )

    assert [made(each).files for each in commits] == [("notes.txt",)] * 2
    assert scene.changed_on("chorus/first") == ["-line 5", "+line five"]
    assert scene.changed_on("chorus/second") == ["-line 30", "+line thirty"]
    assert await backend.unassigned(str(scene.top)) == ()


async def test_a_third_next_to_the_first_conflicts_until_it_is_stacked(scene: Scene) -> None:
    backend = scene.backend()
    first, second, third = await opened(backend, scene, "first", "second", "third")
    for workspace, old, new in ((first, "line 5\n", "line five\n"), (second, "line 30\n", "line thirty\n")):
        await backend.commit(workspace, scene.request(scene.replace("notes.txt", old, new)))
    edit = scene.replace("notes.txt", "line 6\n", "line six\n")

    with pytest.raises(VcsConflict) as conflict:
        await backend.commit(third, scene.request(edit, message="Spell six"))
    assert conflict.value.details["depends_on"] == ["chorus/first"]
    assert conflict.value.details["choices"] == ["stack", "hold"]
    assert "notes.txt: line" in conflict.value.message
    assert "depends on chorus/first" in conflict.value.message
    assert await backend.changed(third) == ("notes.txt",)
    assert await backend.commits(third) == []
    assert "line six" in scene.read("notes.txt")

    assert isinstance(backend, ResolvesConflicts)
    commit = await backend.resolve(third, scene.request(message="Spell six"), ConflictPolicy.STACK)
    assert made(commit).message == "Spell six"
    assert scene.changed_on("chorus/third", "chorus/first") == ["-line 6", "+line six"]
    assert scene.changed_on("chorus/first") == ["-line 5", "+line five"]
    assert scene.changed_on("chorus/second") == ["-line 30", "+line thirty"]
    assert [each.message for each in await backend.commits(third)] == ["Spell six"]
    assert await backend.changed(third) == ()
    assert scene.git("status", "--porcelain") == ""


async def test_the_policy_can_stack_without_asking(scene: Scene) -> None:
    backend = scene.backend(on_conflict="stack")
    first, second = await opened(backend, scene, "first", "second")
    await backend.commit(first, scene.request(scene.replace("notes.txt", "line 5\n", "line five\n")))
    await backend.commit(second, scene.request(scene.write("own.txt", "mine\n")))
    commit = await backend.commit(
        second, scene.request(scene.replace("notes.txt", "line 6\n", "line six\n"), message="Spell six")
    )
    assert made(commit).message == "Spell six"
    assert scene.changed_on("chorus/second", "chorus/first") == ["-line 6", "+line six", "+mine"]


async def test_a_held_change_is_kept_and_tried_again_in_silence(scene: Scene) -> None:
    backend = scene.backend()
    first, second = await opened(backend, scene, "first", "second")
    await backend.commit(first, scene.request(scene.replace("notes.txt", "line 5\n", "line five\n")))
    with pytest.raises(VcsConflict):
        await backend.commit(second, scene.request(scene.replace("notes.txt", "line 6\n", "line six\n")))
    assert await backend.resolve(second, scene.request(), ConflictPolicy.HOLD) is None

    own = await backend.commit(second, scene.request(scene.write("own.txt", "mine\n")))
    assert made(own).files == ("own.txt",)
    assert await backend.commit(second, scene.request()) is None
    assert await backend.changed(second) == ("notes.txt",)

    scene.replace("notes.txt", "line five\n", "line 5\n")  # the first one thinks again
    with pytest.raises(VcsConflict):  # both edits are one hunk now, and the other half is nobody's
        await backend.resolve(second, scene.request(), ConflictPolicy.ASK)


async def test_a_conflict_in_one_file_does_not_hold_up_the_others(scene: Scene) -> None:
    backend = scene.backend()
    first, second = await opened(backend, scene, "first", "second")
    await backend.commit(first, scene.request(scene.replace("notes.txt", "line 5\n", "line five\n")))
    edits = scene.replace("notes.txt", "line 6\n", "line six\n"), scene.write("own.txt", "mine\n")
    with pytest.raises(VcsConflict) as conflict:
        await backend.commit(second, scene.request(*edits))
    [commit] = await backend.commits(second)
    assert conflict.value.details["committed"] == commit.id
    assert commit.files == ("own.txt",)
    assert await backend.changed(second) == ("notes.txt",)


async def test_what_a_person_changed_is_never_committed(scene: Scene) -> None:
    scene.write("draft.txt", "my own\n")
    scene.replace("notes.txt", "line 20\n", "my line 20\n")
    backend = scene.backend()
    [task] = await opened(backend, scene, "task")
    edit = scene.replace("notes.txt", "line 5\n", "line five\n")
    scene.write("later.txt", "my own, too\n")

    await backend.commit(task, scene.request(edit))
    assert await backend.commit(task, scene.request()) is None
    assert scene.changed_on("chorus/task") == ["-line 5", "+line five"]
    assert await backend.unassigned(str(scene.top)) == ("draft.txt", "later.txt", "notes.txt")
    assert await backend.changed(task) == ()


async def test_an_edit_that_joins_a_hunk_of_nobody_is_kept_back(scene: Scene) -> None:
    scene.replace("notes.txt", "line 4\n", "my line 4\n")
    backend = scene.backend()
    [task] = await opened(backend, scene, "task")
    edit = scene.replace("notes.txt", "line 5\n", "line five\n")
    # The other line could be an edit that is not reported yet; when the turn has ended it is not.
    assert await backend.commit(task, scene.request(edit)) is None
    with pytest.raises(VcsConflict, match="one hunk with uncommitted lines of nobody") as conflict:
        await backend.commit(task, scene.request())
    assert conflict.value.details["reason"] == "shared_hunk"
    assert conflict.value.details["choices"] == ["hold"]
    assert scene.changed_on("chorus/task") == []


async def test_shell_commands_are_attributed_by_watching(scene: Scene) -> None:
    backend = scene.backend()
    assert isinstance(backend, SharesTree)
    first, second = await opened(backend, scene, "first", "second")

    assert await backend.tool_started(first, "use-1", None)
    scene.write("generated.txt", "made\n")
    scene.replace("notes.txt", "line 30\n", "line thirty\n")
    assert await backend.tool_finished(first, "use-1") == ("generated.txt", "notes.txt")
    scene.write("between.txt", "while no tool ran\n")
    assert await backend.tool_started(second, "use-2", None)
    scene.write("second.txt", "made\n")
    (scene.top / "between.txt").write_text("while no tool ran\nand one line while one did\n")
    assert await backend.tool_finished(second, "use-2") == ("between.txt", "second.txt")

    assert made(await backend.commit(first, scene.request())).files == ("generated.txt", "notes.txt")
    with pytest.raises(VcsConflict):  # between.txt is new as a whole, and one line of it is nobody's
        await backend.commit(second, scene.request())
    assert scene.changed_on("chorus/second") == ["+made"]
    assert await backend.unassigned(str(scene.top)) == ("between.txt",)


async def test_files_written_while_two_tools_ran_are_nobodys(scene: Scene) -> None:
    backend = scene.backend()
    first, second = await opened(backend, scene, "first", "second")
    await backend.tool_started(first, "use-1", None)
    scene.write("early.txt", "only the first ran\n")
    await backend.tool_started(second, "use-2", None)
    scene.write("whose.txt", "both ran\n")
    await backend.tool_finished(first, "use-1")
    scene.write("late.txt", "only the second ran\n")
    await backend.tool_finished(second, "use-2")

    assert await backend.changed(first) == ("early.txt",)
    assert await backend.changed(second) == ("late.txt",)
    assert await backend.unassigned(str(scene.top)) == ("whose.txt",)


async def test_a_reported_edit_beats_a_watched_one(scene: Scene) -> None:
    backend = scene.backend()
    first, second = await opened(backend, scene, "first", "second")
    await backend.tool_started(first, "use-1", None)
    edit = scene.write("new.txt", "by the second one\n")
    await backend.tool_finished(first, "use-1")  # its report comes later than this
    said = FileEdit(edit.path, hunks_between("", "by the second one\n"))
    await backend.commit(second, scene.request(said))
    assert scene.changed_on("chorus/second") == ["+by the second one"]
    assert await backend.commit(first, scene.request()) is None


async def test_a_guarded_edit_is_not_taken_for_a_shell_commands(scene: Scene) -> None:
    backend = scene.backend()
    first, second = await opened(backend, scene, "first", "second")
    await backend.tool_started(first, "bash", None)
    assert await backend.tool_started(second, "edit", [str(scene.top / "notes.txt")])
    edit = scene.replace("notes.txt", "line 5\n", "line five\n")
    assert await backend.tool_finished(first, "bash") == ()
    await backend.commit(second, scene.request(edit))
    await backend.tool_finished(second, "edit")
    assert scene.changed_on("chorus/second") == ["-line 5", "+line five"]


async def test_the_guard_keeps_edits_of_one_file_apart(newest: Scene) -> None:
    backend = newest.backend()
    first, second = await opened(backend, newest, "first", "second")
    path = str(newest.top / "notes.txt")
    assert await backend.tool_started(first, "one", [path])
    waiting = asyncio.create_task(backend.tool_started(second, "two", [path]))
    elsewhere = await backend.tool_started(second, "three", [str(newest.top / "other.txt")])
    assert elsewhere
    assert not waiting.done()
    await backend.tool_finished(first, "one")
    assert await waiting


async def test_the_guard_lets_go_of_edits_that_never_end(newest: Scene) -> None:
    backend = newest.backend(edit_wait=0.05, edit_lease=60)
    first, second = await opened(backend, newest, "first", "second")
    assert await backend.tool_started(first, "one", ["notes.txt"])
    assert not await backend.tool_started(second, "two", ["notes.txt"])  # waited in vain, and goes on
    await backend.tools_ended(first)
    assert await backend.tool_started(second, "two", ["notes.txt"])

    hasty = newest.backend(edit_wait=30, edit_lease=0.05)
    assert await hasty.tool_started(first, "one", ["notes.txt"])
    assert await hasty.tool_started(second, "two", ["notes.txt"])  # the lease ran out


async def test_an_edit_that_is_reported_late_is_committed_with_the_next(scene: Scene) -> None:
    backend = scene.backend()
    [task] = await opened(backend, scene, "task")
    first = scene.replace("notes.txt", "line 5\n", "line five\n")
    second = scene.replace("notes.txt", "line five\nline 6\n", "line FIVE\nline six\n")
    assert await backend.commit(task, scene.request(first)) is None
    assert made(await backend.commit(task, scene.request(second))).files == ("notes.txt",)
    assert scene.changed_on("chorus/task") == ["-line 5", "-line 6", "+line FIVE", "+line six"]


async def test_what_a_formatter_does_to_an_edited_file_goes_with_the_edit(scene: Scene) -> None:
    scene.replace("notes.txt", "line 30\n", "my line 30\n")
    backend = scene.backend()
    [task] = await opened(backend, scene, "task")
    await backend.tool_started(task, "use", [str(scene.top / "notes.txt")])
    edit = scene.replace("notes.txt", "line 5\n", "line five\n")
    scene.replace("notes.txt", "line 4\nline five\n", "line five\nline 4\n")  # sorts
    scene.replace("notes.txt", "line 15\n", "line 15.\n")
    await backend.commit(task, scene.request(edit))
    await backend.tool_finished(task, "use")
    assert scene.changed_on("chorus/task") == ["+line five", "-line 5", "-line 15", "+line 15."]
    assert await backend.unassigned(str(scene.top)) == ("notes.txt",)


async def test_lines_with_odd_separators_are_one_line(scene: Scene) -> None:
    backend = scene.backend()
    [task] = await opened(backend, scene, "task")
    odd = "form\x0cfeed, line\u2028separator, next\x85line\n"
    edit = scene.replace("notes.txt", "line 5\n", odd)
    assert made(await backend.commit(task, scene.request(edit))).files == ("notes.txt",)


async def test_claims_survive_a_restart(scene: Scene) -> None:
    backend = scene.backend()
    first, second = await opened(backend, scene, "first", "second")
    await backend.commit(first, scene.request(scene.replace("notes.txt", "line 5\n", "line five\n")))
    with pytest.raises(VcsConflict):
        await backend.commit(second, scene.request(scene.replace("notes.txt", "line 6\n", "line six\n")))

    again = scene.backend()
    assert await again.changed(second) == ("notes.txt",)
    assert await again.unassigned(str(scene.top)) == ()
    commit = await again.resolve(second, scene.request(), ConflictPolicy.STACK)
    assert made(commit).files == ("notes.txt",)


async def test_a_broken_memory_claims_nothing_and_is_kept(newest: Scene) -> None:
    backend = newest.backend()
    [task] = await opened(backend, newest, "task")
    await backend.tool_started(task, "use", None)
    newest.write("made.txt", "made\n")
    await backend.tool_finished(task, "use")
    [file] = (newest.folder / "state" / "gitbutler").glob("*.json")
    file.write_text('{"claims": [{"bran')

    again = newest.backend()
    assert await again.changed(task) == ()
    assert await again.unassigned(str(newest.top)) == ("made.txt",)
    assert len(list(file.parent.glob("*.broken-*"))) == 1


async def test_the_oldest_generation_conflicts_stacks_and_deletes(oldest: Scene) -> None:
    backend = oldest.backend()
    first, second = await opened(backend, oldest, "first", "second")
    await backend.commit(first, oldest.request(oldest.replace("notes.txt", "line 5\n", "line five\n")))
    with pytest.raises(VcsConflict, match="depends on chorus/first"):
        await backend.commit(second, oldest.request(oldest.replace("notes.txt", "line 6\n", "line six\n")))
    await backend.resolve(second, oldest.request(), ConflictPolicy.STACK)
    await backend.close(second, delete_branch=True)
    assert "line 6" in oldest.read("notes.txt")
    assert oldest.git("branch", "--list", "chorus/second") == ""
