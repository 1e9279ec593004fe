"""The worktrees of tasks: finding, making and putting them away."""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from chorus.errors import BackendError, Conflict
from chorus_git.branches import identified
from chorus_git.program import Git, Place
from chorus_git.repository import Checkout

#: What git keeps in a worktree's folder while something is under way that a commit would disturb.
_UNDER_WAY = {
    "MERGE_HEAD": "merge",
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
}


class Worktrees:
    """The linked worktrees of one repository."""

    def __init__(self, git: Git, checkout: Checkout) -> None:
        self._git = git
        self._checkout = checkout

    def record(self, path: Path) -> Path | None:
        """git's folder for the worktree at `path`.

        Found from git's side: the `.git` file in the worktree is in the hands of the agent.
        """
        folder = self._checkout.common / "worktrees"
        likely = [folder / path.name] if (folder / path.name).is_dir() else []
        others = folder.iterdir() if folder.is_dir() else iter(())
        for record in (*likely, *others):
            if _worktree_of(record) == path:
                return record
        return None

    def place(self, record: Path, path: Path) -> Place:
        """For calls about the worktree's own index and HEAD."""
        cwd = path if path.is_dir() else record
        return Place(str(cwd), {"GIT_DIR": str(record), "GIT_WORK_TREE": str(path)})

    async def add(self, path: Path, branch: str) -> Path:
        """Make the worktree without files in it. Raises Conflict when the branch is checked out elsewhere."""
        try:
            await self._git.run(
                identified(self._checkout.place), "worktree", "add", "--no-checkout", "--end-of-options",
                str(path), branch,
            )  # fmt: skip
        except BackendError as error:
            if "already checked out" in error.message or "already used by worktree" in error.message:
                raise Conflict(
                    f"The branch {branch!r} is checked out elsewhere, and git allows that only once: switch"
                    f" that checkout to another branch and try again. ({error.message})",
                    reason="checked_out_elsewhere",
                    branch=branch,
                ) from error
            raise
        record = self.record(path)
        if record is None:
            raise BackendError(f"git made no worktree at {path}.")
        return record

    async def forget(self, path: Path) -> None:
        """Remove git's record of a worktree whose folder is gone or was never finished."""
        if self.record(path) is not None:
            await self._git.run(
                self._checkout.place,
                "worktree",
                "remove",
                "--force",
                "--force",
                "--end-of-options",
                str(path),
            )

    async def head(self, record: Path, path: Path) -> tuple[str, str | None]:
        """The reference (or `HEAD` when detached) and the commit that the worktree is on."""
        place = self.place(record, path)
        name = await self._git.run(place, "symbolic-ref", "--quiet", "HEAD", ok=(0, 1, 128))
        commit = await self._git.run(place, "rev-parse", "--quiet", "--verify", "HEAD", ok=(0, 1, 128))
        return name.text or "HEAD", commit.text or None

    async def under_way(self, record: Path, path: Path) -> str | None:
        """What the agent has begun with git and not finished."""
        for name, what in _UNDER_WAY.items():
            if (record / name).exists():
                return f"a {what} is under way"
        unmerged = await self._git.run(self.place(record, path), "ls-files", "--unmerged", "-z")
        return "there are conflicts that are not resolved" if unmerged.stdout else None


def _worktree_of(record: Path) -> Path | None:
    try:
        text = (record / "gitdir").read_text(errors="surrogateescape").rstrip("\n")
    except OSError:
        return None
    return Path(os.path.normpath(os.path.join(record, text))).parent


def link(path: Path, record: Path) -> None:
    """Write the `.git` file of a worktree again when it is not there."""
    if not os.path.lexists(path / ".git"):
        (path / ".git").write_text(f"gitdir: {record}\n")


def put_aside(folder: Path) -> None:
    """Take away a folder that nothing is lost with, all at once; `empty_trash` deletes it."""
    if os.path.lexists(folder):
        folder.rename(folder.with_name(f".trash-{uuid4().hex}"))


async def empty_trash(parent: Path) -> None:
    """Delete what was put aside, also while an earlier server was killed."""
    await asyncio.to_thread(_delete_all, parent)


def _delete_all(parent: Path) -> None:
    for trash in parent.glob(".trash-*"):
        _delete(trash)


def _delete(folder: Path) -> None:
    """What cannot be deleted (made by another user, in a container) stays in the trash and is tried again."""
    shutil.rmtree(folder, ignore_errors=True)
    for root, names, _ in os.walk(folder):  # what is left: folders that forbid it, as caches of packages do
        for name in names:
            if not os.path.islink(inner := os.path.join(root, name)):
                with suppress(OSError):
                    os.chmod(inner, stat.S_IRWXU)
    shutil.rmtree(folder, ignore_errors=True)
