"""The server is killed in the middle of a turn of the real Claude Code and comes back after it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.claude import CLAUDES
from tests.support.claude_scene import bash, claude_scene, script, write
from tests.support.faults import until
from tests.support.live import git

pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize("version", CLAUDES)
async def test_a_turn_that_ended_while_the_server_was_away(home: Path, version: str) -> None:
    async with claude_scene(home, version) as on:
        gate = home / "gate"
        wait = bash(f"while [ ! -e {gate} ]; do python3 -c 'import time; time.sleep(0.05)'; done")
        prompt = script(
            write("before.txt", "1\n"), wait, write("away.txt", "2\n"), bash("echo 3 > swept.txt"),
            {"text": "All done."},
        )  # fmt: skip
        task = await on.api.create("Go on", description=prompt, permissionProfile="full_dev")
        await on.api.start(task)
        await on.api.until(task, lambda one: one["agentStatus"] == "RUNNING" and len(one["commits"]) == 1)

        await on.kill()
        gate.touch()
        await until(lambda: on.state_file().get("status") == "idle" and "All done." in on.transcript())
        await on.restart()

        # Nobody heard the hooks: what is in the transcript and the state file tells the same.
        idle = await on.api.until(task, lambda one: one["agentStatus"] == "IDLE" and len(one["commits"]) == 3)
        assert idle["activity"] == "All done."
        assert idle["statusSource"] == "transcript"
        assert [commit["files"] for commit in idle["commits"]] == [
            ["before.txt"],
            ["away.txt"],
            ["swept.txt"],
        ]
        assert git(on.repo, "show", f"{idle['branch']}:swept.txt") == "3\n"
        assert idle["messages"][0]["state"] == "ACCEPTED"
        assert idle["inputTokens"]
        kinds = [event["kind"] for event in await on.api.events(task=task)]
        assert kinds.count("agent.turn") == 1

        # It goes on with the same agent.
        await on.api.send(task, script({"text": "Here."}))
        after = await on.api.until(task, lambda one: one["activity"] == "Here.")
        assert len(after["runs"]) == 1


@pytest.mark.parametrize("version", CLAUDES)
async def test_a_prompt_that_was_taken_while_the_server_was_away(home: Path, version: str) -> None:
    async with claude_scene(home, version) as on:
        task = await on.api.create("Wait", description=script({"text": "Ready."}))
        await on.api.start(task)
        await on.api.until(task, lambda one: one["activity"] == "Ready.")
        on.server.env = {"CHORUS_CRASH_AT": "deliver.typed"}
        await on.kill()
        await on.restart()
        await on.api.send(task, script({"text": "Heard."}, say="Listen. "))
        assert on.server.died(20)
        await on.api.__aexit__()
        await until(lambda: "Heard." in on.transcript().split("Listen. ")[-1].partition("]")[2])
        on.server.env = {}
        await on.restart()
        heard = await on.api.until(
            task, lambda one: one["agentStatus"] == "IDLE" and one["messages"][1]["state"] == "ACCEPTED"
        )
        assert heard["activity"] == "Heard."
        assert len(heard["messages"]) == 2
        assert on.transcript().count('"Heard."') == 1
