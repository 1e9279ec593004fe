"""`chorus demo`: a scratch repository, three tasks, a scripted agent that says what it is."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.live import PATIENCE, Server

pytestmark = pytest.mark.timeout(240)


def started(server: Server) -> None:
    """`chorus demo` instead of `chorus serve`."""
    with server.log.open("wb") as log:
        server.process = subprocess.Popen(
            server.command("demo", "--port", "0", "--state-dir", str(server.state_dir)),
            env=server.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


async def test_the_demo(home: Path) -> None:
    server = Server(home / "state", home, env={"CHORUS_DEMO_PACE": "0"})
    started(server)
    try:
        async with server.api() as api:
            deadline = time.monotonic() + PATIENCE
            while "Three demo tasks work in" not in server.log.read_text():
                assert time.monotonic() < deadline, server.log.read_text()
                time.sleep(0.05)  # a line in a file of another process
            page = await api.call("{ tasks { edges { node { id title agent project { name } } } } }")
            tasks = [edge["node"] for edge in page["tasks"]["edges"]]
            assert len(tasks) == 3
            assert {one["agent"] for one in tasks} == {"demo"}
            assert {one["project"]["name"] for one in tasks} == {"Demo (scratch)"}
            assert all(one["title"].startswith("Demo: ") for one in tasks)
            waits = next(one["id"] for one in tasks if "trim" in one["title"])
            waiting = await api.until(waits, lambda one: one["agentStatus"] == "WAITING")
            await api.respond(waiting["permissionRequests"][0]["id"], "ALLOW")
            for one in tasks:
                done = await api.until(one["id"], lambda it: it["runs"][-1]["end"] and it["commits"])
                assert done["runs"][-1]["end"] == "FINISHED"
            listed = json.loads(server.cli("task", "list", "--json").stdout)
            assert len(listed) == 3
    finally:
        assert server.stop() == 0
        server.end_sessions()
