"""One `but` at a time per repository, whichever program of Chorus asks.

GitButler has a lock of its own since 0.19.7, which waits without limit, and none before. Ids that
`but diff` prints hold until the next change, so asking and committing belong under one lock. Its own
lock is not taken here: the child process would wait for its parent.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from chorus.errors import BackendError, Busy

#: Seconds between attempts to get a lock that another process holds; there is no event to wait for.
_RETRY = 0.05


class RepositoryLocks:
    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._here: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @asynccontextmanager
    async def hold(self, git_dir: str) -> AsyncIterator[None]:
        """Hold the repository whose (common) git directory this is. Busy when it takes too long."""
        try:
            async with asyncio.timeout(self._timeout):
                await self._here[git_dir].acquire()
                try:
                    handle = await _lock(Path(git_dir, "chorus-gitbutler.lock"))
                except BaseException:
                    self._here[git_dir].release()
                    raise
        except TimeoutError as error:
            raise Busy(
                "Another task or another Chorus is using GitButler in this repository: try again later.",
                reason="locked",
            ) from error
        try:
            yield
        finally:
            os.close(handle)
            self._here[git_dir].release()


async def _lock(path: Path) -> int:
    # O_NOFOLLOW: agents can write here, and must not make us open something else.
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise BackendError(f"Cannot open the lock {path}: {error.strerror}.", reason="lock") from error
    try:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return handle
            except BlockingIOError:
                await asyncio.sleep(_RETRY)
    except BaseException:
        os.close(handle)
        raise


def lock_holder(repository: str) -> int | None:
    """The process that holds GitButler's own lock, looked up without touching the lock (Linux only)."""
    try:
        inode = Path(repository, ".git/gitbutler/gitbutler.write-lock").stat().st_ino
        locks = Path("/proc/locks").read_text().splitlines()
    except OSError:
        return None
    for line in locks:  # "1: FLOCK ADVISORY WRITE 1234 08:01:5678 0 EOF"; waiting ones have "->" second
        words = line.split()
        if "->" not in words and len(words) > 5 and words[5].endswith(f":{inode}"):
            return int(words[4])
    return None
