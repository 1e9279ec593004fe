"""`chorus attach`: a person joins the task's terminal, and Chorus goes on reading it."""

from __future__ import annotations

import asyncio
import os
import pty
import subprocess
from base64 import b64decode
from collections.abc import Iterator
from contextlib import aclosing, contextmanager

import pytest

from tests.support.live import Api, Server

pytestmark = pytest.mark.timeout(240)


@contextmanager
def attached(server: Server, task: str) -> Iterator[int]:
    """The person's side of a terminal in which `chorus attach` runs."""
    person, program = pty.openpty()
    process = subprocess.Popen(
        server.command("attach", task, "--state-dir", str(server.state_dir)),
        env={**server.environment, "TERM": "xterm-256color"},
        stdin=program,
        stdout=program,
        stderr=program,
        start_new_session=True,
    )
    os.close(program)
    try:
        yield person
    finally:
        process.terminate()
        process.wait(timeout=20)
        os.close(person)


async def test_a_person_joins_and_chorus_goes_on_reading(server: Server, api: Api, project: str) -> None:
    task = await api.create("Join me", projectId=project, agent="shell", description="print('ready')")
    await api.start(task)
    started = await api.until(task, lambda one: one["messages"][0]["state"] == "DELIVERED")
    assert started["attachCommand"].startswith("tmux -S ")
    with attached(server, task) as terminal:
        screen = b""
        while b"ready" not in screen:
            screen += await asyncio.to_thread(os.read, terminal, 4096)
        os.write(terminal, b"print(7 * 191)\r")
        seen = b""
        document = "subscription($id: ID!) { terminal(taskId: $id) { base64 } }"
        async with asyncio.timeout(30), aclosing(api.subscribe(document, id=task)) as chunks:
            async for data in chunks:
                seen += b64decode(data["terminal"]["base64"])
                if b"1337" in seen:
                    break
    after = await api.task(task)
    assert after["runs"][-1]["end"] is None, "leaving the terminal ends nothing"
    await api.act("completeTask", task)


async def test_a_task_without_a_terminal_says_so(server: Server, api: Api, project: str) -> None:
    task = await api.create("Not yet", projectId=project, agent="shell")
    done = server.cli("attach", task)
    assert done.returncode == 1
    assert "start it first" in done.stderr
