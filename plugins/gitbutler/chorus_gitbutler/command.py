"""The `but` program: one method per question or effect, each with a time-out and a coded error."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from typing import Any

from chorus.errors import Busy, Conflict, Unavailable, VcsConflict
from chorus_gitbutler.answers import Change, WorkspaceStatus, decode, parse_changes, parse_status
from chorus_gitbutler.dialect import commit_argv, delete_argv, is_modern, stack_argv
from chorus_gitbutler.failures import failure
from chorus_gitbutler.locks import lock_holder
from chorus_gitbutler.process import Finished, TimedOut, inherited, run

#: Nothing may page, prompt, fetch in the background or open an editor. `false` and not `:`, because `but`
#: takes GIT_EDITOR=: for a git hook that runs inside it and then does without its lock.
UNATTENDED = {
    "BUT_OUTPUT_FORMAT": "json",
    "NOPAGER": "1",
    "NO_BG_TASKS": "1",
    "NO_COLOR": "1",
    "GIT_EDITOR": "false",
    "GIT_TERMINAL_PROMPT": "0",
}


class But:
    """`but` as found on PATH (`program`), run in a repository.

    Never called: undo, redo, oplog restore, discard, clean, resolve, pull, and a commit without changes: they
    reach the work of every task in the repository, or open something that waits for a person.
    """

    def __init__(self, program: str, *, timeout: float, env: Mapping[str, str]) -> None:
        self._program = program
        self._timeout = timeout
        self._env = dict(env)
        self._helps: dict[tuple[str, int, tuple[str, ...]], str] = {}

    def path(self) -> str | None:
        """Where the program is. Not resolved further: a link called `but` decides what it is by its name."""
        return shutil.which(self._program, path=self._env.get("PATH"))

    def missing(self) -> str | None:
        """Why there is nothing to run; None when there is."""
        if self.path() is None:
            return (
                f"no `{self._program}` on PATH: install the GitButler command line, or choose the git backend"
            )
        return None

    async def modern(self) -> bool:
        """Whether commits are all or nothing; Unavailable when `but` is missing, too old or broken."""
        return is_modern(await self._help("commit"))

    async def status(self, repository: str) -> WorkspaceStatus:
        status = parse_status(await self.ask(repository, "status"))
        if status is None:
            raise Conflict(
                "A conflict is being resolved in GitButler: finish or cancel that first.",
                reason="resolving",
            )
        return status

    async def changes(self, repository: str) -> tuple[Change, ...]:
        """Every hunk that is not committed, of everybody."""
        return parse_changes(await self.ask(repository, "diff"))

    async def commit(
        self, repository: str, branch: str, message: str, changes: Sequence[str], author: Mapping[str, str]
    ) -> tuple[str | None, str]:
        """Commit these changes, and nothing else, on the branch: the commit's id and change id.

        No id when all of them were left out, which the old dialect does without a word; it does not tell
        the change id either. Raises Rejected when they depend on another branch.
        """
        argv = commit_argv(await self.modern(), branch, message, changes)
        answer = await self.ask(repository, *argv, env=author)
        answer = answer if isinstance(answer, Mapping) else {}
        return answer.get("commitId") or answer.get("commit_id"), answer.get("changeId") or ""

    async def stack(self, repository: str, branch: str, below: str) -> None:
        """Put a branch, with its commits, on top of another one."""
        move, branch_move = await self._help("move"), await self._help("branch", "move")
        await self.ask(repository, *stack_argv(move, branch_move, branch, below))

    async def delete(self, repository: str, branch: str) -> None:
        """Delete an applied branch; what it committed leaves the working tree."""
        await self.ask(repository, *delete_argv(await self._help("branch", "delete"), branch))

    async def apply(self, repository: str, branch: str) -> None:
        """Bring a branch that exists back into the workspace; VcsConflict when it does not fit the others."""
        finished = await self._run(repository, ["apply", branch], {})
        if finished.code == 0:
            return
        if "conflictAborted" in finished.stdout:
            answer = decode(finished.stdout)
            stacks = [str(each) for each in answer.get("conflictingStacks", ())]
            raise VcsConflict(
                f"{branch} conflicts with branches that are applied: {', '.join(stacks) or 'unnamed ones'}. "
                "Unapply or finish those first.",
                reason="cannot_apply",
            )
        raise failure(finished)

    async def ask(self, repository: str, *argv: str, env: Mapping[str, str] | None = None) -> Any:
        """Run one command and return what it answered. Raises the coded error of its failure."""
        finished = await self._run(repository, argv, env or {})
        if finished.code != 0:
            raise failure(finished)
        return decode(finished.stdout)

    async def _run(self, repository: str, argv: Sequence[str], env: Mapping[str, str]) -> Finished:
        environment = {**inherited(), **self._env, **UNATTENDED, **env}
        try:
            return await run([self._path(), *argv], cwd=repository, env=environment, limit=self._timeout)
        except TimedOut as error:
            holder = lock_holder(repository)
            if holder is None:
                raise
            raise Busy(
                f"Process {holder} holds GitButler's lock on this repository: end it, or wait; the work is "
                "kept and tried again.",
                reason="locked",
                pid=holder,
            ) from error

    async def _help(self, *command: str) -> str:
        """What the program says of a command, "" when it has none; asked again when it was replaced."""
        path = self._path()
        key = (path, os.stat(path).st_mtime_ns, command)
        if key not in self._helps:
            finished = await self._run("/", [*command, "--help"], {})
            if finished.code < 0 or finished.code in (126, 127):
                raise failure(finished)
            self._helps[key] = finished.stdout if finished.code == 0 else ""
        return self._helps[key]

    def _path(self) -> str:
        path = self.path()
        if path is None:
            raise Unavailable(self.missing(), reason="no_program")
        return path
