"""The backend named `git`."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from chorus.backends import CommitRequest, Repository, VcsBackend, Workspace, WorkspaceSpec
from chorus.errors import BadInput, Unavailable
from chorus.model import Commit, DiffStat
from chorus_git.closing import close_workspace
from chorus_git.control import control, forget_scratch
from chorus_git.names import digest
from chorus_git.opening import open_workspace
from chorus_git.options import Options
from chorus_git.program import Git, environment, missing
from chorus_git.repository import Checkout, default_branch, find, still_there
from chorus_git.room import Room
from chorus_git.work import Work
from chorus_git.worktrees import empty_trash

#: The oldest git whose behaviour is relied on: that of Ubuntu 22.04. Tested with 2.39.
OLDEST = (2, 34)


class GitBackend(VcsBackend):
    """Gives every task a worktree and a branch of its own; the user's checkout is never touched.

    Worktrees are at `<worktrees>/<digest of the repository>/<task>`. Calls that change a repository are made
    one after the other, so that tasks never meet at git's locks.
    """

    name = "git"

    def __init__(self, options: Options, worktrees: Path) -> None:
        self._options = options
        self._worktrees = worktrees
        self._git = Git(options)
        self._checkouts: dict[str, Checkout] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._version: tuple[int, ...] = ()

    def check(self) -> str | None:
        program = shutil.which(self._options.command)
        if program is None:
            return missing(self._options.command)
        try:
            self._version = self._version or _version(program)
        except (OSError, subprocess.SubprocessError, ValueError) as error:
            return (
                f"{program} does not tell its version ({type(error).__name__}): correct [plugins.git] command"
            )
        if self._version < OLDEST:
            found, needed = (".".join(map(str, version)) for version in (self._version, OLDEST))
            return f"git {found} is too old: install {needed} or newer"
        return None

    async def inspect(self, path: str) -> Repository:
        checkout = await find(self._git, path)
        return Repository(checkout.top, await default_branch(self._git, checkout))

    async def open(self, spec: WorkspaceSpec) -> Workspace:
        room = await self._room(await find(self._git, spec.repository))
        async with self._locks[str(room.checkout.common)]:
            workspace = await open_workspace(room, spec)
        await empty_trash(room.folder)
        return workspace

    async def changed(self, workspace: Workspace) -> Sequence[str]:
        return await (await self._work(workspace)).changed()

    async def commit(self, workspace: Workspace, request: CommitRequest) -> Commit | None:
        work = await self._work(workspace)
        async with self._locks[str(work.room.checkout.common)]:
            return await work.commit(request)

    async def commits(self, workspace: Workspace) -> Sequence[Commit]:
        return await (await self._work(workspace)).commits()

    async def diff(self, workspace: Workspace) -> str:
        return await (await self._work(workspace)).diff()

    async def stat(self, workspace: Workspace) -> DiffStat:
        return await (await self._work(workspace)).stat()

    async def close(self, workspace: Workspace, *, delete_branch: bool = False) -> None:
        work = await self._work(workspace)
        async with self._locks[str(work.room.checkout.common)]:
            await close_workspace(work, delete_branch=delete_branch)
        await empty_trash(work.room.folder)  # which may take long, and nobody need wait for it

    async def _work(self, workspace: Workspace) -> Work:
        return Work(await self._room(await self._known(workspace.repository)), workspace)

    async def _known(self, repository: str) -> Checkout:
        """The repository of a workspace, which was there when the workspace was made."""
        checkout = self._checkouts.get(repository)
        if checkout is None:
            try:
                checkout = await find(self._git, repository)
            except BadInput as error:
                raise Unavailable(error.message) from error
        still_there(checkout)
        return checkout

    async def _room(self, checkout: Checkout) -> Room:
        self._worktrees.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = self._worktrees.resolve() / digest(str(checkout.common))
        async with self._locks[f"control {folder}"]:
            if checkout.top not in self._checkouts:
                forget_scratch(folder / ".control")
            found = await control(self._git, checkout, folder / ".control")
        self._checkouts[checkout.top] = checkout
        return Room(self._git, self._options, checkout, found, folder)


def _version(program: str) -> tuple[int, ...]:
    answer = subprocess.run(
        [program, "--version"], env=environment(), capture_output=True, text=True, timeout=10, check=True
    )
    found = re.search(r"(\d+)\.(\d+)", answer.stdout)
    if found is None:
        raise ValueError(answer.stdout)
    return tuple(map(int, found.groups()))
