"""The clock of the machine is set while everything is under way: by a day, forwards and backwards.

Setting the real clock would harm everybody on this machine. So the server is started with a small library in
front of the C library that moves the wall clock, and only that, by what a file says.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from tests.support.faults import Scene, at_rest, begin, scene

pytestmark = [
    pytest.mark.timeout(240),
    pytest.mark.skipif(
        shutil.which("cc") is None, reason="a C compiler is needed to move the server's clock"
    ),
]

SOURCE = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile int64_t *offset;

__attribute__((constructor)) static void begin(void) {
    int fd = open(getenv("CLOCK_OFFSET"), O_RDONLY | O_CLOEXEC);
    offset = mmap(0, 8, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
}

int clock_gettime(clockid_t id, struct timespec *found) {
    int result = syscall(SYS_clock_gettime, id, found);
    if (result != 0 || !offset) return result;
    if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE) found->tv_sec += *offset;
    return result;
}

int gettimeofday(struct timeval *found, void *zone) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    found->tv_sec = now.tv_sec;
    found->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *found) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (found) *found = now.tv_sec;
    return now.tv_sec;
}
"""

PROFILE = '[permissions.profiles.hurried]\ntimeout_seconds = 300\non_timeout = "deny"\n'

DAY = 86_400


def set_clock(home: Path, seconds: int) -> None:
    with (home / "offset").open("r+b") as file:
        file.write(struct.pack("=q", seconds))


def movable_clock(home: Path) -> dict[str, str]:
    """The environment in which the clock can be set."""
    (home / "clock.c").write_text(SOURCE)
    (home / "offset").write_bytes(bytes(8))
    library = home / "clock.so"
    command = ["cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(home / "clock.c")]
    subprocess.run(command, check=True, capture_output=True)
    return {"LD_PRELOAD": str(library), "CLOCK_OFFSET": str(home / "offset")}


async def asking(found: Scene, project: str, words: str) -> str:
    task = await begin(found.api, project, f"ask {words}", permissionProfile="hurried")
    await found.api.until(task, lambda one: one["agentStatus"] == "WAITING")
    return task


async def state(found: Scene, task: str) -> str:
    return str((await found.api.task(task))["permissionRequests"][0]["state"])


@pytest.mark.parametrize("jump", [DAY, -DAY])
async def test_the_clock_is_set(home: Path, jump: int) -> None:
    """Nothing expires, the log keeps its order, and everything goes on, also in the next server."""
    async with scene(home, PROFILE, **movable_clock(home)) as found:
        project = await found.api.add_project(found.repo)
        idle = await begin(found.api, project, "hello")
        await at_rest(found.api, idle)
        first = await asking(found, project, "the first")
        before = (await found.api.events())[-1]
        set_clock(home, jump)
        # Whoever asks, or is answered, has the requests looked at that are due.
        second = await asking(found, project, "the second")
        request = (await found.api.task(second))["permissionRequests"][0]["id"]
        await found.api.respond(request, "ALLOW")
        await found.api.until(second, lambda one: one["agentStatus"] == "IDLE")
        third = await asking(found, project, "the third")
        assert [await state(found, task) for task in (first, second, third)] == [
            "PENDING",
            "ALLOWED",
            "PENDING",
        ]
        last = (await found.api.events())[-1]
        assert (last["at"] > before["at"]) == (jump > 0), "the server lives in the other time"
        await found.api.send(idle, "after")
        await found.api.until(idle, lambda one: one["activity"] == "did after")
        await found.check()
        await found.kill_and_restart()
        await found.api.send(idle, "after the restart")
        await found.api.until(idle, lambda one: one["activity"] == "did after the restart")
        assert len(found.noted(idle, "start")) == 1
        await found.check()
