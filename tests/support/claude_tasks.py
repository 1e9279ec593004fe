"""Tasks of the real Claude Code, and the person in their terminals."""

from __future__ import annotations

import asyncio
import shlex
import subprocess
from contextlib import suppress
from typing import Any

from tests.support.claude_scene import ClaudeScene, script
from tests.support.faults import until
from tests.support.live import PATIENCE

UNTIL_GO = "until [ -e go ]; do sleep 0.1; done"

HISTORY = "activities(first: 50) { agentStatus activity source }"


def press(task: dict[str, Any], *keys: str) -> None:
    """Press keys in the task's terminal, as a person who has joined it does."""
    words = shlex.split(task["attachCommand"])
    command = [*words[: words.index("attach")], "send-keys", "-t", "=main:", *keys]
    subprocess.run(command, check=True, capture_output=True, env={})


async def says(task: dict[str, Any], command: str) -> None:
    """Type a command there and enter it once it is shown: what comes at once is taken for a paste, and what
    comes in the moment in which a turn ends may be lost, so it is typed again as a person would.
    """
    words = shlex.split(task["attachCommand"])
    look = [*words[: words.index("attach")], "capture-pane", "-p", "-t", "=main:"]

    def shown() -> bool:
        return command in subprocess.run(look, check=True, capture_output=True, text=True, env={}).stdout

    async with asyncio.timeout(PATIENCE):
        while not shown():
            press(task, "C-u", command)
            with suppress(TimeoutError):
                await until(shown, seconds=3)
    press(task, "Enter")


async def started(on: ClaudeScene, *steps: dict[str, Any], profile: str = "full_dev") -> str:
    task = await on.api.create("Work", description=script(*steps), permissionProfile=profile)
    await on.api.start(task)
    return task


async def history(on: ClaudeScene, task: str) -> list[str]:
    """What it did, the oldest first."""
    found = (await on.api.task(task, HISTORY))["activities"]
    return [f"{one['agentStatus']}: {one['activity']}" for one in reversed(found)]


async def rests(on: ClaudeScene, task: str, within: float = PATIENCE) -> dict[str, Any]:
    return await on.api.until(task, lambda one: one["agentStatus"] == "IDLE", within)
