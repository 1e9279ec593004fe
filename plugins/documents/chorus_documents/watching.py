"""Learning by inotify that something in a set of folders may have changed.

inotify says that something happened, never what is true now: whoever waits here looks again afterwards. So
events that are lost (the kernel's queue is bounded) or that come in any order do no harm.

A folder takes one watch, of which the kernel has a bounded number per user (fs.inotify.max_user_watches). The
folders past `limit`, or past what the kernel gives, are not forgotten: `changed` then returns every POLL
seconds even if nothing is known to have happened.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import TracebackType

from asyncinotify import Event, Inotify, Mask, Watch

from chorus_documents import files

#: Seconds without an event after which a bunch of them is over: editors save in several steps.
QUIET = 0.075
#: Seconds after which changes are reported even though they go on.
LONGEST = 1.0
#: Seconds between two looks at folders that cannot be watched.
POLL = 10.0

_WHAT = (
    Mask.CREATE | Mask.DELETE | Mask.MOVE | Mask.MODIFY | Mask.CLOSE_WRITE | Mask.ATTRIB
    | Mask.DELETE_SELF | Mask.MOVE_SELF
)  # fmt: skip
_HOW = Mask.ONLYDIR | Mask.DONT_FOLLOW | Mask.EXCL_UNLINK
_ALWAYS = Mask.ISDIR | Mask.Q_OVERFLOW | Mask.DELETE_SELF | Mask.MOVE_SELF | Mask.UNMOUNT

_log = logging.getLogger(__name__)


class FolderWatch:
    """Watches folders of a project; `concerns` tells by a file's path whether its events matter."""

    def __init__(self, root: str, concerns: Callable[[str], bool], limit: int) -> None:
        self._root = os.path.realpath(root)
        self._concerns = concerns
        self._limit = limit
        self._watches: dict[str, Watch] = {}
        self._unwatched = 0
        self._inotify: Inotify | None = None

    def __enter__(self) -> FolderWatch:
        try:
            self._inotify = Inotify(cache_size=64)
        except OSError as error:
            if error.errno not in (errno.EMFILE, errno.ENFILE, errno.ENOMEM):
                raise files.translated(error, self._root) from error
            _log.warning("%s: no inotify instance (%s); looking every %s s", self._root, error, POLL)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._inotify is not None:
            self._inotify.close()

    @property
    def unwatched(self) -> int:
        """How many folders could not be watched."""
        return self._unwatched

    def follow(self, folders: Iterable[str]) -> bool:
        """Watch exactly these folders, the first ones if they are too many. True when one of them is new."""
        wanted = list(folders)
        kept = set(wanted[: self._limit])
        for folder in self._watches.keys() - kept:
            self._drop(folder)
        new = [folder for folder in wanted[: self._limit] if folder not in self._watches]
        added = sum(self._add(folder) for folder in new)
        missing = len(wanted) - len(self._watches)
        if missing > self._unwatched:
            _log.warning("%s: %d folders are not watched; looking every %s s", self._root, missing, POLL)
        self._unwatched = missing
        return added > 0

    async def changed(self, *, soon: bool = False) -> None:
        """Return when something may have changed and it has been quiet for a moment.

        `soon` is for a caller who knows of a file that is being written: the wait is short at any rate.
        """
        patience = QUIET if soon else POLL if self._unwatched or self._inotify is None else None
        if not await self._event(patience):
            return
        loop = asyncio.get_running_loop()
        latest = loop.time() + LONGEST
        while loop.time() < latest and await self._event(QUIET):
            pass

    async def _event(self, patience: float | None) -> bool:
        """Wait for an event that matters; False when the patience (in seconds) is over."""
        try:
            async with asyncio.timeout(patience):
                while True:
                    if self._matters(await self._next()):
                        return True
        except TimeoutError:
            return False

    async def _next(self) -> Event:
        if self._inotify is None:
            await asyncio.Event().wait()  # never comes: the patience decides
            raise AssertionError("unreachable")
        return await self._inotify.get()

    def _matters(self, event: Event) -> bool:
        folder = self._folder_of(event.watch)
        if event.mask & Mask.MOVE_SELF and folder is not None:
            self._moved(folder)
        if event.mask & Mask.IGNORED:
            # The kernel has ended this watch. If a folder of the same name comes back, it needs a new one.
            if folder is not None and self._watches.get(folder) is event.watch:
                del self._watches[folder]
            return False
        if event.mask & _ALWAYS or event.path is None:
            return True
        return self._concerns(os.path.relpath(event.path, self._root))

    def _folder_of(self, watch: Watch | None) -> str | None:
        if watch is None:
            return None
        folder = os.path.relpath(watch.path, self._root)
        return "" if folder == "." else folder

    def _moved(self, folder: str) -> None:
        """A watch follows its folder under another name: let go of it and of those below it."""
        for one in list(self._watches):
            if one == folder or one.startswith(f"{folder}/"):
                self._drop(one)

    def _add(self, folder: str) -> bool:
        if self._inotify is None:
            return False
        try:
            watch = self._inotify.add_watch(os.path.join(self._root, folder), _WHAT | _HOW)
        except OSError:
            return False  # gone since, or the kernel has no more watches: counted by the caller
        self._watches[folder] = watch
        return True

    def _drop(self, folder: str) -> None:
        watch = self._watches.pop(folder)
        if self._inotify is not None:
            with suppress(OSError):  # the folder is gone, and its watch with it
                self._inotify.rm_watch(watch)
