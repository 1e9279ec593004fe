"""Tasks that wait for a usage limit, with an agent whose reports the test sends."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.agent_hooks import agent_hooks
from tests.support.live import Api, Server, repository, running

pytestmark = pytest.mark.timeout(240)

AGENTS = """
[agents.sleeper]
command = ["sh", "-c", "exec sleep 600", "{prompt}"]
"""

STATE = "status waitingFor waitUntil agentStatus activity messages { text state author }"


@asynccontextmanager
async def serving(limits: str = "") -> AsyncIterator[tuple[Server, Api, str]]:
    folder = Path(tempfile.mkdtemp(prefix="ch-"))
    try:
        with running(folder, f"{AGENTS}\n[limits]\n{limits}\n") as server:
            async with server.api() as api:
                yield server, api, await api.add_project(repository(folder / "repo"))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def limited(api: Api, project: str, words: str) -> str:
    """A task whose turn has failed with these words."""
    task = await api.create("Work", projectId=project, agent="sleeper", description="work")
    await api.start(task)
    await api.until(task, lambda one: one["messages"][0]["state"] == "DELIVERED")
    await agent_hooks(task).report("UserPromptSubmit", prompt="work")
    await agent_hooks(task).report("StopFailure", error="rate_limit", last_assistant_message=words)
    return task


async def state(api: Api, task: str) -> dict[str, Any]:
    return await api.task(task, STATE)


async def test_it_goes_on_although_the_server_was_killed_meanwhile() -> None:
    async with serving() as (server, api, project):
        task = await limited(api, project, "limit reached, try again in 3 seconds")
        assert (await state(api, task))["status"] == "WAITING"
        server.kill()
        async with server.start() as again:
            after = await again.until(task, lambda one: one["status"] == "RUNNING")
            said = after["messages"][-1]
            assert (said["text"], said["author"], said["state"]) == ("continue", "chorus", "QUEUED")


async def test_a_prompt_in_the_terminal_ends_the_waiting() -> None:
    async with serving() as (_, api, project):
        task = await limited(api, project, "limit reached, resets in 3 hours")
        waiting = await state(api, task)
        assert waiting["waitingFor"].startswith("usage limit until ")
        assert waiting["activity"] == "rate_limit: limit reached, resets in 3 hours"
        await agent_hooks(task).report("UserPromptSubmit", prompt="typed by a person")
        after = await state(api, task)
        assert (after["status"], after["waitUntil"]) == ("RUNNING", None)
        assert [one["text"] for one in after["messages"]] == ["work"]


async def test_what_is_parked_can_be_given_up() -> None:
    async with serving() as (_, api, project):
        task = await limited(api, project, "limit reached, resets in 3 hours")
        await api.act("failTask", task, reason="no longer needed")
        after = await state(api, task)
        assert (after["status"], after["waitUntil"], after["waitingFor"]) == ("FAILED", None, None)


async def test_a_limit_without_a_time() -> None:
    async with serving("usage_retry_minutes = 0") as (_, api, project):
        task = await limited(api, project, "limit reached")
        after = await state(api, task)
        assert (after["status"], after["agentStatus"]) == ("RUNNING", "ERRORED")
        assert after["waitingFor"] == "a message, or a restart of its agent"


async def test_other_failures_and_times_that_cannot_be_meant() -> None:
    async with serving("usage_retry_minutes = 0") as (_, api, project):
        task = await limited(api, project, "limit reached, resets in 90 days")
        assert (await state(api, task))["status"] == "RUNNING"
        await agent_hooks(task).report(
            "StopFailure", error="server_error", last_assistant_message="resets in 1 hour"
        )
        assert (await state(api, task))["status"] == "RUNNING"
