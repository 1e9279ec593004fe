"""What goes wrong becomes a coded error that says what to do, and the work is kept."""

from __future__ import annotations

import asyncio
import fcntl
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from asyncinotify import Inotify, Mask
from chorus_gitbutler.failures import Rejected, failure
from chorus_gitbutler.process import Finished, TimedOut, readable

from chorus.errors import BackendError, BadInput, Busy, ChorusError, Conflict, Unavailable
from tests.support.gitbutler import Scene, made, opened


async def test_a_repository_that_is_not_set_up(plain: Scene) -> None:
    with pytest.raises(Conflict, match="Set the repository up for GitButler first") as error:
        await opened(plain.backend(), plain, "task")
    assert error.value.details["reason"] == "setup_required"


async def test_a_repository_that_left_the_workspace(scene: Scene) -> None:
    backend = scene.backend()
    [task] = await opened(backend, scene, "task")
    scene.git("checkout", "-q", "main")
    edit = scene.write("own.txt", "mine\n")
    request = scene.request(edit)
    with pytest.raises(Conflict, match="Run `but setup`") as error:
        await backend.commit(task, request)
    assert error.value.details["reason"] == "not_on_workspace"
    assert not await backend.suits(str(scene.top))

    scene.run_but("setup")
    assert made(await backend.commit(task, request)).files == ("own.txt",)


async def test_a_commit_made_with_git_on_the_workspace(scene: Scene) -> None:
    backend = scene.backend()
    [task] = await opened(backend, scene, "task")
    scene.write("own.txt", "mine\n")
    scene.git("add", ".")
    scene.git("commit", "-q", "--no-verify", "-m", "Oops")
    with pytest.raises(Conflict, match="but teardown") as error:
        await backend.commits(task)
    assert error.value.details["reason"] == "teardown_required"


async def test_a_branch_that_is_merged_upstream(scene: Scene) -> None:
    backend = scene.backend()
    [task] = await opened(backend, scene, "task")
    commit = made(await backend.commit(task, scene.request(scene.write("own.txt", "mine\n"))))
    merge = scene.git("commit-tree", f"{commit.id}^{{tree}}", "-p", "main", "-p", commit.id, "-m", "Merge")
    scene.git("update-ref", "refs/remotes/gb-local/main", merge)
    with pytest.raises(Conflict, match="merged upstream already") as error:
        await backend.commit(task, scene.request(scene.write("more.txt", "more\n")))
    assert error.value.details["reason"] == "merged_upstream"
    assert await backend.changed(task) == ("more.txt",)


async def test_a_failure_in_words_is_passed_on_and_the_work_tried_again(newest: Scene) -> None:
    [task] = await opened(newest.backend(), newest, "task")
    failing = newest.backend(
        env={"FAKE_BUT_FAIL": "commit:Error: the disk is\x1b[31m on fire\\nCaused by: heat"}
    )
    request = newest.request(newest.write("own.txt", "mine\n"))
    with pytest.raises(BackendError, match="exit code 1.*the disk is.* on fire") as error:
        await failing.commit(task, request)
    assert "\x1b" not in error.value.message
    assert made(await newest.backend().commit(task, request)).files == ("own.txt",)


async def test_a_hang_is_ended_with_everything_it_started(newest: Scene) -> None:
    [task] = await opened(newest.backend(), newest, "task")
    hanging = newest.backend(timeout=4, env={"FAKE_BUT_HANG": "status"})
    with pytest.raises(TimedOut, match="`but status` did not finish in 4 s and was ended"):
        await hanging.commits(task)
    assert _children() == []
    assert await newest.backend().commits(task) == []


async def test_a_cancelled_call_leaves_no_process(newest: Scene) -> None:
    hanging = newest.backend(env={"FAKE_BUT_HANG": "status"})
    [task] = await opened(newest.backend(), newest, "task")
    call = asyncio.create_task(hanging.commits(task))
    log = newest.folder / "calls"
    before = log.stat().st_size
    with Inotify() as changes:
        changes.add_watch(log, Mask.MODIFY)
        async for _ in changes:
            if '"status"' in log.read_text()[before:]:
                break
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert _children() == []
    assert await newest.backend().commits(task) == []  # the lock is free


def _children() -> list[str]:
    """The fake's processes that this process still has."""
    text = subprocess.run(
        ["ps", "-o", "args=", "--ppid", str(os.getpid())], capture_output=True, text=True
    ).stdout
    return [line for line in text.splitlines() if "/fakes/but" in line]


async def test_who_holds_gitbutlers_lock_is_named(newest: Scene) -> None:
    [task] = await opened(newest.backend(), newest, "task")
    with (newest.top / ".git/gitbutler/gitbutler.write-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(Busy, match=f"Process {os.getpid()} holds GitButler's lock") as error:
            await newest.backend(timeout=4).commits(task)
    assert error.value.details["reason"] == "locked"


async def test_another_chorus_is_waited_for_and_named(newest: Scene) -> None:
    [task] = await opened(newest.backend(), newest, "task")
    with (newest.top / ".git/chorus-gitbutler.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(Busy, match="another Chorus"):
            await newest.backend(timeout=3).commits(task)
        waiting = asyncio.create_task(newest.backend().commits(task))
        await asyncio.sleep(0)
        fcntl.flock(lock, fcntl.LOCK_UN)
        assert await waiting == []


async def test_a_lock_that_leads_elsewhere_is_not_followed(newest: Scene) -> None:
    [task] = await opened(newest.backend(), newest, "task")
    lock = newest.top / ".git/chorus-gitbutler.lock"
    lock.unlink()
    lock.symlink_to(newest.folder / "elsewhere")
    with pytest.raises(BackendError, match="chorus-gitbutler.lock"):
        await newest.backend().commits(task)
    assert not (newest.folder / "elsewhere").exists()


async def test_calls_are_serialised_where_but_has_no_lock(oldest: Scene) -> None:
    backend, other = oldest.backend(), oldest.backend(state="another")
    tasks = await opened(backend, oldest, *(f"task{number}" for number in range(4)))
    edits = [oldest.write(f"file{number}.txt", f"{number}\n") for number in range(4)]
    commits = await asyncio.gather(
        *(
            (backend, other)[number % 2].commit(task, oldest.request(edits[number]))
            for number, task in enumerate(tasks)
        )
    )
    assert [made(each).files for each in commits] == [(f"file{number}.txt",) for number in range(4)]
    assert not (oldest.top / ".git/gitbutler/fake-overlap").exists()


async def test_a_program_that_is_missing_too_old_or_broken(newest: Scene, tmp_path: Path) -> None:
    missing = newest.backend(command="but-not-here")
    assert "no `but-not-here` on PATH" in str(missing.check())
    assert not await missing.suits(str(newest.top))
    assert "no `but-not-here` on PATH" in await missing.explain(str(newest.top))
    with pytest.raises(Unavailable, match="no `but-not-here` on PATH"):
        await opened(missing, newest, "task")

    for name, script, words in (
        ("old", "echo 'Usage: but commit [--files <F>]'", "too old"),
        (
            "broken",
            "echo 'libdbus-1.so.3: cannot open shared object' >&2; exit 127",
            "does not start: libdbus",
        ),
    ):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        backend = newest.backend(command=str(program))
        assert not await backend.suits(str(newest.top))
        assert words in await backend.explain(str(newest.top))


async def test_an_answer_that_is_no_json(newest: Scene, tmp_path: Path) -> None:
    program = tmp_path / "odd"
    asked_for_help = f"case $* in *--help*) exec {newest.but} $*;; esac"
    program.write_text(f"#!/bin/sh\n{asked_for_help}\necho Hello\n")
    program.chmod(0o755)
    with pytest.raises(BackendError, match="not JSON"):
        await opened(newest.backend(command=str(program)), newest, "task")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"comand": "but"}, "unknown key `comand`"),
        ({"timeout": 0}, "timeout must be a number"),
        ({"edit_wait": "long"}, "edit_wait must be a number"),
        ({"on_conflict": "fight"}, 'one of "stack", "hold", "ask"'),
        ({"command": 7}, "command must be"),
    ],
)
def test_options_are_checked(newest: Scene, options: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        newest.config(**options)


REJECTION = """\
Error: Cannot commit: 2 changes could not be applied:
  first
    line 1 depends on foo (1)
  sub/second file
    around line 12 depends on chorus/t1-x (ab)
    conflicts with commits on A, B (edits touch the same file)
    depends on commit 1234567

Hint: to apply these changes, create bar stacked on top of foo and try again:
  but branch new bar --anchor foo
"""


def test_a_rejection_is_read() -> None:
    error = failure(Finished(("but", "commit"), 1, "", REJECTION))
    assert isinstance(error, Rejected)
    assert [(each.path, each.detail, each.branches) for each in error.obstacles] == [
        ("first", "line 1 depends on foo", ("foo",)),
        ("sub/second file", "around line 12 depends on chorus/t1-x", ("chorus/t1-x",)),
        ("sub/second file", "conflicts with commits on A, B (edits touch the same file)", ("A", "B")),
        ("sub/second file", "depends on commit 1234567", ()),
    ]


@pytest.mark.parametrize(
    ("code", "stderr", "kind", "reason"),
    [
        (1, "Error: Setup required: No GitButler project found at .", Conflict, "setup_required"),
        (1, "Setup required: Not currently on a gitbutler/* branch. - run", Conflict, "not_on_workspace"),
        (1, "GitButler mode exit required: please run `but teardown`", Conflict, "teardown_required"),
        (1, "Error: No git repository found at .", BadInput, "no_repository"),
        (1, "Bare repositories are not supported.", BadInput, "bare"),
        (1, "Error: Branch 'A' is merged upstream", Conflict, "merged_upstream"),
        (1, "Error: Could not find branch: 'x'", ChorusError, "no_branch"),
        (1, "Error: No author is configured in Git", Unavailable, "no_author"),
        (1, "Error: database is locked", Busy, "locked"),
        (
            1,
            "Error: Cannot commit: 1 change could not be applied:\n  a\n"
            "    the selected hunks no longer match the worktree\n",
            Busy,
            "raced",
        ),
        (2, "error: unexpected argument '--x' found", BackendError, "usage"),
        (127, "error while loading shared libraries: libdbus-1.so.3", Unavailable, "cannot_start"),
        (-9, "", BackendError, "failed"),
    ],
)
def test_failures_have_codes(code: int, stderr: str, kind: type[ChorusError], reason: str) -> None:
    error = failure(Finished(("but",), code, "", stderr))
    assert isinstance(error, kind)
    assert error.details["reason"] == reason
    assert error.message


def test_credentials_and_control_characters_are_not_shown() -> None:
    assert (
        readable("push to https://me:secret@host/x \x1b]0;title\x07failed\n")
        == "push to https://host/x ]0;titlefailed"
    )
