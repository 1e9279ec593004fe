"""A server that comes back at another port: what may not be done is still asked, in both run modes."""

from __future__ import annotations

import asyncio
import socket
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.support.claude import CLAUDES
from tests.support.claude_scene import ClaudeScene, bash, claude_scene, script, write
from tests.support.faults import free_port

pytestmark = pytest.mark.timeout(300)

UPDATE = 'mutation($id: ID!) { updateTask(id: $id, input: {permissionProfile: "read_only"}) { id } }'


async def elsewhere(on: ClaudeScene) -> int:
    """Kill the server and start it at another port; the one it had."""
    await on.kill()
    former, on.server.port = on.server.port, free_port()
    await on.restart()
    return former


@pytest.mark.parametrize("version", CLAUDES)
async def test_what_is_denied_stays_denied(home: Path, version: str) -> None:
    async with claude_scene(home, version) as on:
        gate = home / "gate"
        wait = bash(f"while [ ! -e {gate} ]; do python3 -c 'import time; time.sleep(0.05)'; done")
        prompt = script(wait, write("never.txt", "1\n"), {"text": "So be it."})
        tasks = [
            await on.api.create(mode, description=prompt, permissionProfile="full_dev", runMode=mode)
            for mode in ("HEADLESS", "INTERACTIVE")
        ]
        for task in tasks:
            await on.api.start(task)
            await on.api.until(task, lambda one: one["agentStatus"] == "RUNNING")
        former = await elsewhere(on)
        for task in tasks:
            await on.api.call(UPDATE, id=task)
        gate.touch()
        for task in tasks:
            over = await on.api.until(
                task, lambda one: one["activity"] == "So be it." and one["agentStatus"] == "IDLE"
            )
            assert not (Path(over["worktree"]) / "never.txt").exists()
            assert over["commits"] == []
            kinds = [one["kind"] for one in await on.api.events(task=task)]
            assert "permission.enforced" in kinds
            assert "host.error" not in kinds

        # There are reports at the old address and nothing else, as long as somebody reports there.
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{former}", trust_env=False) as client:
            assert (await client.get("/healthz")).status_code == 421
            assert (await client.post("/hook", json={})).status_code == 401
        for task in tasks:
            await on.api.act("completeTask", task)
            await on.api.until(task, lambda one: one["runs"][0]["end"] is not None)
        async with asyncio.timeout(45):
            while _listens(former):
                await asyncio.sleep(0.05)  # nothing tells another process that a port is closed


@pytest.mark.parametrize("version", CLAUDES[:1])
async def test_an_address_that_another_program_has_is_said(home: Path, version: str) -> None:
    async with claude_scene(home, version) as on:
        task = await on.api.create("Work", description=script({"text": "Done."}))
        await on.api.start(task)
        await on.api.until(task, lambda one: one["activity"] == "Done.")
        await on.kill()
        with closing(socket.socket()) as stranger:
            stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            stranger.bind(("127.0.0.1", on.server.port))
            stranger.listen()
            former, on.server.port = on.server.port, free_port()
            await on.restart()
            async with asyncio.timeout(30):
                while not (
                    found := [one for one in await on.api.events(task=task) if one["kind"] == "host.error"]
                ):
                    await asyncio.sleep(0.05)  # the host adopts what lives after the server answers
            assert f"{former}" in found[0]["data"]["message"]
            assert "restarted" in found[0]["data"]["message"]


def _listens(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
