"""Random faults for a while, with the seed printed; then nothing is lost, doubled or left over.

`CHORUS_CHAOS_SECONDS=60 CHORUS_CHAOS_SEED=7` runs it for longer, and the same way again.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
from pathlib import Path

import pytest

from tests.support.faults import Scene, alive, scene, tmux
from tests.support.live import ApiError

SECONDS = float(os.environ.get("CHORUS_CHAOS_SECONDS", "15"))

pytestmark = pytest.mark.timeout(SECONDS * 3 + 180)


class Chaos:
    """One thing at a time, chosen at random, to tasks chosen at random."""

    def __init__(self, found: Scene, project: str, dice: random.Random) -> None:
        self.found = found
        self.project = project
        self.dice = dice
        self.tasks: list[str] = []
        self.said = 0

    async def something(self) -> None:
        kinds = [self.create, self.send, self.send, self.restart, self.interrupt, self.complete]
        kinds += [self.kill_agent, self.kill_terminal, self.kill_server]
        try:
            await self.dice.choice(kinds if self.tasks else [self.create])()
        except ApiError as error:
            if error.code not in ("CONFLICT", "UNAVAILABLE", "BUSY"):
                raise

    def some(self) -> str:
        return self.dice.choice(self.tasks)

    def text(self) -> str:
        self.said += 1
        word = self.dice.choice(["say", "write", "fork", "exit 0;", "wait"])
        return f"write f{self.said}.txt" if word == "write" else f"{word} {self.said}"

    async def create(self) -> None:
        if len(self.tasks) < 6:
            text = self.text()
            task = await self.found.api.create(
                text, projectId=self.project, agent="listener", description=text
            )
            self.tasks.append(task)
            await self.found.api.start(task)

    async def send(self) -> None:
        await self.found.api.send(self.some(), self.text())

    async def restart(self) -> None:
        await self.found.api.act("restartAgent", self.some())

    async def interrupt(self) -> None:
        await self.found.api.act("interruptAgent", self.some())

    async def complete(self) -> None:
        task = self.some()
        self.tasks.remove(task)
        await self.found.api.act("completeTask", task)

    async def kill_agent(self) -> None:
        started = self.found.noted(self.some(), "start")
        if started and alive(started[-1][0]):
            os.kill(started[-1][0], signal.SIGKILL)

    async def kill_terminal(self) -> None:
        shown = await self.found.api.task(self.some())
        if shown["attachCommand"]:
            await asyncio.to_thread(tmux, self.found.socket_of(shown["attachCommand"]), "kill-server")

    async def kill_server(self) -> None:
        await self.found.kill_and_restart()


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


async def test_a_while_of_random_faults(home: Path) -> None:
    seed = int(os.environ.get("CHORUS_CHAOS_SEED", random.SystemRandom().randrange(10**6)))
    print(f"CHORUS_CHAOS_SEED={seed}")
    async with scene(home) as found:
        project = await found.api.add_project(found.repo)
        chaos = Chaos(found, project, random.Random(seed))
        end = asyncio.get_running_loop().time() + SECONDS
        while asyncio.get_running_loop().time() < end:
            await chaos.something()
            await asyncio.sleep(chaos.dice.random() * 0.3)
        await put_away(found)
        await found.check()
        assert found.sessions() == []
        assert found.worktrees() == [str(found.repo)]
        assert leftover(home, found.server.pid) == []
        await found.kill_and_restart()
        fresh = descriptors(found.server.pid), resident(found.server.pid)
        await one_round(found, project)
        await put_away(found)
        assert descriptors(found.server.pid) <= fresh[0] + 8
        assert resident(found.server.pid) < fresh[1] + 50 * 2**20


async def put_away(found: Scene) -> None:
    """Complete what is open, and wait until the host has nothing left to do."""
    data = await found.api.call("{ tasks(first: 100) { edges { node { id status } } } }")
    for node in (edge["node"] for edge in data["tasks"]["edges"]):
        if node["status"] == "RUNNING":
            await found.api.act("completeTask", node["id"])
    await found.settled()
    for node in (edge["node"] for edge in data["tasks"]["edges"]):
        await found.api.until(node["id"], lambda one: one["worktree"] is None)


async def one_round(found: Scene, project: str) -> None:
    for number in range(5):
        task = await found.api.create(f"Round {number}", projectId=project, agent="listener")
        await found.api.start(task)
        await found.api.until(task, lambda one: one["agentStatus"] == "IDLE")


def leftover(home: Path, server: int) -> list[str]:
    """Processes with this home in their environment that are not the server."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != server and alive(int(entry.name)):
            try:
                environ = (entry / "environ").read_bytes()
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if f"HOME={home}\0".encode() in environ and b"CHORUS_RUN_ID=" in environ:
                found.append(words)
    return found
