"""What agents started and nobody can end: it is said, with its pid."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.faults import ended, new_home, scene, until

pytestmark = pytest.mark.timeout(120)

#: What the kernel does to a process that waits for a device: it is not killed.
SPARING = """
import os, signal
def sparing(real):
    def kill(pid, number):
        try:
            spared = open(f"/proc/{pid}/comm").read() == "unkillable\\n"
        except OSError:
            spared = False
        if not (spared and number == signal.SIGKILL):
            real(pid, number)
    return kill
os.kill, os.killpg = sparing(os.kill), sparing(os.killpg)
"""


async def test_processes_that_cannot_be_ended_are_named() -> None:
    with new_home() as home:
        (home / "site").mkdir()
        (home / "site" / "sitecustomize.py").write_text(SPARING)
        sleep = shutil.which("sleep")
        assert sleep is not None
        shutil.copy(sleep, home / "unkillable")
        leave = f"setsid {home}/unkillable 600 > /dev/null 2>&1 & echo $! > {home}/pid; exit 0"
        more = f'[agents.leaver]\ncommand = ["sh", "-c", "{leave}", "{{prompt}}"]\n'
        async with scene(home, more, PYTHONPATH=str(home / "site")) as on:
            project = await on.api.add_project(on.repo)
            task = await on.api.create("Leave", projectId=project, agent="leaver", description="go")
            await on.api.start(task)
            await ended(on.api, task)
            pid = (home / "pid").read_text().strip()
            await until(lambda: Path(f"/proc/{pid}/comm").read_text() == "unkillable\n")
            await on.api.act("completeTask", task)
            closed = await on.api.until(task, lambda one: one["error"] is not None)
            assert closed["status"] == "COMPLETED"
            assert f"{pid} (unkillable)" in closed["error"]
            told = [one["data"] for one in await on.api.events(task=task) if one["kind"] == "host.error"]
            assert [one["processes"] for one in told] == [[f"{pid} (unkillable)"]]
