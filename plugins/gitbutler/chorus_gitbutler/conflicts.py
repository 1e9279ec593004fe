"""Changes that cannot be committed on the task's branch: why, in words and by branch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chorus.backends import ConflictPolicy
from chorus.errors import VcsConflict
from chorus_gitbutler.answers import Change, WorkspaceStatus
from chorus_gitbutler.claims import Shared
from chorus_gitbutler.failures import Obstacle
from chorus_gitbutler.git import Git
from chorus_gitbutler.ledger import Blocked


async def obstacle(
    git: Git, repository: str, status: WorkspaceStatus, branch: str, change: Change
) -> Obstacle:
    """What a refused hunk depends on, from where the lines around it come from.

    `but` before 0.22 leaves such hunks out without naming a reason, and later ones cannot always name it.
    """
    first, last = _lines_around(change)
    owners = []
    if change.old_lines:
        for commit in await git.blame(repository, change.path, first, last):
            owners.append(status.owner(commit))
    base = {
        branch,
        *(each.name for each in status.stack_of(branch) or () if each.name not in status.above(branch)),
    }
    others = tuple(dict.fromkeys(name for name in owners if name is not None and name not in base))
    where = f"line {first}" if first == last else f"lines {first}-{last}"
    if not others:
        return Obstacle(change.path, f"around {where} it conflicts with another change in the workspace")
    return Obstacle(change.path, f"{where} depends on {', '.join(others)}", others)


def _lines_around(change: Change) -> tuple[int, int]:
    """The old lines that a hunk replaces or stands between with one neighbour on each side.

    Changes of neighbouring lines conflict, too.
    """
    line, touched = change.old_start, list[int]()
    for text in change.text.split("\n")[1:]:
        if text.startswith("+"):
            touched += [line - 1, line]
        elif not text.startswith("\\"):
            touched += [line - 1, line, line + 1] if text.startswith("-") else []
            line += 1
    low, high = change.old_start, change.old_start + max(change.old_lines - 1, 0)
    inside = [min(max(each, low), high) for each in touched] or [low]
    return min(inside), max(inside)


def shared_obstacle(shared: Shared) -> Obstacle:
    """A hunk with lines of others in it, who have not committed them."""
    start = shared.change.new_start
    end = start + max(shared.change.new_lines - 1, 0)
    whose = (
        f"uncommitted lines of {', '.join(shared.others)}" if shared.others else "uncommitted lines of nobody"
    )
    return Obstacle(
        shared.change.path, f"lines {start}-{end} are one hunk with {whose}, and GitButler cannot divide it"
    )


def blocked(obstacles: Sequence[Obstacle], policy: ConflictPolicy) -> Blocked:
    """The conflict that these obstacles make, in words."""
    depends_on = _unique(name for each in obstacles for name in each.branches)
    words = "; ".join(dict.fromkeys(f"{each.path}: {each.detail}" for each in obstacles))
    return Blocked(
        paths=_unique(each.path for each in obstacles),
        depends_on=depends_on,
        message=f"{words}. {_advice(depends_on)}",
        policy=policy,
    )


def _advice(depends_on: Sequence[str]) -> str:
    kept = "The change stays in the working tree, uncommitted, and is tried again."
    if len(depends_on) == 1:
        return f"{kept} Stacking this task's branch on top of {depends_on[0]} would let it be committed."
    if depends_on:
        return f"{kept} It needs several branches: stack those on each other first."
    return f"{kept} Commit or undo what it conflicts with first."


def conflict(found: Blocked, committed: str | None) -> VcsConflict:
    choices = (
        [ConflictPolicy.STACK, ConflictPolicy.HOLD] if len(found.depends_on) == 1 else [ConflictPolicy.HOLD]
    )
    return VcsConflict(
        found.message,
        reason="depends_on_branch" if found.depends_on else "shared_hunk",
        depends_on=list(found.depends_on),
        paths=list(found.paths),
        policy=found.policy,
        choices=[str(each) for each in choices],
        committed=committed,
    )


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
