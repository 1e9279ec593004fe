"""Processes that are not our children, seen through /proc: their state, descendants and end.

A pid alone names nobody: it is used again. Together with the start time (field 22 of /proc/PID/stat, in
clock ticks since boot, see proc(5)) it does.
"""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

#: Seconds an agent gets to leave after SIGTERM: Claude Code needs 1.2-1.6 s to end its children.
TERM_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Process:
    pid: int
    start_time: int

    @property
    def alive(self) -> bool:
        found = _stat(self.pid)
        return found is not None and found.start_time == self.start_time and found.state not in "ZX"

    async def ended(self) -> None:
        """Wait until the process is gone."""
        try:
            descriptor = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return
        loop = asyncio.get_running_loop()
        gone = asyncio.Event()
        try:
            if not self.alive:
                return
            loop.add_reader(descriptor, gone.set)
            await gone.wait()
        finally:
            loop.remove_reader(descriptor)
            os.close(descriptor)

    @property
    def label(self) -> str:
        """The pid and, while it is there, the name of its program."""
        with suppress(OSError):
            return f"{self.pid} ({Path(f'/proc/{self.pid}/comm').read_text().strip()})"
        return str(self.pid)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process and its group, unless it is gone."""
        if not self.alive:
            return
        with suppress(ProcessLookupError, PermissionError):
            group = os.getpgid(self.pid)
            if group == self.pid:
                os.killpg(group, number)
            else:
                os.kill(self.pid, number)

    def interrupt(self) -> None:
        """What Ctrl-C does."""
        self.signal(signal.SIGINT)

    async def end(self, seconds: float = TERM_SECONDS) -> None:
        """SIGTERM, then SIGKILL; then the descendants that had sessions of their own."""
        family = descendants(self.pid)
        for number in (signal.SIGTERM, signal.SIGKILL):
            self.signal(number)
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self.ended()
                    break
        for child in family:
            child.signal(signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class _Stat:
    state: str
    parent: int
    start_time: int


def _stat(pid: int) -> _Stat | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The second field is the program's name in parentheses and may hold anything, also ')'.
    fields = text.rpartition(")")[2].split()
    return _Stat(fields[0], int(fields[1]), int(fields[19]))


def process(pid: int) -> Process | None:
    found = _stat(pid)
    return Process(pid, found.start_time) if found else None


def descendants(pid: int) -> list[Process]:
    """Children, their children and so on, as they are now."""
    parents: dict[int, list[Process]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            found = _stat(int(entry))
            if found is not None:
                parents.setdefault(found.parent, []).append(Process(int(entry), found.start_time))
    family, pending = [], [pid]
    while pending:
        children = parents.get(pending.pop(), [])
        family += children
        pending += [child.pid for child in children]
    return family


async def end_marked(name: str, value: str, seconds: float = TERM_SECONDS) -> list[Process]:
    """Kill all processes that carry this variable in their environment, whatever session or parent they
    have by now, and wait until they are gone. A process that forks meanwhile is found in the next round.
    Those that are still there after so many seconds: one that waits for a device cannot be killed.
    """
    mark = f"{name}={value}".encode()
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while found := await asyncio.to_thread(_marked, mark):
                for one in found:
                    one.signal(signal.SIGKILL)
                await asyncio.gather(*(one.ended() for one in found))
    return await asyncio.to_thread(_marked, mark)


def _marked(mark: bytes) -> list[Process]:
    ours = str(os.getpid())
    pids = [entry for entry in os.listdir("/proc") if entry.isdigit() and entry != ours]
    found = [process(int(pid)) for pid in pids if mark in _environment(pid)]
    return [one for one in found if one is not None and one.alive]


def _environment(pid: str) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []
