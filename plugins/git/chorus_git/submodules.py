"""Work in the submodules of a worktree, which is deleted together with it.

A linked worktree keeps the repositories of its submodules in its own git folder, so commits that were not
pushed from there exist nowhere else.
"""

from __future__ import annotations

import os
from pathlib import Path

from chorus.errors import ChorusError
from chorus_git.changes import WorkIndex
from chorus_git.control import Control, control
from chorus_git.names import printable
from chorus_git.program import Git, Place
from chorus_git.repository import Checkout, find


async def unsaved(
    git: Git, owner: Control, worktree: str, commits: tuple[str, str], scratch: Path
) -> list[str]:
    """The submodules that hold changes or commits which exist nowhere else, by path.

    `commits` are the owner's first one, whose submodules came from elsewhere, and its present one.
    """
    base, head = commits
    index = WorkIndex(git, owner, worktree, scratch / "index")
    await index.reset(head)
    found = []
    for number, path in enumerate(await index.submodules()):
        folder = os.path.join(worktree, os.fsdecode(path))
        if _is_repository(folder):
            room = scratch / str(number)
            room.mkdir()
            if not await _saved(git, owner, folder, await _recorded(git, owner, base, path), room):
                found.append(printable(path))
    return found


def _is_repository(folder: str) -> bool:
    return os.path.lexists(os.path.join(folder, ".git"))


async def _saved(git: Git, owner: Control, folder: str, recorded: list[str], scratch: Path) -> bool:
    try:
        checkout = await find(git, folder)
        head = await git.run(checkout.place, "rev-parse", "--verify", "--end-of-options", "HEAD^{commit}")
        inner = await control(git, checkout, scratch / "control")
        index = WorkIndex(git, inner, folder, scratch / "own")
        await index.reset(head.text)
        unclean = await index.candidates() or await unsaved(
            git, inner, folder, (head.text, head.text), scratch
        )
        return not unclean and not await _unpushed(git, checkout, recorded)
    except ChorusError:
        return False  # what cannot be looked at may hold anything


async def _recorded(git: Git, owner: Control, base: str, path: bytes) -> list[str]:
    """The submodule's commit at the beginning, if there was one."""
    listed = await git.run(owner.place(), "ls-tree", "-z", base, "--", os.fsdecode(path))
    return listed.stdout.split(b"\t")[0].decode().split(" ")[2:]


async def _unpushed(git: Git, checkout: Checkout, recorded: list[str]) -> bool:
    place: Place = checkout.place
    listed = await git.run(
        place, "rev-list", "--max-count=1", "HEAD", "--branches", "--not", "--remotes", *recorded, "--",
        ok=(0, 128),
    )  # fmt: skip
    return listed.code != 0 or bool(listed.text)
