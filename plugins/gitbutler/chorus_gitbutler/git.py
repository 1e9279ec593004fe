"""What plain git is asked: reads only, apart from keeping an archive of a branch before it is deleted.

Plumbing between commits wherever possible: the repository's configuration, which agents can write, makes
the friendlier commands run programs (hooks, fsmonitor, external diffs, text conversion, signature checks).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from datetime import datetime

from chorus.backends import Repository
from chorus.errors import BackendError, BadInput
from chorus.model import Commit, DiffStat, diffs
from chorus_gitbutler.process import Finished, inherited, readable, run

#: The branch GitButler keeps checked out: a merge of all applied branches.
WORKSPACE = "refs/heads/gitbutler/workspace"
#: The trailer that names why a commit was made: the same reason never commits twice.
KEY = "Chorus-Key"
#: Where a deleted branch's last commit stays reachable.
ARCHIVE = "refs/chorus/archive"

_SAFE = [
    "--no-pager",
    "-c", "core.hooksPath=/dev/null",
    "-c", "core.fsmonitor=false",
    "-c", "protocol.ext.allow=never",
    "-c", "log.showSignature=false",
]  # fmt: skip
_QUIET = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_EDITOR": "false",
    "LC_ALL": "C",
}
_RECORD, _FIELD = "\x1e", "\x1f"


class Git:
    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._common: dict[str, str] = {}

    async def inspect(self, path: str) -> Repository:
        """The repository at `path`; BadInput when GitButler could not use it."""
        if not await asyncio.to_thread(os.path.isdir, path):
            raise BadInput(f"{path} is not a folder.")
        flags = await self._try(path, "rev-parse", "--is-bare-repository", "--show-toplevel", "--git-dir")
        if flags is None and await self._try(path, "rev-parse", "--is-bare-repository") == "true":
            raise BadInput(f"{path} is a bare repository: clone it, and use the clone.", reason="bare")
        if flags is None:
            raise BadInput(
                f"{path} is not in a git repository: run `git init` there, or choose another folder."
            )
        top = flags.splitlines()[1]
        if await self._try(top, "rev-parse", "--verify", "--quiet", "HEAD^{commit}") is None:
            raise BadInput(f"{top} has no commit yet: make a first one, then try again.", reason="unborn")
        return Repository(top, await self._default_branch(top))

    async def _default_branch(self, top: str) -> str:
        head = await self.head(top)
        remotes = await self._try(top, "for-each-ref", "--format=%(refname) %(symref)", "refs/remotes/")
        for line in sorted((remotes or "").splitlines()):
            name, _, target = line.partition(" ")
            if name.endswith("/HEAD") and target:
                return target.removeprefix(name.removesuffix("HEAD"))
        if head and not head.startswith("refs/heads/gitbutler/"):
            return head.removeprefix("refs/heads/")
        names = await self.text(top, "for-each-ref", "--format=%(refname:strip=2)", "refs/heads/")
        found = [name for name in names.split() if not name.startswith("gitbutler/")]
        return next((name for name in ("main", "master") if name in found), found[0] if found else "main")

    async def head(self, repository: str) -> str | None:
        """The reference that HEAD points at; None when detached."""
        return await self._try(repository, "symbolic-ref", "--quiet", "HEAD")

    async def common_dir(self, repository: str) -> str:
        if repository not in self._common:
            found = await self.text(repository, "rev-parse", "--git-common-dir")
            self._common[repository] = _joined(repository, found)
        return self._common[repository]

    async def tip(self, repository: str, branch: str) -> str | None:
        return await self._try(
            repository, "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}^{{commit}}"
        )

    async def merge_base(self, repository: str, one: str, other: str) -> str:
        return await self.text(repository, "merge-base", one, other)

    async def valid_name(self, repository: str, branch: str) -> bool:
        return await self._try(repository, "check-ref-format", "--branch", branch) is not None

    async def remotes(self, repository: str) -> Sequence[str]:
        """The remotes that are elsewhere: `gb-local` is GitButler's name for the repository itself."""
        names = (await self.text(repository, "remote")).split()
        return [name for name in names if name != "gb-local"]

    async def is_main_worktree(self, repository: str) -> bool:
        own = await self.text(repository, "rev-parse", "--git-dir")
        common = await self.text(repository, "rev-parse", "--git-common-dir")
        return own == common

    async def hooks_in_tree(self, repository: str) -> str | None:
        """The folder of hooks, when configuration puts it inside the working tree."""
        path = await self._try(repository, "config", "--path", "--get", "core.hooksPath", safe=False)
        if not path:
            return None
        relative = _joined(repository, path).removeprefix(f"{repository}/")
        return None if relative.startswith(("/", ".git/")) else path

    async def dirty(self, repository: str) -> bool:
        return bool(await self.text(repository, "status", "--porcelain", "--untracked-files=normal"))

    async def email(self, repository: str) -> str | None:
        return await self._try(repository, "config", "--get", "user.email")

    async def describe(self, repository: str, ids: Sequence[str]) -> list[Commit]:
        """The commits with these ids, in this order."""
        if not ids:
            return []
        text = await self.text(
            repository,
            *(
                "log",
                "--no-walk=unsorted",
                "-z",
                "--name-only",
                "--no-renames",
                "--no-ext-diff",
                "--no-textconv",
            ),
            *("--no-show-signature", f"--format={_RECORD}%H{_FIELD}%an{_FIELD}%aI{_FIELD}%B{_FIELD}"),
            *("--end-of-options", *ids, "--"),
        )
        return [_commit(record) for record in text.split(_RECORD)[1:]]

    async def between(self, repository: str, base: str, tip: str) -> list[str]:
        """Ids of the commits on `tip` and not on `base`, oldest first."""
        text = await self.text(repository, "rev-list", "--reverse", "--end-of-options", tip, f"^{base}", "--")
        return text.split()

    async def keyed(self, repository: str, base: str, branch: str, key: str) -> str | None:
        """The commit of the branch that was made for this reason."""
        found = await self._try(
            repository,
            *("log", "--format=%H", "-1", "--fixed-strings", f"--grep={KEY}: {key}", "--no-show-signature"),
            *("--end-of-options", f"refs/heads/{branch}", f"^{base}", "--"),
        )
        return found or None

    async def diff(self, repository: str, old: str, new: str) -> str:
        return await self.text(
            repository,
            *("diff-tree", "-r", "-p", "-M", "--no-ext-diff", "--no-textconv"),
            *("--end-of-options", old, new, "--"),
        )

    async def stat(self, repository: str, old: str, new: str) -> DiffStat:
        """How much differs between two commits."""
        text = await self.text(
            repository,
            *("diff-tree", "-r", "--numstat", "-z", "-M", "--no-ext-diff", "--no-textconv"),
            *("--end-of-options", old, new, "--"),
        )
        return diffs.of_numstat(text.encode(errors="surrogateescape").split(b"\0"))

    async def blame(self, repository: str, path: str, first: int, last: int) -> Sequence[str]:
        """The commits that lines `first` to `last` of HEAD's version of the file come from."""
        text = await self._try(
            repository, "blame", "--porcelain", f"-L{max(first, 1)},{max(last, 1)}", "HEAD", "--", path
        )
        lines = (text or "").splitlines()
        heads = (line.split() for line in lines if not line.startswith("\t"))
        return list(
            dict.fromkeys(words[0] for words in heads if words and len(words[0]) == 40 and len(words) > 2)
        )

    async def delete(self, repository: str, branch: str, tip: str) -> None:
        """Delete a branch that no longer is in the workspace, if it is still at `tip`."""
        await self.text(repository, "update-ref", "-d", "--end-of-options", f"refs/heads/{branch}", tip)

    async def archive(self, repository: str, branch: str, tip: str) -> str:
        """Keep the branch's last commit reachable under a name of its own."""
        name = f"{ARCHIVE}/{branch}/{tip[:12]}"
        await self.text(repository, "update-ref", "--end-of-options", name, tip)
        return name

    async def text(self, repository: str, *argv: str) -> str:
        finished = await self._run(repository, *argv)
        if finished.code != 0:
            raise BackendError(
                f"git {argv[0]} failed: {readable(finished.stderr)[:300]}", exit_code=finished.code
            )
        return finished.stdout.rstrip("\n")

    async def _try(self, repository: str, *argv: str, safe: bool = True) -> str | None:
        finished = await self._run(repository, *argv, safe=safe)
        return finished.stdout.rstrip("\n") if finished.code == 0 else None

    async def _run(self, repository: str, *argv: str, safe: bool = True) -> Finished:
        environment = {**inherited(), **_QUIET}
        command = ["git", *(_SAFE if safe else ()), *argv]
        return await run(command, cwd=repository, env=environment, limit=self._timeout)


def _joined(repository: str, path: str) -> str:
    return os.path.normpath(os.path.join(repository, path))


def _commit(record: str) -> Commit:
    commit, author, at, message, names = record.split(_FIELD, 4)
    files = (name.strip("\n") for name in names.split("\0"))
    return Commit(
        id=commit,
        message=without_key(message),
        author=author,
        at=datetime.fromisoformat(at),
        files=tuple(name for name in files if name),
    )


def with_key(message: str, key: str) -> str:
    return f"{message.replace(chr(0), '').strip()}\n\n{KEY}: {key}"


def without_key(message: str) -> str:
    lines = [line for line in message.strip().splitlines() if not line.startswith(f"{KEY}: ")]
    return "\n".join(lines).strip()
