"""Committing and showing the changes of one workspace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from chorus.backends import CommitRequest, Workspace
from chorus.errors import BadInput, Busy, Conflict, Unavailable
from chorus.model import Commit, DiffStat, FileEdit, diffs
from chorus_git import history
from chorus_git.branches import Branch, Moved
from chorus_git.changes import Change, Held, Plan, reasons
from chorus_git.names import checked_branch, inside, is_object_id, printable, shown
from chorus_git.program import Place
from chorus_git.room import Room

#: Bytes of a diff that are shown.
DIFF_LIMIT = 4 * 1024 * 1024
#: How often a commit is made anew because the agent committed at the same time.
ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Work:
    """A workspace in its repository."""

    room: Room
    workspace: Workspace

    def __post_init__(self) -> None:
        checked_branch(self.workspace.branch)
        if self.path.parent != self.room.folder or not is_object_id(self.workspace.base):
            raise BadInput(f"{shown(self.workspace.path)} is not a workspace of the git backend.")

    @property
    def path(self) -> Path:
        return Path(self.workspace.path)

    @property
    def exists(self) -> bool:
        """Whether there is a worktree to look at."""
        return self.path.is_dir() and self.room.worktrees.record(self.path) is not None

    @property
    def record(self) -> Path:
        record = self.room.worktrees.record(self.path)
        if record is None or not self.path.is_dir():
            raise Unavailable(
                f"The worktree {self.path} is missing. Start the task again to have it made anew from the"
                f" branch {self.workspace.branch!r}, with everything that was committed.",
                path=str(self.path),
            )
        return record

    async def head(self) -> str:
        """The commit that the worktree is on, whichever branch that is."""
        _, commit = await self.room.worktrees.head(self.record, self.path)
        if commit is None:
            raise Conflict(f"The worktree {self.path} is on a branch without a commit: switch it back.")
        return commit

    async def changed(self) -> list[str]:
        """What is not committed, with the reasons of what never will be left out."""
        async with self.room.index(self.path, await self.head()) as index:
            plan = await index.plan(await index.candidates(), self.room.max_bytes)
            return sorted(printable(path) for path in plan.paths)

    async def commits(self) -> list[Commit]:
        tip = await self.room.branches.newest(self.workspace.branch)
        if tip is None:
            return []
        return await history.read_commits(
            self.room.git, self.room.control.place(), f"{self.workspace.base}..{tip}"
        )

    async def diff(self) -> str:
        if not self.exists:
            tip = await self.room.branches.newest(self.workspace.branch)
            return await self._diff(self.room.control.place(), tip, []) if tip else ""
        async with self.room.index(self.path, await self.head()) as index:
            plan = await index.plan(await index.candidates(), self.room.max_bytes)
            await index.stage(plan)
            return await self._diff(index.place, await index.write_tree(), plan.held)

    async def stat(self) -> DiffStat:
        """What is committed since the base, counted."""
        tip = await self.room.branches.newest(self.workspace.branch)
        if tip is None:
            return DiffStat()
        output = await self.room.git.run(
            self.room.control.place(),
            "diff-tree", "-r", "--numstat", "-z", "--find-renames", "--no-ext-diff", "--no-textconv",
            "--ignore-submodules=none", "--end-of-options", self.workspace.base, tip, "--",
        )  # fmt: skip
        return diffs.of_numstat(output.fields)

    async def _diff(self, place: Place, tree: str, held: Sequence[Held]) -> str:
        # Larger files are called binary instead of being compared in memory.
        config = (*place.config, ("core.bigFileThreshold", str(2 * DIFF_LIMIT)), ("core.quotePath", "false"))
        output = await self.room.git.run(
            Place(place.cwd, place.env, config),
            "diff-tree", "-r", "--patch", "--find-renames", "--no-color", "--no-ext-diff", "--no-textconv",
            "--src-prefix=a/", "--dst-prefix=b/", "--submodule=short", "--ignore-submodules=none",
            "--end-of-options", self.workspace.base, tree, "--", limit=DIFF_LIMIT,
        )  # fmt: skip
        text = output.stdout.decode(errors="replace")
        if held:
            text += f"... not shown: {reasons(held)}\n"
        if output.cut:
            text = text[: text.rfind("\n") + 1] + (
                f"... cut after {DIFF_LIMIT >> 20} MiB: `git diff {self.workspace.base}` in {self.path}"
                " shows it all\n"
            )
        return text

    async def commit(self, request: CommitRequest) -> Commit | None:
        """Commit on the task's branch, whatever the agent does with git at the same time."""
        if request.edits is None and not self.exists:
            return None  # a worktree that is gone has nothing left in it
        named = None if request.edits is None else self._named(request.edits)
        for _ in range(ATTEMPTS):
            branch = await self._branch()
            done = await history.committed(self.room.git, self.room.checkout.place, branch, request.key)
            try:
                made = done or await self._commit(branch, request, named)
            except Moved:
                continue
            return await self._read(made) if made else None
        raise Busy(f"The branch {branch.name!r} keeps moving: somebody else commits on it. Try again.")

    def _named(self, edits: Sequence[FileEdit]) -> list[bytes]:
        return sorted({inside(str(self.path), edit.path) for edit in edits})

    async def _branch(self) -> Branch:
        """The task's branch; Conflict when the worktree is not where a commit would go to it."""
        room, record = self.room, self.record
        branch = await room.branches.look(self.workspace.branch, self.path.name)
        on, _ = await room.worktrees.head(record, self.path)
        if branch.tip is None or on != branch.reference:
            raise Conflict(
                f"The worktree {self.path} is on {on.removeprefix('refs/heads/')} and not on {branch.name},"
                f" so nothing was committed. `git switch {branch.name}` there brings it back.",
                reason="on_another_branch",
                on=on,
            )
        if what := await room.worktrees.under_way(record, self.path):
            raise Conflict(
                f"In {self.path} {what}, so nothing was committed: finish or abort it first.",
                reason="unfinished",
            )
        return branch

    async def _commit(self, branch: Branch, request: CommitRequest, named: list[bytes] | None) -> str | None:
        """The id of the new commit. Nothing is changed until all of it is there."""
        assert branch.tip
        async with self.room.index(self.path, branch.tip, keep=True) as index:
            paths = await index.candidates() if named is None else await index.committable(named)
            plan = await index.plan(paths, self.room.max_bytes)
            await index.stage(plan)
            changes = await index.changes(branch.tip)
            if not changes:
                self._explain(plan, named)
                return None
            tree = await index.write_tree()
            commit = await self._write(tree, branch.tip, request)
            # The agent's index first: if Chorus is killed in between, the change is staged, which is
            # harmless; the other way round, the agent's git would show it as undone.
            await self._show_agent(changes)
            await self.room.branches.advance(branch, commit, history.note(request.key))
            index.holds = commit
            return commit

    def _explain(self, plan: Plan, named: list[bytes] | None) -> None:
        if plan.held and named is not None:
            raise Conflict(
                f"Not committed: {reasons(plan.held)}. If that belongs on the branch, commit it with git in"
                f" {self.path}.",
                reason="held_back",
            )

    async def _write(self, tree: str, parent: str, request: CommitRequest) -> str:
        people = history.people(request.author, self.room.control.settings)
        place = self.room.control.place()
        return await history.write_commit(self.room.git, place, tree, parent, request.message, people)

    async def _show_agent(self, changes: Sequence[Change]) -> None:
        """Have the worktree's own index agree on the paths that are committed, and leave the rest of it."""
        place = self.room.control.place_of_index(str(self.path), self.record)
        # Deletions first, so that a file can take the place of a folder.
        ordered = sorted(changes, key=lambda change: change.mode != "000000")
        stdin = b"".join(change.line + b"\0" for change in ordered)
        await self.room.git.run(place, "update-index", "--replace", "-z", "--index-info", stdin=stdin)

    async def _read(self, commit: str) -> Commit:
        found = await history.read_commits(self.room.git, self.room.control.place(), commit, "--max-count=1")
        return found[0]
