"""The `gitbutler` VCS backend: a branch per task in GitButler's workspace, all tasks in one working tree."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from chorus import PluginConfig
from chorus.backends import CommitRequest, ConflictPolicy, Repository, VcsBackend, Workspace, WorkspaceSpec
from chorus.errors import BadInput, ChorusError, Conflict, NotFound
from chorus.model import Commit, DiffStat
from chorus_gitbutler.answers import WorkspaceStatus
from chorus_gitbutler.claims import Selection
from chorus_gitbutler.command import But
from chorus_gitbutler.committer import Committer, Session, inside
from chorus_gitbutler.git import Git
from chorus_gitbutler.guard import Guard
from chorus_gitbutler.ledger import Ledgers
from chorus_gitbutler.locks import RepositoryLocks
from chorus_gitbutler.options import Options
from chorus_gitbutler.setup import Setup
from chorus_gitbutler.snapshot import read_lines

#: At least five characters: GitButler takes shorter names for the ids it shows.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{4,200}")


class GitButlerBackend(VcsBackend):
    """Also offers NeedsSetup, SharesTree, ResolvesConflicts, CountsChanges, Pushes and FollowsCommits.

    A workspace's path is the repository itself, so a task's changes are told from others by what its agent
    reports and by when they appeared, never by where they are.
    """

    name = "gitbutler"

    def __init__(self, config: PluginConfig[Options]) -> None:
        options = config.options
        self._options = options
        self._but = But(options.command, timeout=options.timeout, env=options.env)
        self._git = Git(options.timeout)
        self._locks = RepositoryLocks(options.timeout)
        self._ledgers = Ledgers(config.state_dir / "gitbutler")
        self._guard = Guard(wait=options.edit_wait, lasts=options.edit_lease)
        self._committer = Committer(self._but, self._git)
        self._setup = Setup(self._but, self._git)

    # --- VcsBackend ---

    def check(self) -> str | None:
        return self._but.missing()

    async def inspect(self, path: str) -> Repository:
        return await self._git.inspect(path)

    async def suits(self, repository: str) -> bool:
        if self.check() is not None:
            return False
        try:
            await self._but.modern()
            return await self._setup.ready(repository)
        except ChorusError:
            return False

    async def open(self, spec: WorkspaceSpec) -> Workspace:
        top = (await self._git.inspect(spec.repository)).path
        if not _NAME.fullmatch(spec.name) or not await self._git.valid_name(top, spec.name):
            raise BadInput(f"{spec.name!r} is not a usable branch name (5 to 200 of a-z, 0-9, . _ / -).")
        async with self._session(top) as session:
            status = await self._but.status(top)
            if status.branch(spec.name) is None and await self._create(top, spec, status):
                status = await self._but.status(top)
            await self._committer.look(session)  # what is uncommitted now is not the task's
            base = await self._base(top, spec.name, status)
        return Workspace(repository=top, branch=spec.name, path=top, base=base)

    async def changed(self, workspace: Workspace) -> Sequence[str]:
        async with self._session(workspace.repository) as session:
            return (await self._uncommitted(session, workspace)).paths

    async def commit(self, workspace: Workspace, request: CommitRequest) -> Commit | None:
        async with self._session(workspace.repository) as session:
            return await self._committer.commit(
                session, workspace, request, self._options.on_conflict, decided=False
            )

    async def commits(self, workspace: Workspace) -> Sequence[Commit]:
        async with self._session(workspace.repository) as session:
            status = await self._but.status(workspace.repository)
            branch = status.branch(workspace.branch)
            if branch is not None:
                session.ledger.remember({each.id: each.change_id for each in branch.commits})
                ids = [each.id for each in reversed(branch.commits)]
            else:
                base = await self._base(workspace.repository, workspace.branch, status)
                ids = await self._git.between(workspace.repository, base, f"refs/heads/{workspace.branch}")
            return await self._git.describe(workspace.repository, ids)

    async def diff(self, workspace: Workspace) -> str:
        async with self._session(workspace.repository) as session:
            status = await self._but.status(workspace.repository)
            base = await self._base(workspace.repository, workspace.branch, status)
            committed = await self._git.diff(workspace.repository, base, f"refs/heads/{workspace.branch}")
            left = await self._uncommitted(session, workspace)
        return "\n".join(part for part in (committed, _patch(left)) if part)

    async def stat(self, workspace: Workspace) -> DiffStat:
        async with self._session(workspace.repository):
            status = await self._but.status(workspace.repository)
            base = await self._base(workspace.repository, workspace.branch, status)
            return await self._git.stat(workspace.repository, base, f"refs/heads/{workspace.branch}")

    async def close(self, workspace: Workspace, *, delete_branch: bool = False) -> None:
        async with self._session(workspace.repository) as session:
            tip = await self._git.tip(workspace.repository, workspace.branch)
            if tip is not None:
                left = await self._uncommitted(session, workspace)
                if left.paths:
                    raise Conflict(
                        f"{workspace.branch} has uncommitted work: commit or undo {', '.join(left.paths)}.",
                        reason="uncommitted",
                        paths=list(left.paths),
                    )
                if delete_branch:
                    await self._delete(workspace, tip)
            session.ledger.forget(workspace.branch)
        await self._guard.free(workspace.repository, workspace.branch)

    # --- NeedsSetup ---

    async def explain(self, repository: str) -> str:
        return await self._setup.explain(repository)

    async def consent(self, repository: str) -> str:
        return await self._setup.consent(repository)

    async def setup(self, repository: str, *, consented: bool) -> None:
        await self._setup.setup(repository, consented=consented)

    async def leave(self, repository: str, *, checkout: str | None = None) -> None:
        await self._setup.leave(repository, checkout=checkout)

    # --- SharesTree ---

    async def tool_started(self, workspace: Workspace, use_id: str, paths: Sequence[str] | None) -> bool:
        if paths is not None:
            names = sorted({name for path in paths if (name := inside(workspace.path, path)) is not None})
            return all([await self._lease(workspace, use_id, name) for name in names])
        try:
            async with (
                asyncio.timeout(self._options.edit_wait),
                self._session(workspace.repository) as session,
            ):
                await self._committer.look(session)
                session.ledger.watch.begin(workspace.branch, use_id, session.now + self._options.tool_lease)
        except TimeoutError:
            return False
        return True

    async def tool_finished(self, workspace: Workspace, use_id: str) -> Sequence[str]:
        await self._guard.free(workspace.repository, workspace.branch, use_id)
        ledger = self._ledgers.of(workspace.repository)
        if not ledger.watch.running(workspace.branch, use_id):
            return ()
        try:
            async with self._session(workspace.repository) as session:
                return (await self._uncommitted(session, workspace)).paths
        finally:
            ledger.watch.end(workspace.branch, use_id)

    async def tools_ended(self, workspace: Workspace) -> None:
        await self._guard.free(workspace.repository, workspace.branch)
        self._ledgers.of(workspace.repository).watch.end(workspace.branch)

    async def unassigned(self, repository: str) -> Sequence[str]:
        async with self._session(repository) as session:
            return session.ledger.claims.unclaimed(await self._committer.look(session))

    # --- ResolvesConflicts, Pushes, FollowsCommits ---

    async def resolve(
        self, workspace: Workspace, request: CommitRequest, policy: ConflictPolicy
    ) -> Commit | None:
        async with self._session(workspace.repository) as session:
            return await self._committer.commit(session, workspace, request, policy, decided=True)

    async def push(self, workspace: Workspace) -> str:
        if not await self._git.remotes(workspace.repository):
            raise Conflict("The repository has no remote to push to: add one first.", reason="no_remote")
        async with self._session(workspace.repository):
            answer = await self._but.ask(workspace.repository, "push", workspace.branch)
        names = answer.get("branchToRemote") if isinstance(answer, dict) else None
        return str(names[0][1]).removeprefix("refs/remotes/") if names else workspace.branch

    async def follow(self, workspace: Workspace, commit_id: str) -> Commit | None:
        async with self._session(workspace.repository) as session:
            branch = (await self._but.status(workspace.repository)).branch(workspace.branch)
            change = session.ledger.change_ids.get(commit_id)
            for each in branch.commits if branch is not None else ():
                if each.id == commit_id or (change and each.change_id == change):
                    return (await self._git.describe(workspace.repository, [each.id]))[0]
        return None

    # --- how ---

    async def _lease(self, workspace: Workspace, use_id: str, path: str) -> bool:
        if not await self._guard.take(workspace.repository, path, workspace.branch, use_id):
            return False
        before = await asyncio.to_thread(read_lines, Path(workspace.path, path))
        self._guard.note(workspace.repository, path, use_id, before)
        return True

    @asynccontextmanager
    async def _session(self, repository: str) -> AsyncIterator[Session]:
        """The repository to ourselves; what was learnt is kept, also when something fails."""
        async with self._locks.hold(await self._git.common_dir(repository)):
            ledger = self._ledgers.of(repository)
            now = asyncio.get_running_loop().time()
            try:
                yield Session(repository, ledger, self._guard.guarded(repository, now), now)
            finally:
                await ledger.save()

    async def _uncommitted(self, session: Session, workspace: Workspace) -> Selection:
        """The task's changes that are not committed."""
        changes = await self._committer.look(session)
        return session.ledger.claims.select(workspace.branch, changes)

    async def _create(self, top: str, spec: WorkspaceSpec, status: WorkspaceStatus) -> bool:
        """Create the branch or apply it again; whether that can have changed more than this branch."""
        if await self._git.tip(top, spec.name) is not None:
            await self._but.apply(top, spec.name)
            return True
        anchor = await self._anchor(top, spec.base, status)
        await self._but.ask(top, "branch", "new", spec.name, *(["--anchor", anchor] if anchor else []))
        return anchor is not None

    async def _anchor(self, top: str, base: str | None, status: WorkspaceStatus) -> str | None:
        """The applied branch to stack on; None for the default branch."""
        if base is None or base in ((await self._git.inspect(top)).default_branch, status.merge_base):
            return None
        if status.branch(base) is not None:
            return base
        raise BadInput(
            f"With GitButler a branch begins at the default branch or on an applied one, not at {base!r}.",
            reason="base",
        )

    async def _base(self, top: str, branch: str, status: WorkspaceStatus) -> str:
        """The commit that the branch's own commits begin at, as it is now."""
        tip = await self._git.tip(top, branch)
        if tip is None:
            raise NotFound(f"There is no branch {branch} in {top}.", reason="no_branch")
        below = status.below(branch)
        while below is not None:
            found = await self._git.tip(top, below.name)
            if found is not None:
                return await self._git.merge_base(top, tip, found)
            below = status.below(below.name)
        return await self._git.merge_base(top, tip, status.merge_base)

    async def _delete(self, workspace: Workspace, tip: str) -> None:
        """Delete the branch, keeping its last commit under refs/chorus/archive."""
        status = await self._but.status(workspace.repository)
        if above := status.above(workspace.branch):
            raise Conflict(
                f"{', '.join(above)} is stacked on {workspace.branch} and would lose what it builds on: "
                "finish that first.",
                reason="stacked_on",
                branches=list(above),
            )
        await self._git.archive(workspace.repository, workspace.branch, tip)
        if status.branch(workspace.branch) is None:
            await self._git.delete(workspace.repository, workspace.branch, tip)
            return
        await self._but.delete(workspace.repository, workspace.branch)
        if (
            await self._git.tip(workspace.repository, workspace.branch) == tip
        ):  # older ones leave the reference
            await self._git.delete(workspace.repository, workspace.branch, tip)


def _patch(left: Selection) -> str:
    """The changes that are not committed, as unified diff."""
    changes = [*left.own, *(each.change for each in left.shared)]
    return "\n".join(
        f"--- a/{change.path}\n+++ b/{change.path}\n{change.text.rstrip(chr(10))}" for change in changes
    )
