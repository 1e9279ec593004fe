"""Who made a change that no agent reported: looked at between the start and the end of its tools.

A shell command or a formatter says nothing about the files it writes. The uncommitted lines are
looked at when such a tool starts and when it ends; lines that appeared in between belong to the task
whose tool ran, if it was the only one. When several ran, or none, nobody gets them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from chorus_gitbutler.answers import Change, Lines
from chorus_gitbutler.claims import Claims


@dataclass(slots=True)
class Watch:
    """The tools that run now in one repository, and the uncommitted lines as last seen.

    `open_until` holds when a tool that never reports its end (Escape, a dead agent) is forgotten, in seconds
    of the loop's clock.
    """

    claims: Claims
    open_until: dict[tuple[str, str], float] = field(default_factory=dict)
    seen: dict[str, Lines] | None = None

    def begin(self, branch: str, use_id: str, until: float) -> None:
        self.open_until[branch, use_id] = until

    def running(self, branch: str, use_id: str) -> bool:
        return (branch, use_id) in self.open_until

    def end(self, branch: str, use_id: str | None = None) -> None:
        """Forget a tool of the branch, or all of them."""
        for key in [key for key in self.open_until if key[0] == branch and use_id in (None, key[1])]:
            del self.open_until[key]

    def look(self, changes: Iterable[Change], now: float, guarded: Collection[str] = ()) -> None:
        """Take note of the uncommitted lines, and give new ones to the only branch that can have made them.

        Files in `guarded` are being edited by an agent that will report the edit: they are looked at later.
        """
        current = lines_of(changes)
        for key in [key for key, until in self.open_until.items() if until < now]:
            del self.open_until[key]
        branches = {branch for branch, _ in self.open_until}
        before, self.seen = self.seen, {}
        for path, lines in current.items():
            if path in guarded and before is not None:
                self.seen[path] = before.get(path, Counter())
                continue
            self.seen[path] = lines
            if before is not None and len(branches) == 1:
                [branch] = branches
                self._credit(branch, path, lines - before.get(path, Counter()), lines)

    def _credit(self, branch: str, path: str, fresh: Lines, present: Lines) -> None:
        # What is claimed already and still there is not new, it only moved in or out of sight.
        mine = fresh & (present - self.claims.claimed(path))
        if mine:
            self.claims.see(branch, path, mine)

    def unattributed(self, path: str) -> Lines:
        """Lines of a file that were there when last looked, and are nobody's."""
        return (self.seen or {}).get(path, Counter()) - self.claims.claimed(path)


def lines_of(changes: Iterable[Change]) -> dict[str, Lines]:
    total: dict[str, Lines] = {}
    for change in changes:
        total[change.path] = total.get(change.path, Counter()) + change.counted
    return total
