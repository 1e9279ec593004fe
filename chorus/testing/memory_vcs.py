"""A fake VCS backend, for tests of other parts. `chorus.testing.vcs` has the contract that it keeps."""

from __future__ import annotations

import difflib
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from chorus.backends import CommitRequest, Repository, VcsBackend, Workspace, WorkspaceSpec
from chorus.errors import BadInput, Conflict, Unavailable
from chorus.model import Commit


@dataclass
class _Branch:
    """A branch of the fake: the files it began with, and after each commit."""

    task: str
    base: str
    trees: list[Mapping[str, bytes]]
    commits: list[Commit] = field(default_factory=list)
    keys: dict[str, Commit] = field(default_factory=dict)


class MemoryVcsBackend(VcsBackend):
    """A FAKE for tests of other parts: branches are in memory, workspaces are real folders below `folder`.

    Any folder with files in it is a repository, whose first commit is what is in it when it is first seen.
    There is no git, nothing survives the process, and nothing is ignored.
    """

    name = "memory"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._branches: dict[tuple[str, str], _Branch] = {}
        self._first: dict[str, Mapping[str, bytes]] = {}

    async def inspect(self, path: str) -> Repository:
        tree = snapshot(path)
        if not tree:
            raise BadInput(f"{path!r} is no repository: give the path of a folder with files in it.")
        self._first.setdefault(path, tree)
        return Repository(path, "main")

    async def open(self, spec: WorkspaceSpec) -> Workspace:
        top = (await self.inspect(spec.repository)).path
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_-]*)*", spec.name) or len(spec.name) > 100:
            raise BadInput(f"{spec.name!r} cannot be a branch.")
        branch = self._branches.get((top, spec.name))
        if branch is None:
            base, tree = self._base(top, spec.base)
            branch = self._branches[top, spec.name] = _Branch(spec.task_id, base, [tree])
        if branch.task != spec.task_id:
            raise Conflict(f"There is a branch {spec.name!r} already, of another task.")
        path = self._folder / _name(top) / spec.task_id
        if not path.exists():
            _fill(path, branch.trees[-1])
        return Workspace(top, spec.name, str(path), branch.base)

    def _base(self, top: str, base: str | None) -> tuple[str, Mapping[str, bytes]]:
        if base in (None, "main"):
            return _name(top), self._first[top]
        for (where, name), branch in self._branches.items():
            ids = [branch.base, *(commit.id for commit in branch.commits)]
            if where == top and base in (name, *ids):
                number = ids.index(base) if base in ids else -1
                return ids[number], branch.trees[number]
        raise BadInput(f"{base!r} is no branch or commit.")

    async def changed(self, workspace: Workspace) -> Sequence[str]:
        return _difference(self._branch(workspace).trees[-1], _present(workspace))

    async def commit(self, workspace: Workspace, request: CommitRequest) -> Commit | None:
        branch = self._branch(workspace)
        if request.key in branch.keys:
            return branch.keys[request.key]
        if request.edits is None and not _exists(workspace):
            return None
        before, now = branch.trees[-1], _present(workspace)
        wanted = None if request.edits is None else {_inside(workspace, each.path) for each in request.edits}
        paths = [path for path in _difference(before, now) if wanted is None or path in wanted]
        if not paths:
            return None
        kept = {path: data for path, data in before.items() if path not in paths}
        branch.trees.append({**kept, **{path: now[path] for path in paths if path in now}})
        made = Commit(
            _name(f"{branch.base} {workspace.branch} {len(branch.commits)}"),
            request.message,
            request.author,
            datetime.now(UTC),
            tuple(paths),
        )
        branch.commits.append(made)
        branch.keys[request.key] = made
        return made

    async def commits(self, workspace: Workspace) -> Sequence[Commit]:
        branch = self._branches.get((workspace.repository, workspace.branch))
        return list(branch.commits) if branch else []

    async def diff(self, workspace: Workspace) -> str:
        branch = self._branch(workspace)
        before, now = branch.trees[0], _present(workspace) if _exists(workspace) else branch.trees[-1]
        return "".join(_compared(path, before, now) for path in _difference(before, now))

    async def close(self, workspace: Workspace, *, delete_branch: bool = False) -> None:
        if _exists(workspace):
            if left := await self.changed(workspace):
                raise Conflict(f"Not committed in {workspace.path}: {', '.join(left)}.")
            shutil.rmtree(workspace.path)
        if delete_branch:
            self._branches.pop((workspace.repository, workspace.branch), None)

    def _branch(self, workspace: Workspace) -> _Branch:
        try:
            return self._branches[workspace.repository, workspace.branch]
        except KeyError:
            raise Unavailable(f"There is no branch {workspace.branch!r}.") from None


def snapshot(folder: str | Path) -> dict[str, bytes]:
    """All files below a folder but git's own, with their contents."""
    found = (path for path in Path(folder).rglob("*") if path.is_file())
    relative = ((str(path.relative_to(folder)), path) for path in found)
    return {name: path.read_bytes() for name, path in relative if name.split(os.sep)[0] != ".git"}


def _name(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:40]


def _fill(path: Path, tree: Mapping[str, bytes]) -> None:
    for name, data in tree.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)


def _exists(workspace: Workspace) -> bool:
    return Path(workspace.path).exists()


def _present(workspace: Workspace) -> dict[str, bytes]:
    if not _exists(workspace):
        raise Unavailable(f"The folder {workspace.path} is missing: open the workspace again.")
    return snapshot(workspace.path)


def _difference(before: Mapping[str, bytes], now: Mapping[str, bytes]) -> list[str]:
    return sorted(path for path in before.keys() | now.keys() if before.get(path) != now.get(path))


def _inside(workspace: Workspace, path: str) -> str:
    full = os.path.normpath(os.path.join(workspace.path, path)) if path and "\0" not in path else ""
    name = os.path.relpath(full, workspace.path) if full else ".."
    if name.split(os.sep)[0] in ("..", ".git", "."):
        raise BadInput(f"{path!r} is no file of the workspace {workspace.path}.")
    return name


def _compared(path: str, before: Mapping[str, bytes], now: Mapping[str, bytes]) -> str:
    old, new = (
        tree.get(path, b"").decode(errors="replace").splitlines(keepends=True) for tree in (before, now)
    )
    return "".join(difflib.unified_diff(old, new, f"a/{path}", f"b/{path}"))
