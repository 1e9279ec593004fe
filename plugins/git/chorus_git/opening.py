"""Making a task's branch and worktree, or finding the ones it has.

Every step looks first, so that opening again after a crash at any instant ends in the same state:
the branch and the record of where it began (one transaction), the mark that the worktree is unfinished,
the worktree without files, the files, the agent's index, and the mark taken away.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from chorus.backends import Workspace, WorkspaceSpec
from chorus.errors import BadInput, Conflict
from chorus_git import lfs
from chorus_git.branches import taken
from chorus_git.changes import WorkIndex
from chorus_git.names import checked_branch, task_key
from chorus_git.repository import default_branch, resolve
from chorus_git.room import Room, remember
from chorus_git.worktrees import link, put_aside


async def open_workspace(room: Room, spec: WorkspaceSpec) -> Workspace:
    """The task's workspace, with its branch checked out in it."""
    name = checked_branch(spec.name)
    path = room.folder / task_key(spec.task_id)
    _refuse_inside(room, path)
    base = await _branch(room, name, path, spec.base)
    if room.unfinished(path).exists() or not path.exists():
        await _make(room, name, path)
    else:
        _find(room, path)
    return Workspace(room.checkout.top, name, str(path), base)


def _refuse_inside(room: Room, path: Path) -> None:
    for folder in (room.checkout.top, str(room.checkout.common)):
        if path.is_relative_to(folder):
            raise BadInput(
                f"The worktrees would be in {path.parent}, inside the repository {room.checkout.top}: set"
                " `worktrees` in [plugins.git] to a folder outside it."
            )


async def _branch(room: Room, name: str, path: Path, base: str | None) -> str:
    """Have the branch; the commit it began at."""
    branch = await room.branches.look(name, path.name)
    if branch.tip and branch.began:
        return branch.began
    begin = base or await default_branch(room.git, room.checkout, room.options.base)
    if branch.tip and branch.worktree != str(path):
        raise taken(name, room.checkout.top)
    commit = branch.began or await resolve(room.git, room.checkout, begin)
    if branch.tip:  # ours by its worktree, although somebody removed the record
        common = await room.git.run(room.control.place(), "merge-base", branch.tip, commit)
        return common.text
    await room.branches.create(name, path.name, commit)
    return commit


async def _make(room: Room, name: str, path: Path) -> None:
    """Make the worktree from the branch. There is no folder, or one that nobody has worked in."""
    await _clear(room, name, path)
    room.unfinished(path).touch()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    record = await room.worktrees.add(path, name)
    _, commit = await room.worktrees.head(record, path)
    if commit is None:
        raise Conflict(f"The branch {name!r} went away while its worktree was made. Try again.")
    await _check_out(room, path, commit, record)
    room.unfinished(path).unlink()


async def _clear(room: Room, name: str, path: Path) -> None:
    """Drop what is left of a worktree whose folder was deleted; commits that only it knew are kept."""
    record = room.worktrees.record(path)
    _, commit = await room.worktrees.head(record, path) if record else ("", None)
    if commit and await room.branches.unnamed(commit):
        await room.branches.archive(name, commit)
    put_aside(path)
    await room.worktrees.forget(path)


async def _check_out(room: Room, path: Path, commit: str, record: Path) -> None:
    async with room.control.scratch() as scratch:
        index = scratch / "index"
        work = WorkIndex(room.git, room.control, str(path), index)
        await work.checkout(commit)
        await _restore_contents(room, work, path)
        fresh = record / "index.chorus"
        shutil.copy2(index, fresh)
        os.replace(fresh, record / "index")
        remember(room.remembered(path), commit, index)


async def _restore_contents(room: Room, work: WorkIndex, path: Path) -> None:
    store = room.checkout.common / "lfs"
    if (store / "objects").is_dir():
        names = await work.managed("lfs")
        for name in names:
            await lfs.restore(os.path.join(path, os.fsdecode(name)), store)
        await work.unread(names)


def _find(room: Room, path: Path) -> None:
    record = room.worktrees.record(path)
    if record is None:
        raise Conflict(
            f"git no longer knows the worktree {path}: its record in {room.checkout.common} is gone. Move"
            " that folder away to keep what is in it, and try again.",
            reason="worktree_unknown",
            path=str(path),
        )
    link(path, record)
