"""Agents that crash and are started again by themselves, as often as is allowed."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.agent_hooks import agent_hooks
from tests.support.claude import CLAUDES
from tests.support.claude_scene import agent_pid, bash, claude_scene, script
from tests.support.faults import until
from tests.support.live import Api, Server, repository, running

pytestmark = pytest.mark.timeout(240)

#: `frail` continues its conversation, `forgetful` cannot.
AGENTS = """
[agents.frail]
command = ["sh", "-c", "exec sleep 600", "{prompt}"]
resume = ["sh", "-c", "exec sleep 600", "{prompt}"]

[agents.forgetful]
command = ["sh", "-c", "exec sleep 600", "{prompt}"]
"""

STATE = "status agentStatus waitingFor waitUntil activity"


@contextmanager
def serving(restarts: int) -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="ch-"))
    try:
        with running(folder, f"{AGENTS}\n[limits]\nrestarts = {restarts}\n") as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving(3) as server:
        yield server


async def started(api: Api, project: str, agent: str = "frail") -> str:
    task = await api.create("Work", projectId=project, agent=agent, description="work")
    await api.start(task)
    await runs(api, task, 1)
    return task


async def runs(api: Api, task: str, count: int) -> dict[str, Any]:
    """The task as soon as so many of its agents have been started, the last of which lives."""
    return await api.until(
        task,
        lambda one: (
            len(one["runs"]) == count
            and one["runs"][-1]["end"] is None
            and all(message["state"] == "DELIVERED" for message in one["messages"])
        ),
    )


async def crash(api: Api, task: str) -> dict[str, Any]:
    """Kill the task's agent; the task when that is known."""
    before = len((await api.task(task))["runs"])
    os.kill(agent_hooks(task).pid, signal.SIGKILL)
    return await api.until(task, lambda one: one["runs"][before - 1]["end"] is not None)


async def test_it_is_started_again_until_the_budget_is_used_up() -> None:
    with serving(1) as server:
        async with server.api() as api:
            project = await api.add_project(repository(server.home / "repo"))
            task = await started(api, project)
            waiting = await crash(api, task)
            first = waiting["runs"][0]
            assert (first["end"], first["signal"]) == ("CRASHED", "SIGKILL")
            assert first["endDetail"].endswith("It is started again (1 of 1 within 10 minutes)")
            again = await runs(api, task, 2)
            assert again["runs"][1]["resumedFrom"] == first["id"]
            assert [(one["text"], one["author"]) for one in again["messages"][1:]] == [("continue", "chorus")]

            used_up = await crash(api, task)
            assert "It has crashed 2 times within 10 minutes, and is not started again" in used_up["activity"]
            after = await api.task(task, STATE)
            assert (after["status"], after["agentStatus"]) == ("RUNNING", "ERRORED")
            assert after["waitingFor"] == "a message, or a restart of its agent"
            # A person starts it all the same.
            await api.send(task, "try again")
            assert (await runs(api, task, 3))["messages"][-1]["text"] == "try again"


async def test_it_waits_longer_each_time_and_a_person_need_not(api: Api, project: str) -> None:
    task = await started(api, project)
    await crash(api, task)
    await runs(api, task, 2)
    await crash(api, task)
    waiting = await api.task(task, STATE)
    assert (waiting["status"], waiting["agentStatus"]) == ("WAITING", "ERRORED")
    assert waiting["waitingFor"] == "its agent to be started again after a crash"
    assert waiting["waitUntil"] is not None
    await api.start(task, prompt="go on with that")
    assert (await runs(api, task, 3))["messages"][-1]["text"] == "go on with that"


async def test_it_is_started_again_although_the_server_was_killed_meanwhile() -> None:
    with serving(3) as server:
        async with server.api() as api:
            task = await started(api, await api.add_project(repository(server.home / "repo")))
            await crash(api, task)
            server.kill()
        async with server.start() as again:
            assert (await runs(again, task, 2))["messages"][-1]["text"] == "continue"


async def test_one_whose_agent_is_gone_keeps_nobody_else_from_going_on() -> None:
    with serving(3) as server:
        configured = server.config
        server.config += '\n[agents.passing]\ncommand = ["sleep", "600"]\nresume = ["sleep", "600"]\n'
        server.stop()
        async with server.start() as api:
            project = await api.add_project(repository(server.home / "repo"))
            gone = await api.create("Gone", projectId=project, agent="passing", priority=9)
            await api.start(gone)
            await api.until(gone, lambda one: one["messages"][0]["state"] == "DELIVERED")
            there = await started(api, project)
            await crash(api, gone)
            await crash(api, there)
            server.kill()
        server.config = configured
        async with server.start() as again:
            await runs(again, there, 2)
            waiting = await again.task(gone, STATE)
            assert waiting["status"] == "WAITING"
            assert waiting["waitingFor"].startswith(
                "what keeps it from going on: No agent is called 'passing'"
            )


async def test_one_that_had_nothing_to_do_is_told_nothing(api: Api, project: str) -> None:
    task = await started(api, project)
    await agent_hooks(task).report("UserPromptSubmit", prompt="work")
    await agent_hooks(task).report("Stop", last_assistant_message="Done.")
    await crash(api, task)
    again = await api.until(task, lambda one: len(one["runs"]) == 2)
    assert len(again["messages"]) == 1


async def test_one_that_would_do_again_what_it_has_done_is_left_to_a_person(api: Api, project: str) -> None:
    task = await started(api, project, "forgetful")
    dead = await crash(api, task)
    assert dead["activity"] == "Killed by SIGKILL, which Chorus did not send"
    assert dead["status"] == "RUNNING"


async def test_one_that_a_person_ended_stays_ended(api: Api, project: str) -> None:
    task = await started(api, project)
    await api.act("completeTask", task)
    done = await api.until(task, lambda one: one["runs"][0]["end"] is not None)
    assert (done["status"], done["runs"][0]["end"]) == ("COMPLETED", "KILLED")


@pytest.mark.parametrize("version", CLAUDES)
async def test_the_real_one_goes_on_in_its_conversation(home: Path, version: str) -> None:
    go_on = script({"text": "Went on."}, say="Go on. ")
    limits = f"[limits]\nrestarts = 1\ncontinue_prompt = {go_on!r}\n"
    async with claude_scene(home, version, limits) as on:
        sleeping = bash("python3 -c 'import time; time.sleep(60)'")
        prompt = script(sleeping, {"text": "never"}, say="The first. ")
        task = await on.api.create("Work", description=prompt, permissionProfile="full_dev")
        await on.api.start(task)
        busy = await on.api.until(task, lambda one: one["agentStatus"] == "RUNNING")
        await until(lambda: "The first." in on.transcript())
        os.kill(agent_pid(on.server, busy), signal.SIGKILL)
        after = await on.api.until(task, lambda one: one["activity"] == "Went on.")
        assert [one["end"] for one in after["runs"]] == ["CRASHED", None]
        assert [one["author"] for one in after["messages"]] == ["token", "chorus"]
        told = await on.endpoint.seen(lambda one: "Go on." in one.prompt)
        assert "The first." in told.said, "it is the same conversation"
