"""All that is needed to work on one repository."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from chorus.errors import BackendError
from chorus_git.branches import Branches
from chorus_git.changes import WorkIndex
from chorus_git.control import Control
from chorus_git.options import Options
from chorus_git.program import Git
from chorus_git.repository import Checkout
from chorus_git.worktrees import Worktrees


@dataclass(frozen=True, slots=True)
class Room:
    """One repository with its worktrees, which are in `folder`."""

    git: Git
    options: Options
    checkout: Checkout
    control: Control
    folder: Path

    @property
    def branches(self) -> Branches:
        return Branches(self.git, self.checkout)

    @property
    def worktrees(self) -> Worktrees:
        return Worktrees(self.git, self.checkout)

    @property
    def max_bytes(self) -> float:
        return self.options.max_file_mib * 2**20

    def unfinished(self, path: Path) -> Path:
        """A file that is there while the worktree at `path` is being made: nobody has worked in it yet."""
        return self.control.folder / f"unfinished-{path.name}"

    def remembered(self, path: Path) -> Path:
        """A folder with the index of Chorus's own for a worktree, named by the commit that it holds.

        Kept so that neither the commit nor files that did not change are read again.
        """
        return self.control.folder / "indexes" / path.name

    @asynccontextmanager
    async def index(self, path: Path, commit: str, *, keep: bool = False) -> AsyncIterator[WorkIndex]:
        """An index that holds the commit, beside the worktree at `path`.

        Kept for the next time if `keep`; otherwise objects made with it are thrown away as well.
        """
        async with self.control.scratch() as scratch:
            objects = None if keep else scratch / "objects"
            if objects:
                objects.mkdir()
            work = WorkIndex(self.git, self.control, str(path), scratch / "index", objects)
            try:
                if not _recall(self.remembered(path), commit, scratch / "index"):
                    await work.reset(commit)
                work.holds = commit
                yield work
            except BackendError:
                forget(self.remembered(path))  # it may be damaged, for example by a crash of the machine
                raise
            if keep:
                remember(self.remembered(path), work.holds, scratch / "index")


def _recall(folder: Path, commit: str, index: Path) -> bool:
    """Take the remembered index, if there is one; whether it holds the commit."""
    for found in folder.glob("*"):
        with suppress(FileNotFoundError):  # a newer one has just taken its place
            # With its times: git reads files anew that are not older than the index.
            shutil.copy2(found, index)
            return found.name == commit
    return False


def remember(folder: Path, commit: str, index: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    older = [found for found in folder.iterdir() if found.name != commit]
    os.replace(index, folder / commit)
    for found in older:
        found.unlink(missing_ok=True)


def forget(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
