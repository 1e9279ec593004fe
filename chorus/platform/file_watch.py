"""File changes in folders: one inotify per event loop, shared by all who follow."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import AsyncIterator
from pathlib import Path
from weakref import WeakKeyDictionary

from asyncinotify import Inotify, Mask, Watch

log = logging.getLogger(__name__)

#: Seconds between looks where the system has no inotify watch left (fs.inotify.max_user_watches).
POLL = 0.5

_MASK = Mask.MODIFY | Mask.CREATE | Mask.MOVED_TO | Mask.DELETE_SELF


class Changed:
    """Set when something may have changed. Set once for many changes: look, and look again after it."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.polled = False

    def clear(self) -> None:
        self._event.clear()

    def set(self) -> None:
        self._event.set()

    async def wait(self, seconds: float) -> bool:
        """Whether it was set within so many seconds."""
        try:
            async with asyncio.timeout(min(seconds, POLL) if self.polled else seconds):
                return await self._event.wait()
        except TimeoutError:
            return self.polled and seconds > POLL


class _Watcher:
    """Wakes whoever follows a folder. Its task owns the inotify: it closes it after it has let go of it."""

    def __init__(self) -> None:
        self._inotify = Inotify(cache_size=64)
        self._watches: dict[Path, Watch] = {}
        self._followers: defaultdict[int, set[Changed]] = defaultdict(set)
        self._task = asyncio.create_task(self._run(), name="chorus-inotify")

    def add(self, folder: Path, follower: Changed) -> None:
        watch = self._watches.get(folder) or self._inotify.add_watch(folder, _MASK)
        self._watches[folder] = watch
        self._followers[watch.wd].add(follower)

    def remove(self, folder: Path, follower: Changed) -> bool:
        """Whether anybody still follows anything."""
        watch = self._watches[folder]
        self._followers[watch.wd].discard(follower)
        if not self._followers[watch.wd]:
            del self._followers[watch.wd], self._watches[folder]
            with contextlib.suppress(OSError):  # the folder was removed, and its watch with it
                self._inotify.rm_watch(watch)
        return bool(self._watches)

    def stop(self) -> None:
        self._task.cancel()

    async def _run(self) -> None:
        with self._inotify:
            async for event in self._inotify:
                followed = self._followers.get(event.watch.wd, ()) if event.watch else self._everybody()
                for follower in followed:
                    follower.set()

    def _everybody(self) -> list[Changed]:
        """After an overflow nobody knows what was missed."""
        return [follower for followers in self._followers.values() for follower in followers]


_watchers: WeakKeyDictionary[asyncio.AbstractEventLoop, _Watcher] = WeakKeyDictionary()


@contextlib.asynccontextmanager
async def watching(folder: Path, *events: asyncio.Event | None) -> AsyncIterator[Changed]:
    """Something that is set when files in the folder (made if it is not there) change, or when one of the
    events is set.
    """
    changed = Changed()
    _attach(folder, changed)
    forwards = [asyncio.create_task(_forward(event, changed)) for event in events if event is not None]
    try:
        yield changed
    finally:
        _detach(folder, changed)
        for forward in forwards:
            forward.cancel()


async def wait_for_file(folder: Path, *names: str) -> None:
    """Wait until a folder has a file of one of these names. Raise OSError for a folder that is not there."""
    with Inotify() as inotify:
        inotify.add_watch(folder, Mask.CREATE | Mask.MOVED_TO | Mask.CLOSE_WRITE)
        while not any((folder / name).exists() for name in names):
            await inotify.get()


async def _forward(event: asyncio.Event, changed: Changed) -> None:
    await event.wait()
    changed.set()


def _attach(folder: Path, changed: Changed) -> None:
    loop = asyncio.get_running_loop()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        if loop not in _watchers:
            _watchers[loop] = _Watcher()
        _watchers[loop].add(folder, changed)
    except OSError as error:
        log.warning("%s is looked at every %s s: inotify says %s", folder, POLL, error)
        changed.polled = True


def _detach(folder: Path, changed: Changed) -> None:
    loop = asyncio.get_running_loop()
    if not changed.polled and not _watchers[loop].remove(folder, changed):
        _watchers.pop(loop).stop()
