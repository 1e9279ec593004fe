"""Processes that are not our children, seen through /proc (proc(5)) and pidfds."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Collection, Iterable
from contextlib import ExitStack, suppress
from pathlib import Path


def _stat(pid: int) -> list[str] | None:
    """The fields after the name, from field 3 (state) on; the name may hold anything."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None


def start_time(pid: int) -> int | None:
    """Field 22, in clock ticks since boot: it tells a process from a later one with the same pid."""
    found = _stat(pid)
    return int(found[19]) if found else None


def runs(pid: int) -> bool:
    """Whether there is such a process and it has not ended."""
    found = _stat(pid)
    return found is not None and found[0] not in "ZX"


def zombie(pid: int) -> bool:
    """Whether it has ended and its parent has not noticed."""
    found = _stat(pid)
    return found is not None and found[0] == "Z"


def _all() -> list[tuple[int, list[str]]]:
    """Every process. Some ten microseconds each: not for the event loop."""
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    return [(pid, found) for pid in pids if (found := _stat(pid)) and found[0] not in "ZX"]


async def children(parent: int) -> list[int]:
    """The processes with this parent (field 4)."""
    everybody = await asyncio.to_thread(_all)
    return [pid for pid, found in everybody if found[1] == str(parent)]


async def in_sessions(leaders: Collection[int]) -> list[int]:
    """The processes of these sessions (field 6): all that their terminals started, in the background too."""
    everybody = await asyncio.to_thread(_all) if leaders else []
    return [pid for pid, found in everybody if int(found[3]) in leaders]


async def end_sessions(leaders: Collection[int], seconds: float) -> None:
    """Give all in these sessions so many seconds to leave on their own, then kill what is left."""
    await gone(await in_sessions(leaders), seconds)
    left = await in_sessions(leaders)
    for pid in left:
        send(pid, signal.SIGKILL)
    await gone(left, seconds)


def send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


async def gone(pids: Iterable[int], seconds: float) -> bool:
    """Whether all of them end within so many seconds."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(seconds):
            for pid in pids:
                with ExitStack() as stack:
                    await _end_of(pid, loop, stack)
    except TimeoutError:
        return False
    return True


async def _end_of(pid: int, loop: asyncio.AbstractEventLoop, stack: ExitStack) -> None:
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    stack.callback(os.close, handle)
    ended = asyncio.Event()
    loop.add_reader(handle, ended.set)
    stack.callback(loop.remove_reader, handle)
    await ended.wait()
