"""Whose are the lines that are not committed yet: the memory a shared working tree needs.

GitButler keeps no record of who made an uncommitted change. A claim says that a task's branch made
certain changed lines of a file, because its agent said so, or because they appeared while only its
tools ran. A hunk belongs to a branch when the branch's claims cover all its changed lines; GitButler
cannot commit part of a hunk, so one with lines of others too is shared, and stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chorus_gitbutler.answers import Change, Lines

#: Changed lines nearer than this to each other are one hunk: git's three lines of context on both sides.
NEAR = 6


@dataclass(slots=True)
class Claim:
    """Lines of one file that one branch made. `spots` are the line numbers where it was told of them."""

    said: Lines = field(default_factory=Counter)
    seen: Lines = field(default_factory=Counter)
    spots: list[int] = field(default_factory=list)

    @property
    def lines(self) -> Lines:
        return self.said + self.seen


@dataclass(frozen=True, slots=True)
class Shared:
    """A hunk that only partly belongs to the branch. No `others`: the rest is nobody's."""

    change: Change
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    own: tuple[Change, ...]
    shared: tuple[Shared, ...]

    @property
    def paths(self) -> tuple[str, ...]:
        changes = [*self.own, *(each.change for each in self.shared)]
        return tuple(sorted({change.path for change in changes}))


class Claims:
    """The claims on one repository's uncommitted lines."""

    def __init__(self) -> None:
        self._claims: dict[tuple[str, str], Claim] = {}

    def say(self, branch: str, path: str, lines: Lines, spots: Sequence[int] = ()) -> None:
        """The agent said that it made these lines: what others were only seen to make gives way."""
        claim = self._claims.setdefault((branch, path), Claim())
        claim.said += lines
        claim.spots.extend(spots)
        for (other, where), theirs in self._claims.items():
            if where == path and other != branch:
                theirs.seen -= lines

    def see(self, branch: str, path: str, lines: Lines) -> None:
        """These lines appeared while only this branch's tools ran."""
        self._claims.setdefault((branch, path), Claim()).seen += lines

    def drop(self, branch: str, path: str | None = None) -> None:
        for key in [key for key in self._claims if key[0] == branch and path in (None, key[1])]:
            del self._claims[key]

    def settle(self, branch: str, paths: Iterable[str], left: Selection) -> None:
        """The branch's own hunks of these paths are committed: keep only what covers the hunks left."""
        for path in paths:
            rest: Lines = Counter()
            for change in [*left.own, *(each.change for each in left.shared)]:
                if change.path == path:
                    rest |= change.counted
            claim = self._claims.get((branch, path))
            if claim is None:
                continue
            claim.said, claim.seen = claim.said & rest, claim.seen & rest
            if not claim.lines:
                self.drop(branch, path)

    def paths(self, branch: str) -> tuple[str, ...]:
        return tuple(path for owner, path in self._claims if owner == branch)

    def claimed(self, path: str) -> Lines:
        """All claimed lines of a file."""
        total: Lines = Counter()
        for (_, where), claim in self._claims.items():
            if where == path:
                total += claim.lines
        return total

    def said(self, path: str, *, but: str) -> Lines:
        """The lines of a file that the agents of all branches but one said they made."""
        total: Lines = Counter()
        for (branch, where), claim in self._claims.items():
            if where == path and branch != but:
                total += claim.said
        return total

    def select(self, branch: str, changes: Sequence[Change], paths: Iterable[str] | None = None) -> Selection:
        """The branch's hunks among these, in the given paths or in all it has claims on."""
        wanted = set(self.paths(branch) if paths is None else paths)
        own: list[Change] = []
        shared: list[Shared] = []
        for path in sorted(wanted):
            claim = self._claims.get((branch, path))
            if claim is not None:
                here = [change for change in changes if change.path == path]
                self._split(branch, claim, here, own, shared)
        return Selection(tuple(own), tuple(shared))

    def _split(
        self, branch: str, claim: Claim, changes: list[Change], own: list[Change], shared: list[Shared]
    ) -> None:
        left = claim.lines
        rest: list[Change] = []
        # The nearest first: equal lines elsewhere in the file may be somebody else's.
        for change in sorted(changes, key=lambda each: _distance(each, claim.spots)):
            if change.counted <= left and not self._nearer(branch, change, claim):
                left -= change.counted
                own.append(change)
            else:
                rest.append(change)
        for change in rest:
            if _touches(change, left, claim.spots):
                shared.append(Shared(change, self._others(branch, change, change.counted - left)))

    def _nearer(self, branch: str, change: Change, claim: Claim) -> bool:
        """Whether another branch claims all of this hunk too, nearer to where it is."""
        mine = _distance(change, claim.spots)
        return any(
            path == change.path
            and other != branch
            and change.counted <= theirs.lines
            and _distance(change, theirs.spots) < mine
            for (other, path), theirs in self._claims.items()
        )

    def _others(self, branch: str, change: Change, lines: Lines) -> tuple[str, ...]:
        """The branches with claims on these lines of the hunk; empty when some line is nobody's."""
        found: list[str] = []
        for (other, path), claim in self._claims.items():
            if path == change.path and other != branch and claim.lines & lines:
                found.append(other)
                lines = lines - claim.lines
        return () if lines else tuple(found)

    def unclaimed(self, changes: Iterable[Change]) -> tuple[str, ...]:
        """The paths with a changed line that nobody claims."""
        total: dict[str, Lines] = {}
        for change in changes:
            total[change.path] = total.get(change.path, Counter()) + change.counted
        return tuple(sorted(path for path, lines in total.items() if lines - self.claimed(path)))

    def plain(self) -> list[dict[str, Any]]:
        """As JSON can keep it."""
        return [
            {
                "branch": branch,
                "path": path,
                "said": claim.said,
                "seen": claim.seen,
                "spots": claim.spots,
            }
            for (branch, path), claim in self._claims.items()
        ]

    @classmethod
    def load(cls, plain: Iterable[Mapping[str, Any]]) -> Claims:
        claims = cls()
        for each in plain:
            claims._claims[each["branch"], each["path"]] = Claim(
                Counter(each["said"]), Counter(each["seen"]), list(each["spots"])
            )
        return claims


def _distance(change: Change, spots: Sequence[int]) -> int:
    """Lines between the hunk and the nearest spot; 0 inside it."""
    last = change.new_start + max(change.new_lines - 1, 0)
    return min((max(change.new_start - spot, spot - last, 0) for spot in spots), default=1 << 30)


def _touches(change: Change, left: Lines, spots: Sequence[int]) -> bool:
    """Whether a hunk holds lines of a claim: equal lines, and not just a bracket somewhere far away."""
    common = change.counted & left
    telling = any(len(line[1:].strip()) > 2 for line in common)
    return bool(common) and (telling or _distance(change, spots) <= NEAR)
