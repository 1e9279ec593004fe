"""Committing one task's own hunks, and nothing else, out of a working tree that everybody writes to."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from chorus.backends import CommitRequest, ConflictPolicy, Workspace
from chorus.errors import Conflict
from chorus.model import Commit, FileEdit
from chorus_gitbutler.answers import Change, Lines, WorkspaceStatus, changed_lines
from chorus_gitbutler.claims import Selection
from chorus_gitbutler.command import But
from chorus_gitbutler.conflicts import blocked, conflict, obstacle, shared_obstacle
from chorus_gitbutler.failures import NothingToCommit, Obstacle, Raced, Rejected
from chorus_gitbutler.git import Git, with_key
from chorus_gitbutler.guard import Lease
from chorus_gitbutler.ledger import Ledger
from chorus_gitbutler.snapshot import lines_between, read_lines
from chorus_gitbutler.watch import lines_of

#: How often a commit is tried again because a file changed meanwhile.
TRIES = 3


@dataclass(frozen=True, slots=True)
class Session:
    """A repository while its lock is held: its ledger, the files being edited now, and the loop's clock."""

    repository: str
    ledger: Ledger
    guarded: Mapping[str, Lease]
    now: float


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of committing a selection: the commit, and what is left with the reasons."""

    commit: str | None
    left: Selection
    obstacles: tuple[Obstacle, ...] = ()
    change_id: str = ""


class Committer:
    """Used with the repository's lock held."""

    def __init__(self, but: But, git: Git) -> None:
        self._but = but
        self._git = git

    async def commit(
        self,
        session: Session,
        workspace: Workspace,
        request: CommitRequest,
        policy: ConflictPolicy,
        *,
        decided: bool,
    ) -> Commit | None:
        """Commit what the request names. `decided`: a person has just chosen the policy."""
        done = await self._git.keyed(session.repository, workspace.base, workspace.branch, request.key)
        if done is not None:
            return (await self._git.describe(session.repository, [done]))[0]
        attempt = await self._until_still(session, workspace, request)
        if attempt.obstacles and policy is ConflictPolicy.STACK and await self._stack(workspace, attempt):
            second = await self._until_still(session, workspace, request)
            attempt = replace(second, commit=second.commit or attempt.commit)
        self._report(session.ledger, workspace, attempt, policy, decided)
        if attempt.commit is None:
            return None
        return (await self._git.describe(session.repository, [attempt.commit]))[0]

    async def look(self, session: Session) -> Sequence[Change]:
        """Everything uncommitted; new lines are attributed on the way."""
        changes = await self._changes(session.repository)
        session.ledger.watch.look(changes, session.now, session.guarded)
        return changes

    async def _changes(self, repository: str) -> Sequence[Change]:
        return [_fingerprinted(repository, change) for change in await self._but.changes(repository)]

    async def _until_still(self, session: Session, workspace: Workspace, request: CommitRequest) -> Attempt:
        for _ in range(TRIES - 1):
            with suppress(Raced, NothingToCommit):
                return await self._attempt(session, workspace, request)
        return await self._attempt(session, workspace, request)

    async def _attempt(self, session: Session, workspace: Workspace, request: CommitRequest) -> Attempt:
        claims = session.ledger.claims
        changes = await self._changes(session.repository)
        paths = await self._claim(session, workspace, request, changes)
        session.ledger.watch.look(changes, session.now, session.guarded)
        wanted = claims.paths(workspace.branch) if paths is None else paths
        selection = claims.select(workspace.branch, changes, wanted)
        for path in set(wanted) - set(selection.paths):  # reverted, or committed by a person
            claims.drop(workspace.branch, path)
        attempt = await self._record(workspace, request, selection)
        if attempt.commit is not None:
            claims.settle(workspace.branch, selection.paths, attempt.left)
            await self._remember(session, workspace, attempt.commit, attempt.change_id)
        return attempt

    async def _claim(
        self, session: Session, workspace: Workspace, request: CommitRequest, changes: Sequence[Change]
    ) -> tuple[str, ...] | None:
        """Note the edits that the request names, once; their paths in the repository, or None for all."""
        if request.edits is None:
            return None
        edits = [(path, edit) for edit in request.edits if (path := inside(workspace.path, edit.path))]
        if session.ledger.note_key(request.key):
            for path, edit in edits:
                meanwhile = await self._meanwhile(session, workspace, path)
                self._say(session.ledger, workspace.branch, path, edit, changes, meanwhile)
        return tuple(dict.fromkeys(path for path, _ in edits))

    async def _meanwhile(self, session: Session, workspace: Workspace, path: str) -> Lines:
        """All that happened to a file since the task's tool has it for itself: hooks may reformat it."""
        lease = session.guarded.get(path)
        if lease is None or lease.branch != workspace.branch:
            return Counter()
        return await asyncio.to_thread(
            lambda: lines_between(lease.before, read_lines(Path(workspace.path, path)))
        )

    def _say(
        self,
        ledger: Ledger,
        branch: str,
        path: str,
        edit: FileEdit,
        changes: Sequence[Change],
        meanwhile: Lines,
    ) -> None:
        said: Lines = Counter()
        for hunk in edit.hunks:
            said.update(changed_lines(hunk.lines))
        said |= meanwhile
        if not said:
            # The whole file, as far as it is not somebody else's and, unless it is new, was not there before.
            said = lines_of(changes).get(path, Counter()) - ledger.claims.said(path, but=branch)
            if not edit.created:
                said -= ledger.watch.unattributed(path)
        ledger.claims.say(branch, path, said, [hunk.new_start for hunk in edit.hunks])

    async def _record(self, workspace: Workspace, request: CommitRequest, selection: Selection) -> Attempt:
        """Commit the selection's own hunks; files that are refused are left, the others committed."""
        own, refused = list(selection.own), list[Change]()
        # The rest of a hunk that is nobody's may be an edit the agent is about to report: the end of the
        # turn, which names nothing, tells.
        final = request.edits is None
        obstacles = [shared_obstacle(each) for each in selection.shared if each.others or final]
        made, change_id = None, ""
        while own:
            try:
                made, change_id = await self._but.commit(
                    workspace.repository,
                    workspace.branch,
                    with_key(request.message, request.key),
                    [change.id for change in own],
                    await self._author(workspace.repository, request.author),
                )
                break
            except Rejected as error:
                paths = {each.path for each in error.obstacles}
                now_refused = [change for change in own if change.path in paths] or own
                obstacles += await self._explained(workspace, error.obstacles, now_refused)
                refused += now_refused
                own = [change for change in own if change not in now_refused]
        if own:
            made, left_out, reasons = await self._verified(workspace, made, own)
            refused, obstacles = refused + left_out, obstacles + reasons
        return Attempt(made, Selection(tuple(refused), selection.shared), tuple(obstacles), change_id)

    async def _verified(
        self, workspace: Workspace, made: str | None, own: Sequence[Change]
    ) -> tuple[str | None, list[Change], list[Obstacle]]:
        """What the old dialect left out of a commit without saying so; a commit left empty is taken back."""
        if await self._but.modern():
            return made, [], []
        after = await self._changes(workspace.repository)
        left = [change for change in own if _still_there(change, after)]
        if not left:
            return made, [], []
        if made is not None and not (await self._git.describe(workspace.repository, [made]))[0].files:
            await self._but.ask(workspace.repository, "uncommit", made)
            made = None
        status = await self._but.status(workspace.repository)
        reasons = [
            await obstacle(self._git, workspace.repository, status, workspace.branch, change)
            for change in left
        ]
        return made, left, reasons

    async def _explained(
        self, workspace: Workspace, obstacles: Sequence[Obstacle], refused: Sequence[Change]
    ) -> list[Obstacle]:
        """The obstacles; where `but` names no branch, the ones that git finds."""
        if all(each.branches for each in obstacles):
            return list(obstacles)
        status = await self._but.status(workspace.repository)
        found = [
            await obstacle(self._git, workspace.repository, status, workspace.branch, change)
            for change in refused
        ]
        known = [each for each in obstacles if each.branches]
        return known + ([each for each in found if each.branches] or list(obstacles))

    async def _stack(self, workspace: Workspace, attempt: Attempt) -> bool:
        """Put the task's branch above the only one its change depends on; whether that was possible."""
        found = blocked(attempt.obstacles, ConflictPolicy.STACK)
        if len(found.depends_on) != 1:
            return False
        [below] = found.depends_on
        await self._but.stack(workspace.repository, workspace.branch, below)
        status = await self._but.status(workspace.repository)
        hurt = _conflicted(status, workspace.branch)
        if hurt:
            raise Conflict(
                f"{workspace.branch} is now on top of {below}, but they do not fit: resolve these "
                f"commits, {', '.join(hurt)} with `but resolve`.",
                reason="conflicted_commits",
                commits=hurt,
            )
        return True

    def _report(
        self, ledger: Ledger, workspace: Workspace, attempt: Attempt, policy: ConflictPolicy, decided: bool
    ) -> None:
        """Remember a conflict, and raise it unless a person has decided to leave it."""
        known = ledger.blocked.get(workspace.branch)
        if not attempt.obstacles:
            if known is not None and not set(known.paths) & set(ledger.claims.paths(workspace.branch)):
                del ledger.blocked[workspace.branch]
            return
        kept = ConflictPolicy.HOLD if policy is ConflictPolicy.HOLD else ConflictPolicy.ASK
        found = blocked(attempt.obstacles, kept)
        held = (
            known is not None and known.policy == ConflictPolicy.HOLD and set(found.paths) <= set(known.paths)
        )
        if held and not decided:
            return
        ledger.blocked[workspace.branch] = found
        if not (decided and policy is ConflictPolicy.HOLD):
            raise conflict(found, attempt.commit)

    async def _remember(self, session: Session, workspace: Workspace, commit: str, change_id: str) -> None:
        if change_id:
            session.ledger.remember({commit: change_id})
            return
        branch = (await self._but.status(session.repository)).branch(workspace.branch)
        commits = branch.commits if branch is not None else ()
        session.ledger.remember({each.id: each.change_id for each in commits if each.id == commit})

    async def _author(self, repository: str, name: str) -> dict[str, str]:
        """The agent as author; the person whose machine it is stays the committer."""
        email = await self._git.email(repository)
        author = {"GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": email or "chorus@localhost"}
        if email is None:  # nobody is configured: say so rather than fail
            author |= {"GIT_COMMITTER_NAME": "Chorus", "GIT_COMMITTER_EMAIL": "chorus@localhost"}
        return author


def inside(root: str, path: str) -> str | None:
    """`path` relative to the repository; None when it is outside, or git's own."""
    if not path or "\0" in path:
        return None
    real = os.path.realpath(os.path.dirname(os.path.join(root, path)))
    relative = os.path.relpath(os.path.join(real, os.path.basename(path)), os.path.realpath(root))
    if relative.startswith("../") or relative == ".." or relative.split("/")[0] == ".git":
        return None
    return relative


def _fingerprinted(repository: str, change: Change) -> Change:
    """A change without lines gets one that differs whenever the file was written."""
    if not change.lines or not change.lines[0].startswith("*"):
        return change
    try:
        stat = Path(repository, change.path).lstat()
        mark = f"{stat.st_mtime_ns}:{stat.st_size}"
    except OSError:
        mark = "gone"
    return replace(change, lines=(f"{change.lines[0]}:{mark}",))


def _still_there(change: Change, changes: Sequence[Change]) -> bool:
    """Whether a hunk is uncommitted still; it may have grown together with another one."""
    return any(each.path == change.path and change.counted <= each.counted for each in changes)


def _conflicted(status: WorkspaceStatus, branch: str) -> list[str]:
    stack = status.stack_of(branch) or ()
    return [commit.id[:12] for each in stack for commit in each.commits if commit.conflicted]
