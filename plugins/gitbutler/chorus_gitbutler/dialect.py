"""How to say things to the installed `but`, by what its own help tells: versions do not order (nightlies).

Modern is 0.22 and later: changes are positional, a commit is all or nothing. Before (0.19 to 0.21) changes
are one comma-separated option, and hunks that depend on another branch are left out without a word.
Helps are the texts of `--help`, "" where the command does not exist.
"""

from __future__ import annotations

from collections.abc import Sequence

from chorus.errors import Unavailable


def is_modern(commit_help: str) -> bool:
    """Whether this is the modern dialect; Unavailable when it is older than 0.19.0."""
    if "--branch" in commit_help:
        return True
    if "--changes" in commit_help:
        return False
    raise Unavailable("This `but` is too old: Chorus needs GitButler 0.19.0 or newer.", reason="too_old")


def commit_argv(modern: bool, branch: str, message: str, changes: Sequence[str]) -> list[str]:
    """Always named changes and a message: a bare commit takes everybody's edits or opens an editor."""
    if modern:
        return ["commit", f"--branch={branch}", f"--message={message}", "--", *changes]
    return ["commit", f"--message={message}", f"--changes={','.join(changes)}", "--", branch]


def stack_argv(move_help: str, branch_move_help: str, branch: str, below: str) -> list[str]:
    if "--above" in move_help:
        return ["move", branch, "--above", below]
    if branch_move_help:
        return ["branch", "move", branch, below]
    if move_help:
        return ["move", branch, below]
    raise Unavailable(
        "This version of `but` cannot stack an existing branch: update it, or stack by hand.",
        reason="cannot_stack",
    )


def delete_argv(delete_help: str, branch: str) -> list[str]:
    return ["branch", "delete", branch, *(["--force"] if "--force" in delete_help else [])]
