"""A usage limit with the real Claude Code: its task is parked, and goes on in the same conversation."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.claude import CLAUDES
from tests.support.claude_scene import ClaudeScene, claude_scene, script

pytestmark = [pytest.mark.timeout(300), pytest.mark.parametrize("version", CLAUDES)]

STATE = "status waitingFor waitUntil agentStatus activity"

#: What a task says by itself when the limit has reset.
CONTINUE = script({"text": "Here again."})


@asynccontextmanager
async def limited(home: Path, version: str) -> AsyncIterator[ClaudeScene]:
    more = f"\n[limits]\ncontinue_prompt = {CONTINUE!r}\n"
    async with claude_scene(home, version, more=more, CLAUDE_CODE_MAX_RETRIES="0") as on:
        yield on


def reached(words: str) -> dict[str, Any]:
    return {"error": 429, "message": f"You've hit your limit · {words}"}


async def parked(on: ClaudeScene, words: str, mode: str = "INTERACTIVE") -> tuple[str, dict[str, Any]]:
    task = await on.api.create("Limited", description=script(reached(words)), runMode=mode)
    await on.api.start(task)
    await on.api.until(task, lambda one: one["status"] == "WAITING")
    return task, await on.api.task(task, STATE)


@pytest.mark.parametrize("mode", ["INTERACTIVE", "HEADLESS"])
async def test_it_goes_on_by_itself_when_the_limit_resets(home: Path, version: str, mode: str) -> None:
    async with limited(home, version) as on:
        task, waiting = await parked(on, "try again in 3 seconds", mode)
        assert waiting["waitingFor"].startswith("usage limit until ")
        assert waiting["agentStatus"] == "ERRORED"
        after = await on.api.until(task, lambda one: one["activity"] == "Here again.")
        assert (after["status"], len(after["runs"])) == ("RUNNING", 1)
        assert [(one["author"], one["state"]) for one in after["messages"][1:]] == [("chorus", "ACCEPTED")]
        told = await on.endpoint.seen(lambda one: "Here again." in one.prompt)
        assert "try again in 3 seconds" in told.said, "it is the same conversation"


async def test_what_is_queued_is_said_first_and_a_person_need_not_wait(home: Path, version: str) -> None:
    async with limited(home, version) as on:
        task, waiting = await parked(on, "resets in 2 hours")
        sent = await on.api.send(task, script({"text": "Done what you said."}))
        assert sent["state"] == "QUEUED"
        assert (await on.api.task(task, STATE))["status"] == "WAITING"
        await on.api.start(task)
        after = await on.api.until(task, lambda one: one["activity"] == "Done what you said.")
        assert (after["status"], len(after["messages"]), len(after["runs"])) == ("RUNNING", 2, 1)
        assert (await on.api.task(task, STATE))["waitUntil"] is None


async def test_without_a_time_it_is_tried_again_later(home: Path, version: str) -> None:
    async with limited(home, version) as on:
        task, waiting = await parked(on, "please wait")
        assert waiting["waitUntil"] is not None
        # Also when its agent has ended meanwhile, the conversation goes on.
        await on.api.act("restartAgent", task, prompt=CONTINUE)
        after = await on.api.until(task, lambda one: one["activity"] == "Here again.")
        assert (after["status"], len(after["runs"])) == ("RUNNING", 2)
