"""Setting a repository up for GitButler and leaving it again: only with a person's explicit consent."""

from __future__ import annotations

from chorus.errors import BackendError, BadInput, ChorusError, Conflict, Forbidden
from chorus_gitbutler.command import But
from chorus_gitbutler.git import WORKSPACE, Git

CONSENT = """\
Setting {repository} up for GitButler will:
- check out the branch gitbutler/workspace instead of {head}: `git commit` and `git checkout` by \
hand no longer work as usual there, until you leave with `but teardown`;
- install the git hooks pre-commit and post-checkout (hooks you have are renamed to *-user and still run);
- write gitbutler settings to .git/config and keep GitButler's data in .git/gitbutler;
- register the repository in your GitButler application data{remote}.
Your uncommitted changes are kept. All tasks of GitButler then work in this one folder, beside you.
GitButler sends usage statistics unless you switch that off: `but config metrics disable`."""

_NO_REMOTE = ";\n- add a remote called gb-local that points at the repository itself, because it has none"


class Setup:
    def __init__(self, but: But, git: Git) -> None:
        self._but = but
        self._git = git

    async def ready(self, repository: str) -> bool:
        """Whether the repository has GitButler's workspace checked out."""
        return await self._git.head(repository) == WORKSPACE

    async def explain(self, path: str) -> str:
        if reason := self._but.missing():
            return f"gitbutler: {reason}."
        try:
            await self._but.modern()
            repository = (await self._git.inspect(path)).path
        except ChorusError as error:
            return f"gitbutler: {error.message}"
        if await self.ready(repository):
            return f"gitbutler: {repository} is set up, so it is the default here."
        return (
            f"gitbutler: `but` is there, but {repository} is not set up for it, so git is the default here."
        )

    async def consent(self, path: str) -> str:
        repository = (await self._git.inspect(path)).path
        head = await self._git.head(repository)
        lines = CONSENT.format(
            repository=repository,
            head=(head or "the detached HEAD").removeprefix("refs/heads/"),
            remote="" if await self._git.remotes(repository) else _NO_REMOTE,
        )
        hooks = await self._git.hooks_in_tree(repository)
        if hooks:
            lines += f"\nCareful: core.hooksPath is {hooks}, inside the repository: hooks will show up there."
        return lines

    async def setup(self, path: str, *, consented: bool) -> None:
        repository = (await self._git.inspect(path)).path
        if await self.ready(repository):
            return
        if not consented:
            text = await self.consent(repository)
            raise Forbidden(
                f"{text}\n\nSay that you agree to have this done.", reason="consent", consent=text
            )
        if await self._git.head(repository) is None:
            raise BadInput("HEAD is detached: check a branch out first.", reason="detached")
        if not await self._git.is_main_worktree(repository):
            raise BadInput(
                f"{repository} is a linked worktree: GitButler works in the main one only.",
                reason="linked_worktree",
            )
        await self._but.ask(repository, "setup")
        if not await self.ready(repository):
            raise BackendError(
                "`but setup` succeeded, but HEAD is not on gitbutler/workspace.", reason="failed"
            )

    async def leave(self, path: str, *, checkout: str | None) -> None:
        found = await self._git.inspect(path)
        if not await self.ready(found.path):
            return
        # `but teardown` would carry on when its checkout fails, and leave everybody's changes in a heap.
        if await self._git.dirty(found.path):
            raise Conflict(
                "There are uncommitted changes: commit or undo them before leaving GitButler.", reason="dirty"
            )
        branch = checkout or found.default_branch
        if await self._git.tip(found.path, branch) is None:
            raise BadInput(f"There is no branch {branch} to return to.", reason="no_branch")
        await self._but.ask(found.path, "teardown", f"--checkout-to={branch}")
        if await self._git.head(found.path) != f"refs/heads/{branch}" or await self._git.dirty(found.path):
            raise BackendError(
                f"`but teardown` did not check {branch} out cleanly: look at `git status`.", reason="failed"
            )
