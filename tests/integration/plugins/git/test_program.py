"""The git program itself: missing, old, hanging, failing, talkative."""

from __future__ import annotations

import asyncio
import gc
import os
import select
from pathlib import Path

import pytest
from chorus_git import Options
from chorus_git.failures import readable

from chorus.errors import BackendError, BadInput, StorageFull, Unavailable
from chorus.settings import read_options
from tests.support.git_scene import Scene


async def test_missing(scene: Scene) -> None:
    backend = scene.backend(command="git-that-is-not-there")
    assert "'git-that-is-not-there' is not on PATH: install git" in (backend.check() or "")
    with pytest.raises(Unavailable, match="install git"):
        await backend.inspect(str(scene.top))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("echo git version 2.20.1; exit", "git 2.20 is too old: install 2.34 or newer"),
        ("echo a shell; exit", "does not tell its version"),
        ("exit 1", "does not tell its version"),
        ("echo git version 2.51.0.windows.1; exit", ""),
    ],
)
def test_other_programs(scene: Scene, answer: str, said: str) -> None:
    assert said in (scene.backend(command=scene.program(answer)).check() or "")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"comand": "git"}, "unknown key `comand`"),
        ({"command": ""}, 'command must be a string such as "git"'),
        ({"command": "-x"}, 'command must be a string such as "git"'),
        ({"command": ["git"]}, "command must be a string"),
        ({"timeout": 0}, "timeout must be a number greater than 0 and at most 86400"),
        ({"timeout": True}, "timeout must be a number"),
        ({"timeout": float("inf")}, "timeout must be a number"),
        ({"lock_timeout": "10"}, "lock_timeout must be a number"),
        ({"worktrees": "relative"}, "worktrees must be an absolute path"),
        ({"base": 1}, "base must be a string"),
    ],
)
def test_options_that_cannot_be_used(options: dict[str, object], said: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_options(Options, options, "git")
    assert said in caught.value.message


async def test_options_that_can(scene: Scene) -> None:
    options = {"timeout": 5, "lock_timeout": 0.5, "checkout_timeout": 60, "worktrees": "~/w", "base": "main"}
    workspace = await scene.ground(**options, command="git", max_file_mib=5).open("task-1")
    assert workspace.path.startswith(str(Path.home() / "w"))


async def test_a_git_that_hangs_is_ended_with_all_it_started(scene: Scene) -> None:
    child = scene.top.parent / "child"
    program = scene.program(f'sleep 600 & echo $! > "{child}.new"; mv "{child}.new" "{child}"; wait')
    with pytest.raises(BackendError, match=r"`git rev-parse` did not finish within 0.5 s and was ended"):
        await scene.backend(command=program, timeout=0.5).inspect(str(scene.top))
    assert _ended(int(child.read_text()))
    gc.collect()


async def test_a_git_that_will_not_be_ended(scene: Scene) -> None:
    program = scene.program("trap '' TERM", "while :; do sleep 0.1; done")
    with pytest.raises(BackendError, match="did not finish"):
        await scene.backend(command=program, timeout=0.5).inspect(str(scene.top))


async def test_while_one_repository_hangs_others_go_on(scene: Scene, tmp_path: Path) -> None:
    scene.git("clone", "-q", ".", str(tmp_path / "stuck"))
    release = tmp_path / "release"
    os.mkfifo(release)
    program = scene.program(f'case "$PWD" in */stuck) cat "{release}" > /dev/null;; esac')
    ground = scene.ground(command=program)
    stuck = asyncio.create_task(ground.backend.inspect(str(tmp_path / "stuck")))
    workspace = await ground.open("task-1")
    assert await ground.commit(workspace, ground.write(workspace, "notes.txt", "changed\n")) is not None
    assert not stuck.done()
    stuck.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stuck


async def test_cancelled_work_leaves_no_process(scene: Scene) -> None:
    started = scene.top.parent / "started"
    os.mkfifo(started)
    program = scene.program(f'echo $$ > "{started}"; exec sleep 600')
    work = asyncio.create_task(scene.backend(command=program).inspect(str(scene.top)))
    process = int(await asyncio.to_thread(started.read_text))
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert _ended(process)
    gc.collect()


async def test_what_git_says_is_told_without_its_secrets(scene: Scene) -> None:
    ground = scene.ground()
    workspace = await ground.open("task-1")
    before = scene.branches()
    program = scene.program(
        'case "$*" in *commit-tree*) printf "fatal: https://ada:hunter2@example.org/x\\\\033[31m\\\\nghp_%s" '
        "aaaaaaaaaaaaaaaaaaaa >&2; exit 128;; esac"
    )
    edit = ground.write(workspace, "notes.txt", "changed\n")
    with pytest.raises(BackendError) as caught:
        await scene.ground(command=program).commit(workspace, edit)
    assert caught.value.message == "`git commit-tree` failed: fatal: https://***@example.org/x [31m; ***."
    assert scene.branches() == before
    assert await ground.commit(workspace, edit) is not None  # the same again, without the trouble


async def test_a_full_disk(scene: Scene) -> None:
    ground = scene.ground()
    workspace = await ground.open("task-1")
    program = scene.program(
        'case "$*" in *write-tree*) echo "fatal: write error: No space left on device" >&2; exit 128;; esac'
    )
    with pytest.raises(StorageFull):
        await scene.ground(command=program).commit(workspace, ground.write(workspace, "notes.txt", "x\n"))
    assert await ground.backend.commits(workspace) == []


async def test_lists_without_end(scene: Scene) -> None:
    ground = scene.ground()
    workspace = await ground.open("task-1")
    program = scene.program('case "$*" in *ls-files*) yes;; esac')
    with pytest.raises(BackendError, match="printed more than 64 MiB"):
        await scene.backend(command=program).changed(workspace)


async def test_a_diff_without_end(scene: Scene) -> None:
    program = scene.program('case "$*" in *diff-tree*) yes;; esac')
    ground = scene.ground(command=program)
    workspace = await ground.open("task-1")
    ground.write(workspace, "notes.txt", "changed\n")
    diff = await ground.backend.diff(workspace)
    assert "cut after 4 MiB" in diff.splitlines()[-1]
    gc.collect()  # a process that asyncio has not let go of would make a warning, and with that a failure


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://user:pw@host/x", "https://***@host/x"),
        ("https://host/x?token=abc&y=1", "https://host/x?token=***&y=1"),
        ("Authorization: Bearer abc.def", "Authorization: ***"),
        ("key sk-ant-api03-abcdefgh12345678", "key ***"),
        ("github_pat_11AAAAAAA0aaaaaaaa", "***"),
        ("a\nb\tc\x1b]0;x\x07d\x9b", "a; b c ]0;x d"),
        ("x" * 1000, "x" * 600 + " …"),
    ],
)
def test_readable(text: str, shown: str) -> None:
    assert readable(text) == shown


def _ended(pid: int) -> bool:
    """Whether the process ends: told by the system, also when nobody has taken its status yet."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], 5)[0])
    finally:
        os.close(process)
