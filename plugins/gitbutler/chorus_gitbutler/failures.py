"""`but` has no error codes: its sentences are read here, and nowhere else.

Sources: GitButler's `crates/but/src/{setup,utils/rejection}.rs` and the snapshots of its tests, 0.19 to 0.22.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chorus.errors import BackendError, BadInput, Busy, ChorusError, Conflict, NotFound, Unavailable
from chorus_gitbutler.process import Finished, readable


class NothingToCommit(Conflict):
    """There is no such uncommitted change (any more)."""


class Raced(Busy):
    """A file changed while it was being committed; trying again can succeed."""


class NotApplied(Conflict):
    """The branch exists, but is not in the workspace."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why one part of a change cannot be committed: what it depends on, in words and by branch name."""

    path: str
    detail: str
    branches: tuple[str, ...] = ()


class Rejected(Conflict):
    """The change cannot be committed on this branch."""

    def __init__(self, obstacles: Sequence[Obstacle]) -> None:
        super().__init__("The change cannot be committed on this branch.")
        self.obstacles = tuple(obstacles)


SETUP = "Set the repository up for GitButler first (this needs your consent), or use the git backend."
_BACK = "Run `but setup` in the repository to return to it; nothing is lost."

_RULES: Sequence[tuple[str, Callable[[str], ChorusError]]] = (
    ("Not currently on a gitbutler", lambda _: Conflict(
        f"The repository has left the branch gitbutler/workspace. {_BACK}", reason="not_on_workspace")),
    ("Setup required|setup_required", lambda _: Conflict(
        f"The repository is not set up for GitButler. {SETUP}", reason="setup_required")),
    ("mode exit required", lambda _: Conflict(
        "Somebody committed with git on gitbutler/workspace, and GitButler refuses to work now. "
        "Run `but teardown` to keep the commit, then `but setup`.", reason="teardown_required")),
    ("No git repository found", lambda _: BadInput(
        "This is not a git repository.", reason="no_repository")),
    ("Bare repositories", lambda _: BadInput(
        "This is a bare repository: GitButler needs a working tree.", reason="bare")),
    ("non-main worktree", lambda _: BadInput(
        "This is a linked worktree: GitButler works in the main one only.", reason="linked_worktree")),
    ("Failed to get HEAD reference name", lambda _: BadInput(
        "HEAD is detached: check a branch out first.", reason="detached")),
    ("No HEAD reference found for remote", lambda _: BadInput(
        "The remote has no branch GitButler could build on: fetch it first.", reason="no_target")),
    ("is merged upstream", lambda _: Conflict(
        "The task's branch is merged upstream already: new work needs a new task.",
        reason="merged_upstream")),
    ("exists but is not applied", lambda _: NotApplied("The branch is not applied.", reason="not_applied")),
    ("no longer match the worktree|went missing while", lambda _: Raced(
        "The file changed while it was being committed. It stays uncommitted and is tried again.",
        reason="raced")),
    ("Could not find uncommitted change|No changes to commit|No ID found for", lambda _: NothingToCommit(
        "There is nothing to commit.", reason="nothing")),
    ("is assigned to a different stack", lambda _: Conflict(
        "The change is assigned to another branch in GitButler: unassign it there first.",
        reason="assigned")),
    ("Could not find (branch|target|source)|reference '.*' did not exist", lambda text: NotFound(
        f"GitButler does not know this branch: {text}", reason="no_branch")),
    ("No author is configured", lambda _: Unavailable(
        "Git does not know who you are: set user.name and user.email.", reason="no_author")),
    ("database is locked|could not acquire", lambda _: Busy(
        "Another program is using GitButler here: try again later.", reason="locked")),
)  # fmt: skip


def failure(finished: Finished) -> ChorusError:
    """The error that a failed run of `but` stands for, with what to do about it."""
    text = readable(finished.stderr) or _stdout_message(finished.stdout)
    if obstacles := _obstacles(finished.stderr):
        return Rejected(obstacles)
    for pattern, make in _RULES:
        if re.search(pattern, text) or re.search(pattern, finished.stdout[:2000]):
            return make(_first(text))
    if finished.code == 2:
        return BackendError(
            f"This version of `but` does not take the command Chorus gave it: {_first(text)}", reason="usage"
        )
    if finished.code in (126, 127):
        return Unavailable(f"`but` does not start: {_first(text)}", reason="cannot_start")
    return BackendError(
        f"`but` failed ({_ending(finished.code)}): {_first(text) or 'without a word'}", reason="failed"
    )


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _first(text: str) -> str:
    """The first line that says something, without its label."""
    lines = (line.strip() for line in text.splitlines())
    return next((line.removeprefix("Error: ") for line in lines if line), "")[:300]


def _stdout_message(text: str) -> str:
    try:
        value = json.loads(text)
    except ValueError:
        return ""
    return readable(str(value.get("message", ""))) if isinstance(value, dict) else ""


_LINES = r"(?:lines? \d+(?:-\d+)?|around line \d+)"
_DEPENDS = re.compile(rf"^(?:{_LINES} )?depends on (?!commit |changes )(?P<branch>\S+) \(")
_AMONG = re.compile(r"^conflicts with commits on (?P<branches>.+?) \(")


def _obstacles(stderr: str) -> Sequence[Obstacle]:
    """The indented list below `Cannot commit: …`: paths by two spaces, details by four."""
    obstacles: list[Obstacle] = []
    head, found, rest = stderr.partition("Cannot commit:")
    path = ""
    for line in rest.splitlines()[1:] if found else ():
        if not line.strip():
            break
        if line.startswith("    "):
            obstacles.append(_obstacle(path, line.strip()))
        else:
            path = line.strip()
    # A change that raced is worth trying again: let the rules name it.
    raced = any(re.search("no longer match|went missing", each.detail) for each in obstacles)
    return [] if raced else obstacles


def _obstacle(path: str, detail: str) -> Obstacle:
    if match := _DEPENDS.match(detail):
        return Obstacle(path, re.sub(r" \([^)]*\)$", "", detail), (match["branch"],))
    if match := _AMONG.match(detail):
        return Obstacle(path, detail, tuple(match["branches"].split(", ")))
    return Obstacle(path, detail)
