"""Uncommitted changes as hunks, and trees made of some of them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from .git import Git

_LETTERS = str.maketrans("0123456789abcdef", "klmnopqrstuvwxyz")
_HEADER = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_KINDS = {"A": "added", "D": "removed", "M": "modified", "T": "modified"}


@dataclass
class Hunk:
    id: str
    old_start: int
    old_lines: int
    new_start: int
    new_lines: int
    lines: list[str]

    @property
    def diff(self) -> str:
        head = f"@@ -{self.old_start},{self.old_lines} +{self.new_start},{self.new_lines} @@"
        return "\n".join([head, *self.lines]) + "\n"


@dataclass
class Changed:
    """A file that differs from the workspace commit; `selected` are the hunks to commit, or all of it."""

    id: str
    path: str
    kind: str
    binary: bool
    hunks: list[Hunk]
    selected: list[Hunk] = field(default_factory=list)


def letters(text: str, size: int) -> str:
    return hashlib.sha1(text.encode(errors="surrogateescape")).hexdigest()[:size].translate(_LETTERS)


def uncommitted(git: Git, *, hunks: bool = True) -> list[Changed]:
    files = git.worktree_tree()
    head = git.tree("HEAD")
    names = git("diff-tree", "-r", "-z", "--no-renames", "--name-status", head, files).split("\0")
    found = []
    for status, path in zip(names[::2], names[1::2], strict=False):
        where = ["--", f":(literal){path}"]
        text = git("diff-tree", "-p", "-U3", "--no-renames", head, files, *where) if hunks else ""
        name = letters(path, 4)
        binary = "\nBinary files " in text
        found.append(Changed(name, path, _KINDS[status], binary, _parse(name, text)))
    return found


def _parse(name: str, text: str) -> list[Hunk]:
    hunks: list[Hunk] = []
    for line in text.split("\n"):
        if match := _HEADER.match(line):
            a, b, c, d = (1 if each is None else int(each) for each in match.groups())
            hunks.append(Hunk("", a, b, c, d, []))
        elif hunks:
            hunks[-1].lines.append(line)
    for number, hunk in enumerate(hunks):
        content = "\n".join(each for each in hunk.lines if each[:1] in "+-")
        same = sum("\n".join(e for e in h.lines if e[:1] in "+-") == content for h in hunks[:number])
        hunk.id = f"{name}:{letters(f'{content}{same}', 4)}"
    return hunks


def tree_with(git: Git, changes: Iterable[Changed]) -> str:
    """The tree of HEAD with the selected hunks applied."""
    head, files = git.tree("HEAD"), git.worktree_tree()
    with git.index(head) as env:
        for change in changes:
            if len(change.selected) == len(change.hunks):
                entry = git("ls-tree", files, "--", f":(literal){change.path}") or f"0 blob {'0' * 40}\t"
                mode, _, blob = entry.split("\t")[0].split()
            else:
                mode = git("ls-tree", head, "--", f":(literal){change.path}").split()[0]
                text = _splice(git.blob(head, change.path) or "", change.selected)
                blob = git("hash-object", "-w", "--stdin", data=text)
            git("update-index", "-z", "--index-info", data=f"{mode} {blob}\t{change.path}\0", env=env)
        return git("write-tree", env=env)


def _splice(text: str, hunks: list[Hunk]) -> str:
    """`text` (its last line end was cut off by reading it) with the hunks applied."""
    old = text.split("\n")
    new: list[str] = []
    at = 0
    for hunk in sorted(hunks, key=lambda each: each.old_start):
        start = hunk.old_start - 1 if hunk.old_lines else hunk.old_start
        new += old[at:start]
        new += [line[1:] for line in hunk.lines if line[:1] in (" ", "+")]
        at = start + hunk.old_lines
    return "\n".join(new + old[at:]) + "\n"
