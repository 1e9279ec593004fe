"""The references of tasks: their branches, where these began, and archives of what was deleted.

    refs/heads/NAME                      the branch
    refs/chorus/tasks/TASK/NAME          the commit it began at, and that the branch is this task's
    refs/chorus/archive/NAME             what a deleted branch held that no other branch or tag has

Nothing under refs/chorus is shown by `git branch`, fetched or pushed; it keeps commits from being pruned.
`git branch NAME refs/chorus/archive/NAME` brings a deleted branch back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from chorus.errors import BackendError, Conflict
from chorus_git.program import Git, Place
from chorus_git.repository import Checkout

_TAKEN = re.compile(r"reference already exists|cannot create|exists; cannot")
_MOVED = re.compile(r"but expected|unable to resolve reference|reference is missing")


class Moved(BackendError):
    """Somebody changed the branch at the same time."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A task's branch as it is: its newest commit (None: there is no branch) and where it began, if known."""

    name: str
    tip: str | None
    began: str | None
    worktree: str = ""

    @property
    def reference(self) -> str:
        return f"refs/heads/{self.name}"


class Branches:
    """The references of one repository."""

    def __init__(self, git: Git, checkout: Checkout) -> None:
        self._git = git
        self._checkout = checkout

    async def look(self, name: str, key: str = "") -> Branch:
        """The branch, and whether it is that of the task with this key."""
        began = f"refs/chorus/tasks/{key}/{name}"
        found = await self._list("%(objectname) %(refname) %(worktreepath)", f"refs/heads/{name}", began)
        by_name = {line.split(" ", 2)[1]: line.split(" ", 2) for line in found}
        tip, _, worktree = by_name.get(f"refs/heads/{name}", ["", "", ""])
        return Branch(name, tip or None, by_name.get(began, [""])[0] or None, worktree)

    async def create(self, name: str, key: str, commit: str) -> None:
        """Make the branch and the record of where it began, both or none."""
        began = f"refs/chorus/tasks/{key}/{name}"
        try:
            await self._update(
                f"chorus: branch of task {key}",
                f"create refs/heads/{name} {commit}",
                f"update {began} {commit}",
            )
        except BackendError as error:
            if _TAKEN.search(error.message):
                raise taken(name, self._checkout.top) from error
            raise

    async def advance(self, branch: Branch, commit: str, note: str) -> None:
        """Move the branch to a commit made on top of its tip. Raises Moved when it is no longer there."""
        try:
            await self._update(note, f"update {branch.reference} {commit} {branch.tip}")
        except BackendError as error:
            if _MOVED.search(error.message):
                raise Moved() from error
            raise

    async def archive(self, name: str, commit: str) -> None:
        """Keep a commit of a branch that is going to be deleted, unless something else holds it."""
        if not await self.unnamed(commit, but=name):
            return
        reference = f"refs/chorus/archive/{name}"
        earlier = await self._commit(reference)
        changes = [f"update {reference} {commit}"]
        if earlier and earlier != commit:
            changes.append(f"update {reference}-{earlier[:12]} {earlier}")
        await self._update(f"chorus: archive of {name}", *changes)

    async def unnamed(self, commit: str, but: str = "") -> bool:
        """Whether no branch (`but` this one), tag or archive has the commit in its history."""
        names = ("--branches", "--remotes", "--tags", "--glob=refs/chorus/archive")
        excluded = (f"--exclude={but}",) if but else ()
        place = self._checkout.place
        left = await self._git.run(
            place, "rev-list", "--max-count=1", commit, "--not", *excluded, *names, "--"
        )
        return bool(left.text)

    async def delete(self, branch: Branch, key: str) -> None:
        """Delete the branch and the record of where it began; the caller has archived what must be kept."""
        changes = [f"delete {branch.reference} {branch.tip}"] if branch.tip else []
        if branch.began:
            changes.append(f"delete refs/chorus/tasks/{key}/{branch.name}")
        if changes:
            await self._update("chorus: deleted", *changes)

    async def newest(self, name: str) -> str | None:
        """The last commit of a branch; of its archive when the branch was deleted."""
        return await self._commit(f"refs/heads/{name}") or await self._commit(f"refs/chorus/archive/{name}")

    async def _commit(self, reference: str) -> str | None:
        for line in await self._list("%(objectname) %(refname)", reference):
            commit, _, found = line.partition(" ")
            if found == reference:
                return commit
        return None

    async def _list(self, form: str, *args: str) -> list[str]:
        output = await self._git.run(self._checkout.place, "for-each-ref", f"--format={form}", *args)
        return output.text.split("\n") if output.text else []

    async def _update(self, note: str, *changes: str) -> None:
        """Change references in one transaction. The note goes to the reflog, which is always written."""
        stdin = "".join(f"{change}\n" for change in changes).encode()
        await self._git.run(
            identified(self._checkout.place),
            "update-ref",
            "--create-reflog",
            "-m",
            note,
            "--stdin",
            stdin=stdin,
        )


def identified(place: Place) -> Place:
    """A place where git need not ask who writes its reflogs."""
    names = {"GIT_COMMITTER_NAME": "Chorus", "GIT_COMMITTER_EMAIL": "noreply@chorus.invalid"}
    return Place(place.cwd, {**place.env, **names}, place.config)


def taken(name: str, top: str) -> Conflict:
    return Conflict(
        f"There is a branch {name!r} in {top} already (or one that is in the way of this name), and it is"
        " not this task's. Rename that branch, or give the task another title.",
        reason="branch_taken",
        branch=name,
    )
