"""One editor per file at a time: from the report that an edit is about to happen to the one that it did.

Hunks that lie close together become one, and GitButler cannot divide a hunk. So an edit waits until
the one before it in the same file is committed. Nobody is stopped by this: waiting is short, and a
lease whose end is never reported (a denied permission, Escape, a dead agent) runs out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Lease:
    """`before` are the file's lines when the lease began, if they could be read."""

    branch: str
    use_id: str
    until: float
    before: Sequence[str] | None = None


class Guard:
    """Leases on files; `wait` and `lasts` in seconds."""

    def __init__(self, *, wait: float, lasts: float) -> None:
        self._wait = wait
        self._lasts = lasts
        self._leases: dict[tuple[str, str], Lease] = {}
        self._freed = asyncio.Condition()

    async def take(self, repository: str, path: str, branch: str, use_id: str) -> bool:
        """Lease a file for a tool. False: it is somebody else's still, and the waiting time is over."""
        loop = asyncio.get_running_loop()
        give_up = loop.time() + self._wait
        key = (repository, path)
        async with self._freed:
            while (held := self._held(key, loop.time())) is not None and held.branch != branch:
                if (rest := min(give_up, held.until) - loop.time()) <= 0 and loop.time() >= give_up:
                    return False
                try:
                    async with asyncio.timeout(max(rest, 0)):
                        await self._freed.wait()
                except TimeoutError:
                    continue
            self._leases[key] = Lease(branch, use_id, loop.time() + self._lasts)
            return True

    async def free(self, repository: str, branch: str, use_id: str | None = None) -> None:
        """Give back what a tool leased, or all that the branch holds."""
        async with self._freed:
            for key, lease in list(self._leases.items()):
                if key[0] == repository and lease.branch == branch and use_id in (None, lease.use_id):
                    del self._leases[key]
            self._freed.notify_all()

    def note(self, repository: str, path: str, use_id: str, before: Sequence[str] | None) -> None:
        """Remember how a leased file was before the tool touches it."""
        lease = self._leases.get((repository, path))
        if lease is not None and lease.use_id == use_id:
            self._leases[repository, path] = replace(lease, before=before)

    def guarded(self, repository: str, now: float) -> Mapping[str, Lease]:
        """The files that are being edited now."""
        held = self._leases.items()
        return {path: each for (where, path), each in held if where == repository and each.until > now}

    def _held(self, key: tuple[str, str], now: float) -> Lease | None:
        lease = self._leases.get(key)
        return lease if lease is not None and lease.until > now else None
