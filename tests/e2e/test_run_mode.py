"""One conversation of the real Claude Code, in its terminal and headless, and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.claude import CLAUDES
from tests.support.claude_scene import ClaudeScene, bash, claude_scene, script
from tests.support.live import ApiError

pytestmark = pytest.mark.timeout(300)

SLEEP = "python3 -c 'import time; time.sleep(60)'"


async def take_over(on: ClaudeScene, task: str, mode: str, *, interrupt: bool = False) -> dict[str, Any]:
    document = """mutation($id: ID!, $mode: RunMode!, $interrupt: Boolean) {
      switchRunMode(taskId: $id, mode: $mode, interrupt: $interrupt) {
        id runMode availableRunModes runs { id mode } } }"""
    found: dict[str, Any] = (await on.api.call(document, id=task, mode=mode, interrupt=interrupt))[
        "switchRunMode"
    ]
    return found


def idle(task: dict[str, Any], runs: int) -> bool:
    return task["agentStatus"] == "IDLE" and len(task["runs"]) == runs and task["runs"][-1]["end"] is None


@pytest.mark.parametrize("version", CLAUDES)
async def test_there_and_back_in_one_conversation(home: Path, version: str) -> None:
    async with claude_scene(home, version) as on:
        api = on.api
        prompt = script({"text": "Begun."}, say="The very first. ")
        task = await api.create("Both", description=prompt, permissionProfile="full_dev")
        await api.start(task)
        await api.until(task, lambda one: one["activity"] == "Begun.")

        # From the terminal to headless, right after the turn: nothing of it is lost.
        taken = await take_over(on, task, "HEADLESS")
        assert (taken["runMode"], taken["availableRunModes"]) == ("HEADLESS", ["INTERACTIVE"])
        headless = await api.until(task, lambda one: idle(one, 2))
        assert [run["mode"] for run in headless["runs"]] == ["INTERACTIVE", "HEADLESS"]
        assert headless["runs"][1]["resumedFrom"] == headless["runs"][0]["id"]
        assert headless["runs"][0]["agentSessionId"] == headless["runs"][1]["agentSessionId"]
        assert (await take_over(on, task, "HEADLESS"))["runs"] == [
            {"id": run["id"], "mode": run["mode"]} for run in headless["runs"]
        ]
        await api.send(task, script({"text": "Headless."}, say="The second. "))
        await api.until(task, lambda one: one["activity"] == "Headless.")
        request = await on.endpoint.seen(lambda one: "The second." in one.prompt)
        assert "The very first." in json.dumps(request.messages)

        # An agent that is at work is interrupted only when that is said; what is queued goes on after it.
        await api.send(task, script(bash(SLEEP), {"text": "never"}))
        await api.until(task, lambda one: one["agentStatus"] == "RUNNING")
        await api.send(task, script({"text": "In the terminal."}, say="The last. "))
        with pytest.raises(ApiError, match="at work") as refused:
            await take_over(on, task, "INTERACTIVE")
        assert refused.value.code == "CONFLICT"
        await take_over(on, task, "INTERACTIVE", interrupt=True)
        back = await api.until(task, lambda one: one["activity"] == "In the terminal." and idle(one, 3))
        assert back["runs"][2]["mode"] == "INTERACTIVE"
        assert [one["state"] for one in back["messages"]] == ["ACCEPTED"] * 4
        request = await on.endpoint.seen(lambda one: "The last." in one.prompt)
        told = json.dumps(request.messages)
        assert "The very first." in told
        assert "The second." in told
        assert back["runs"][0]["agentSessionId"] == back["runs"][2]["agentSessionId"]


async def test_a_process_for_each_prompt_and_the_command_line(home: Path) -> None:
    async with claude_scene(home, "latest", 'headless = "atomic"') as on:
        task = await on.api.create("Both", description=script({"text": "Begun."}))
        refused = on.server.cli("task", "take-over", task)
        assert refused.returncode == 1
        assert "PENDING" in refused.stderr
        await on.api.start(task)
        await on.api.until(task, lambda one: one["activity"] == "Begun.")
        done = on.server.cli("task", "take-over", task, "--headless")
        assert (done.returncode, "HEADLESS" in done.stdout) == (0, True), done.stderr
        await on.api.until(task, lambda one: idle(one, 2))
        await on.api.send(task, script({"text": "One."}))
        await on.api.until(task, lambda one: one["runs"][1]["end"] == "FINISHED")
        await on.api.send(task, script({"text": "Two."}))
        both = await on.api.until(
            task, lambda one: len(one["runs"]) == 3 and one["runs"][2]["end"] == "FINISHED"
        )
        assert [one["state"] for one in both["messages"]] == ["ACCEPTED"] * 3
