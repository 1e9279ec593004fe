"""Putting a worktree away. Nothing that is not committed is ever deleted, and no commit is ever lost."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from chorus.errors import Conflict
from chorus_git.branches import Branch
from chorus_git.room import forget
from chorus_git.submodules import unsaved
from chorus_git.work import Work
from chorus_git.worktrees import put_aside


async def close_workspace(work: Work, *, delete_branch: bool) -> None:
    """Delete the worktree, which is clean; and, when asked, the branch, whose commits are archived.

    Ignored files in the worktree (builds, caches) go with it, as with `git worktree remove`.
    """
    room, path = work.room, work.path
    branch = await room.branches.look(work.workspace.branch, path.name)
    if delete_branch:
        _refuse_checked_out(branch, path)
    if not room.unfinished(path).exists():
        await _keep_work(work)
    put_aside(path)
    await room.worktrees.forget(path)
    room.unfinished(path).unlink(missing_ok=True)
    forget(room.remembered(path))
    if delete_branch:
        if branch.tip:
            await room.branches.archive(branch.name, branch.tip)
        await room.branches.delete(branch, path.name)


def _refuse_checked_out(branch: Branch, path: Path) -> None:
    if branch.worktree not in ("", str(path)):
        raise Conflict(
            f"The branch {branch.name!r} is checked out in {branch.worktree}, so it is not deleted: switch"
            " that checkout to another branch and try again.",
            reason="checked_out_elsewhere",
            branch=branch.name,
        )


async def _keep_work(work: Work) -> None:
    """Raise Conflict when deleting the worktree would lose something; archive commits without a branch."""
    room, path = work.room, work.path
    record = room.worktrees.record(path)
    if record is None:
        if path.exists():
            raise _unsafe(path, "git no longer knows it as a worktree", "Move it away to keep what is in it")
        return
    if path.is_dir():
        await _refuse_changes(work, record)
    _, commit = await room.worktrees.head(record, path)
    if commit and await room.branches.unnamed(commit):
        await room.branches.archive(work.workspace.branch, commit)


async def _refuse_changes(work: Work, record: Path) -> None:
    room, path = work.room, work.path
    if (path / ".git").is_dir():
        raise _unsafe(path, "it has a repository of its own in its place", "Move that away")
    if (record / "locked").exists():
        raise _unsafe(path, "it is locked", f"Unlock it with `git worktree unlock {path}`")
    if what := await room.worktrees.under_way(record, path):
        raise _unsafe(path, what, "Finish or abort it")
    if changed := await work.changed():
        raise _unsafe(path, f"not committed there: {_listed(changed)}", "Commit or delete that")
    async with room.control.scratch() as scratch:
        tips = (work.workspace.base, await work.head())
        if found := await unsaved(room.git, room.control, str(path), tips, scratch):
            reason = f"these submodules have changes or commits that exist nowhere else: {_listed(found)}"
            raise _unsafe(path, reason, "Push them, or delete them")


def _unsafe(path: Path, reason: str, advice: str) -> Conflict:
    return Conflict(
        f"The worktree {path} was not deleted: {reason}. {advice}, then try again.",
        reason="work_left",
        path=str(path),
    )


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more
