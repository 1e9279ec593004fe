"""Where the tests of real tmux servers happen, and what they ask of the machine."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from chorus_tmux import Options, TmuxBackend

from chorus import PluginConfig
from chorus.testing.sessions import Run

#: A program that says that it is here, and stays.
WAIT = "print('here', flush=True); input()"


class Ground:
    """The folders of a backend, which a second backend can be made for as after a restart."""

    def __init__(self, home: Path, runs: Path) -> None:
        if shutil.which("tmux") is None:
            pytest.skip("tmux is not installed: Chorus cannot start sessions here either")
        self.home = home
        self.tasks: set[str] = set()
        self._runs = runs

    def backend(self, **options: Any) -> TmuxBackend:
        return TmuxBackend(PluginConfig(Options(**options), self.home / "state", self.home / "run"))

    def run(self, run_id: str = "run-1", task_id: str = "task-1") -> Run:
        self.tasks.add(task_id)
        return Run(self._runs, run_id, task_id)

    def socket(self, task_id: str = "task-1") -> Path:
        return Path(self.backend().attach_command(task_id)[2])

    async def tmux(self, *words: str, task_id: str = "task-1") -> str:
        """What a person at the machine can do to a task's server."""
        process = await asyncio.create_subprocess_exec(
            "tmux", "-u", "-S", str(self.socket(task_id)), *words,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate()
        assert process.returncode == 0, err.decode()
        return out.decode().rstrip("\n")

    async def server_pid(self, task_id: str = "task-1") -> int:
        return int(await self.tmux("display-message", "-p", "#{pid}", task_id=task_id))


def status(pid: int) -> dict[str, str]:
    """/proc/PID/status; empty when there is no such process."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def runs(pid: int) -> Callable[[], bool]:
    return lambda: status(pid).get("State", "Z")[0] not in "ZX"


async def started(backend: TmuxBackend, run: Run, program: str = WAIT) -> int:
    """Start a program that says "here", as soon as it has; its process id."""
    state = await backend.start(run.spec(program))
    await run.until(b"here")
    assert state.pid is not None
    return state.pid


def clients(ground: Ground, number: int) -> Callable[[], Awaitable[bool]]:
    """Whether so many clients are connected to the first task's server."""

    async def seen() -> bool:
        return len((await ground.tmux("list-clients")).splitlines()) == number

    return seen
