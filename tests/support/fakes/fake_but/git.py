"""Git as the fake uses it."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


class GitFailed(Exception):
    pass


class Git:
    """The repository at `top`, run without its hooks."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self._refs: dict[str, str] | None = None
        self._idents: dict[str, str] = {}
        self._files: str | None = None
        self._objects: dict[str, str] = {}

    def __call__(self, *argv: str, data: str | None = None, env: Mapping[str, str] | None = None) -> str:
        done = subprocess.run(
            ["git", "-c", "core.hooksPath=/dev/null", "-c", "core.quotePath=false", *argv],
            cwd=self.top,
            input=None if data is None else data.encode(errors="surrogateescape"),
            stdin=subprocess.DEVNULL if data is None else None,
            env={**os.environ, **(env or {})},
            capture_output=True,
        )
        if done.returncode:
            raise GitFailed(f"git {' '.join(argv)}: {done.stderr.decode(errors='replace')}")
        return done.stdout.decode(errors="surrogateescape").rstrip("\n")

    def ok(self, *argv: str) -> str | None:
        try:
            return self(*argv)
        except GitFailed:
            return None

    @property
    def dir(self) -> Path:
        return self.top / ".git"

    def tree(self, commit: str) -> str:
        return self.header(commit, "tree")

    def ref(self, name: str) -> str | None:
        """The commit a reference points at, or HEAD's; looked up once per command."""
        if self._refs is None:
            lines = self("for-each-ref", "--format=%(refname) %(objectname)", "refs/heads", "refs/remotes")
            self._refs = dict(line.split(" ") for line in lines.splitlines())
        if name == "HEAD":
            name = self("symbolic-ref", "HEAD")
        return self._refs.get(name)

    def set_ref(self, name: str, commit: str) -> None:
        self("update-ref", name, commit)
        if self._refs is not None:
            self._refs[name] = commit

    def forget_refs(self) -> None:
        self._refs = None

    def blob(self, tree: str, path: str) -> str | None:
        return self.ok("cat-file", "blob", f"{tree}:{path}")

    @contextmanager
    def index(self, tree: str) -> Iterator[dict[str, str]]:
        """A scratch index that holds `tree`: the environment to use it with."""
        with tempfile.TemporaryDirectory() as folder:
            env = {"GIT_INDEX_FILE": f"{folder}/index"}
            self("read-tree", tree, env=env)
            yield env

    def worktree_tree(self) -> str:
        """The working tree, as a tree; looked at once per command, as everything happens under one lock."""
        if self._files is None:
            with self.index("HEAD") as env:
                self("add", "--all", env=env)
                self._files = self("write-tree", env=env)
        return self._files

    def merge(self, base: str, ours: str, theirs: str) -> str | None:
        """The three-way merge of three trees; None when they conflict."""
        if ours == theirs or base == theirs:
            return ours
        if base == ours:
            return theirs
        # git before 2.40 takes commits only, and finds the base itself: give it a made-up history.
        root = self._made_up(base)
        merged = self.ok("merge-tree", "--write-tree", self._made_up(ours, root), self._made_up(theirs, root))
        return None if merged is None else merged.splitlines()[0]

    def _made_up(self, tree: str, *parents: str) -> str:
        who = {f"GIT_{role}_{part}": "x" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
        who |= {"GIT_AUTHOR_DATE": "@0 +0000", "GIT_COMMITTER_DATE": "@0 +0000"}
        return self("commit-tree", tree, *(f"-p{each}" for each in parents), "-m", "x", env=who)

    def commit(
        self, tree: str, parents: list[str], message: str, change: str, author: str | None = None
    ) -> str:
        """Write a commit that carries its change id in a header, as GitButler's do."""
        lines = [f"tree {tree}", *(f"parent {each}" for each in parents)]
        lines.append(f"author {author or self._ident('AUTHOR')}")
        lines.append(f"committer {self._ident('COMMITTER')}")
        if change:
            lines.append(f"change-id {change}")
        text = "\n".join(lines) + f"\n\n{message}"
        commit = self("hash-object", "-t", "commit", "-w", "--stdin", data=text)
        self._objects[commit] = text
        return commit

    def _ident(self, role: str) -> str:
        if role not in self._idents:
            self._idents[role] = self("var", f"GIT_{role}_IDENT")
        return self._idents[role]

    def header(self, commit: str, name: str) -> str:
        for line in self._object(commit).split("\n\n", 1)[0].splitlines():
            if line.startswith(f"{name} "):
                return line.removeprefix(f"{name} ")
        return ""

    def message(self, commit: str) -> str:
        return self._object(commit).split("\n\n", 1)[1].rstrip("\n") + "\n"

    def _object(self, name: str) -> str:
        commit = name if len(name) == 40 else self.ref(name) or self("rev-parse", name)
        if commit not in self._objects:
            self._objects[commit] = self("cat-file", "commit", commit)
        return self._objects[commit]

    def checkout_tree(self, old: str, new: str) -> None:
        """Turn the working tree from tree `old` into tree `new`."""
        self._files = None
        changed = self("diff-tree", "-r", "-z", "--no-renames", "--name-status", old, new).split("\0")
        for status, path in zip(changed[::2], changed[1::2], strict=False):
            file = self.top / path
            if status == "D":
                file.unlink(missing_ok=True)
        with self.index(new) as env:
            paths = [p for s, p in zip(changed[::2], changed[1::2], strict=False) if s != "D"]
            if paths:
                self("checkout-index", "--force", "--", *paths, env=env)
