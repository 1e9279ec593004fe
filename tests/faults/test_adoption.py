"""kill -9 with 25 live agents, and a server that knows everything again when its port answers."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from pathlib import Path

import pytest

from tests.support.faults import (
    Scene,
    alive,
    at_rest,
    begin,
    bytes_until,
    said,
    scene,
    state,
    terminal,
    tmux,
    until,
)

pytestmark = pytest.mark.timeout(240)


async def begin_all(found: Scene, project: str) -> dict[str, list[str]]:
    """25 agents: five wait for a permission, five are busy with a message queued, fifteen are idle."""
    words = ["ask to {}"] * 5 + ["wait"] * 5 + ["hello {}"] * 15
    tasks = await asyncio.gather(
        *(begin(found.api, project, text.format(number)) for number, text in enumerate(words))
    )
    kinds = {"asking": tasks[:5], "busy": tasks[5:10], "idle": tasks[10:]}
    for task in kinds["busy"]:
        await found.api.until(task, lambda one: one["activity"] == "wait")
        assert (await found.api.send(task, "later"))["state"] == "QUEUED"
    for task in kinds["asking"]:
        await found.api.until(task, lambda one: one["agentStatus"] == "WAITING")
    for task in kinds["idle"]:
        await at_rest(found.api, task)
    return kinds


async def test_everything_is_right_again_after_kill_9(home: Path) -> None:
    async with scene(home) as found:
        project = await found.api.add_project(found.repo)
        kinds = await begin_all(found, project)
        everyone = [task for tasks in kinds.values() for task in tasks]
        pids = [found.noted(task, "start")[0][0] for task in everyone]
        watched, spoken_to = kinds["idle"][:2]
        async with terminal(found.api, watched, 0) as socket:
            before = await bytes_until(socket, b"hello 10\r\n")
        where = found.socket_of((await found.api.task(spoken_to))["attachCommand"])
        known = await state(found.api)

        found.server.kill()
        # Life goes on: somebody types into a terminal, and the agent's reports find nobody.
        tmux(where, "send-keys", "-t", "=main:", "meanwhile", "Enter")
        await until(lambda: ["meanwhile"] in found.noted(spoken_to, "read"))
        await found.restart()

        now = await state(found.api)
        assert now[1] == known[1], "the inbox is the same"
        assert len(now[1]) == 5
        for task in everyone:
            if task != spoken_to:
                assert now[0][task] == known[0][task]
        assert all(alive(pid) for pid in pids)
        await found.api.until(spoken_to, lambda one: one["activity"] == "did meanwhile")

        async with terminal(found.api, watched, len(before)) as socket:
            await socket.send(b"typed\r")
            after = await bytes_until(socket, b"typed\r\n")
        async with terminal(found.api, watched, 0) as socket:
            assert (await bytes_until(socket, b"typed\r\n")).startswith(before + after)

        for request in now[1]:
            await found.api.respond(request["id"], "ALLOW")
        for task in kinds["asking"]:
            await found.api.until(task, lambda one: one["agentStatus"] == "IDLE")
            assert [verdict for _, verdict in found.noted(task, "verdict")] == ["allow"]
        for task in kinds["busy"]:
            await found.api.act("interruptAgent", task)
        for task in kinds["busy"]:
            await found.api.until(task, lambda one: said(one, 1) == "ACCEPTED")

        assert [found.noted(task, "start") for task in everyone] == [[[pid]] for pid in pids]
        await found.check()


async def test_an_answer_given_while_the_agent_was_away_reaches_it(home: Path) -> None:
    """The server is gone and back, and a person is quicker than the agent that asks again."""
    async with scene(home) as found:
        project = await found.api.add_project(found.repo)
        task = await begin(found.api, project, "ask to go")
        asking = await found.api.until(task, lambda one: one["agentStatus"] == "WAITING")
        pid = found.noted(task, "start")[0][0]
        found.server.kill()
        os.kill(pid, signal.SIGSTOP)
        await found.restart()
        answered = await found.api.respond(asking["permissionRequests"][0]["id"], "DENY", message="no")
        assert answered["state"] == "DENIED"
        os.kill(pid, signal.SIGCONT)
        await found.api.until(task, lambda one: one["agentStatus"] == "IDLE")
        assert found.noted(task, "verdict") == [["to go", "deny"]]
        assert len((await found.api.task(task))["permissionRequests"]) == 1


async def test_a_stopped_server_leaves_requests_open(home: Path) -> None:
    async with scene(home) as found:
        project = await found.api.add_project(found.repo)
        task = await begin(found.api, project, "ask to go")
        await found.api.until(task, lambda one: one["agentStatus"] == "WAITING")
        assert found.server.stop() == 0
        await found.restart()
        shown = await found.api.task(task)
        assert [one["state"] for one in shown["permissionRequests"]] == ["PENDING"]
        await found.api.respond(shown["permissionRequests"][0]["id"], "ALLOW")
        await found.api.until(task, lambda one: one["agentStatus"] == "IDLE")
        assert found.noted(task, "verdict") == [["to go", "allow"]]


async def test_an_agent_that_died_while_nobody_looked(home: Path) -> None:
    async with scene(home) as found:
        project = await found.api.add_project(found.repo)
        task = await begin(found.api, project, "hello")
        await found.api.until(task, lambda one: one["agentStatus"] == "IDLE")
        where = found.socket_of((await found.api.task(task))["attachCommand"])
        found.server.kill()
        tmux(where, "send-keys", "-t", "=main:", "exit 7", "Enter")
        pid = found.noted(task, "start")[0][0]
        await until(lambda: ["exit 7"] in found.noted(task, "read"))
        await found.restart()
        over = await found.api.until(task, lambda one: one["runs"][0]["end"])
        assert (over["runs"][0]["end"], over["runs"][0]["exitCode"]) == ("ERRORED", 7)
        assert not alive(pid)


async def test_the_files_of_a_run_are_gone(home: Path) -> None:
    """Somebody cleaned up: the agent is still known by what is on record, and its end is noticed."""
    async with scene(home) as found:
        project = await found.api.add_project(found.repo)
        task = await begin(found.api, project, "hello")
        await at_rest(found.api, task)
        pid = found.noted(task, "start")[0][0]
        run = (await found.api.task(task))["runs"][0]["id"]
        found.server.kill()
        shutil.rmtree(found.server.state_dir / "runs" / run)
        await found.restart()
        await found.settled()
        assert (await found.api.task(task))["runs"][0]["end"] is None
        assert alive(pid)
        os.kill(pid, signal.SIGKILL)
        over = await found.api.until(task, lambda one: one["runs"][0]["end"])
        assert over["agentStatus"] in ("STOPPED", "ERRORED")
        await found.api.act("restartAgent", task, prompt="again")
        await found.api.until(task, lambda one: said(one, -1) == "ACCEPTED")
        await found.check()
