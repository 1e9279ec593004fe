"""Starts beyond the limits wait for their turn, in the order people gave them, also over a restart."""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.agent_hooks import agent_hooks
from tests.support.live import Api, ApiError, Server, repository, running

pytestmark = pytest.mark.timeout(240)

AGENTS = """
[agents.sleeper]
command = ["sh", "-c", "exec sleep 600", "{prompt}"]
resume = ["sh", "-c", "exec sleep 600", "{prompt}"]
"""

STATE = "status waitingFor priority agentStatus runs { id end } messages { text state }"
MOVE = f"mutation($id: ID!, $before: ID) {{ moveTask(id: $id, before: $before) {{ id {STATE} }} }}"
UNQUEUE = f"mutation($id: ID!) {{ unqueueTask(id: $id) {{ id {STATE} }} }}"


@contextmanager
def home() -> Iterator[Path]:
    """A folder with a short path: sockets below it have at most 107 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="ch-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Limited:
    """A server with limits, and a project on it."""

    server: Server
    api: Api
    project: str

    async def task(self, title: str, **fields: Any) -> str:
        return await self.api.create(title, projectId=self.project, agent="sleeper", **fields)

    async def started(self, *titles: str, **fields: Any) -> list[str]:
        """Tasks with these titles, started one after the other."""
        tasks = [await self.task(title, **fields) for title in titles]
        for task in tasks:
            await self.api.start(task)
        return tasks

    async def state(self, task: str) -> dict[str, Any]:
        return await self.api.task(task, STATE)

    async def statuses(self, *tasks: str) -> list[str]:
        return [(await self.state(task))["status"] for task in tasks]

    async def queue(self) -> list[str]:
        return [one["title"] for one in (await self.api.call("{ startQueue { title } }"))["startQueue"]]

    async def runs(self, task: str) -> dict[str, Any]:
        """The task as soon as its agent lives."""
        return await self.api.until(
            task, lambda one: bool(one["messages"]) and one["messages"][0]["state"] == "DELIVERED"
        )


@asynccontextmanager
async def limited(agents: int = 2, more: str = "", **env: str) -> AsyncIterator[Limited]:
    with home() as folder:
        config = f"{AGENTS}\n[limits]\nagents = {agents}\n{more}\n"
        with running(folder, config, **env) as server:
            async with server.api() as api:
                yield Limited(server, api, await api.add_project(repository(folder / "repo")))


async def test_beyond_the_limit_they_wait_and_take_the_places_that_become_free() -> None:
    async with limited() as on:
        one, two, three, four = await on.started("one", "two", "three", "four")
        assert await on.statuses(one, two, three, four) == ["RUNNING", "RUNNING", "WAITING", "WAITING"]
        waiting = await on.state(three)
        assert waiting["waitingFor"] == "a free place: 2 of 2 agents are running"
        assert (waiting["agentStatus"], waiting["runs"]) == ("STOPPED", [])
        assert waiting["messages"] == [{"text": "three", "state": "QUEUED"}]
        assert await on.queue() == ["three", "four"]

        # Starting again changes nothing.
        assert (await on.api.start(three))["status"] == "WAITING"
        assert len((await on.state(three))["messages"]) == 1

        await on.api.act("completeTask", one)
        await on.runs(three)
        assert await on.statuses(three, four) == ["RUNNING", "WAITING"]
        # An agent that ends by itself frees its place as well.
        await on.runs(two)
        process = await asyncio.create_subprocess_exec("kill", str(agent_hooks(two).pid))
        await process.wait()
        started = await on.runs(four)
        assert started["messages"] == [{**started["messages"][0], "text": "four"}]
        assert await on.queue() == []


async def test_by_priority_and_then_by_place() -> None:
    async with limited(1) as on:
        [running_one] = await on.started("running")
        a, b = await on.started("a", "b")
        [high] = await on.started("high", priority=5)
        assert await on.queue() == ["high", "a", "b"]
        moved = (await on.api.call(MOVE, id=b, before=a))["moveTask"]
        assert (moved["id"], moved["priority"]) == (b, 0)
        assert await on.queue() == ["high", "b", "a"]
        # Before one of higher priority it takes that over, and last the lowest.
        assert (await on.api.call(MOVE, id=a, before=high))["moveTask"]["priority"] == 5
        assert await on.queue() == ["a", "high", "b"]
        assert (await on.api.call(MOVE, id=high))["moveTask"]["priority"] == 0
        assert await on.queue() == ["a", "b", "high"]
        assert (await on.api.call(MOVE, id=a, before=a))["moveTask"]["status"] == "WAITING"
        update = "mutation($id: ID!) { updateTask(id: $id, input: {priority: 9}) { id } }"
        await on.api.call(update, id=high)
        assert await on.queue() == ["high", "a", "b"]

        with pytest.raises(ApiError, match="does not wait to be started") as found:
            await on.api.call(MOVE, id=running_one)
        assert found.value.code == "CONFLICT"
        with pytest.raises(ApiError) as found:
            await on.api.call(MOVE, id=a, before=running_one)
        assert found.value.code == "CONFLICT"

        await on.api.act("failTask", running_one, reason="a test")
        await on.runs(high)
        assert await on.queue() == ["a", "b"]


async def test_one_project_at_its_limit_holds_up_no_other() -> None:
    async with limited(0, "per_project = 1") as on:
        one, two = await on.started("one", "two")
        other = await on.api.add_project(repository(on.server.home / "other"))
        third = await on.api.create("elsewhere", projectId=other, agent="sleeper")
        await on.api.start(third)
        assert await on.statuses(one, two, third) == ["RUNNING", "WAITING", "RUNNING"]
        assert (await on.state(two))["waitingFor"] == (
            "a free place in its project: 1 of 1 agents are running"
        )


async def test_what_waits_can_be_edited_taken_out_failed_and_started_again() -> None:
    async with limited(1) as on:
        [first] = await on.started("first")
        a, b = await on.started("a", "b")
        message = (await on.api.task(a, "messages { id }"))["messages"][0]["id"]
        document = "mutation($id: ID!, $text: String!) { updateMessage(id: $id, text: $text) { id } }"
        await on.api.call(document, id=message, text="a, but better")
        with pytest.raises(ApiError, match="take it out of the start queue") as found:
            await on.api.call("mutation($id: ID!) { deleteTask(id: $id) }", id=b)
        assert found.value.code == "CONFLICT"
        with pytest.raises(ApiError, match="is not running"):
            await on.api.act("interruptAgent", b)
        with pytest.raises(ApiError, match="WAITING cannot have its agent restarted"):
            await on.api.act("restartAgent", b)

        out = (await on.api.call(UNQUEUE, id=a))["unqueueTask"]
        assert (out["status"], out["waitingFor"]) == ("PENDING", None)
        with pytest.raises(ApiError, match="does not wait to be started"):
            await on.api.call(UNQUEUE, id=a)
        await on.api.act("failTask", b, reason="not needed")
        await on.api.call("mutation($id: ID!) { deleteTask(id: $id) }", id=b)
        assert await on.queue() == []

        # What was said to it is not lost, and said once.
        await on.api.act("completeTask", first)
        await on.api.until(first, lambda one: one["runs"][0]["end"] is not None)
        await on.api.start(a)
        live = await on.runs(a)
        assert [one["text"] for one in live["messages"]] == ["a, but better"]


async def test_a_message_to_a_stopped_agent_waits_for_a_place_too() -> None:
    async with limited(1) as on:
        [stopped] = await on.started("stopped")
        await on.runs(stopped)
        process = await asyncio.create_subprocess_exec("kill", str(agent_hooks(stopped).pid))
        await process.wait()
        await on.api.until(stopped, lambda one: one["runs"][0]["end"] is not None)
        [other] = await on.started("other")
        await on.runs(other)
        await on.api.send(stopped, "go on")
        waiting = await on.state(stopped)
        assert (waiting["status"], len(waiting["runs"])) == ("WAITING", 1)
        await on.api.act("completeTask", other)
        resumed = await on.api.until(stopped, lambda one: len(one["runs"]) == 2)
        assert resumed["runs"][1]["resumedFrom"] == resumed["runs"][0]["id"]
        live = await on.api.until(stopped, lambda one: one["messages"][1]["state"] == "DELIVERED")
        assert live["status"] == "RUNNING"


async def test_they_still_wait_after_the_server_was_killed() -> None:
    async with limited(1) as on:
        one, two, three = await on.started("one", "two", "three")
        await on.runs(one)
        on.server.kill()
        async with on.server.start() as api:
            again = Limited(on.server, api, on.project)
            assert await again.queue() == ["two", "three"]
            await api.act("completeTask", one)
            await again.runs(two)
            assert await again.statuses(two, three) == ["RUNNING", "WAITING"]


async def test_short_of_memory_they_wait_until_there_is_enough() -> None:
    async with limited(0, "min_free_memory_mb = 100000000") as on:
        # One may always run. The second start may come before anybody has measured, a later one does not.
        [first] = await on.started("first")
        await on.runs(first)
        task = await on.task("hungry")
        async with asyncio.timeout(30):
            while (await on.api.start(task))["status"] != "WAITING":
                task = await on.task("hungry")
        waiting = await on.state(task)
        assert waiting["waitingFor"].endswith("100000000 MB have to stay free")
        on.server.stop()
        on.server.env = {"CHORUS_LIMITS_MIN_FREE_MEMORY_MB": "1"}
        async with on.server.start() as api:
            await Limited(on.server, api, on.project).runs(task)


async def test_many_at_once_never_exceed_the_limit() -> None:
    """Twenty starts at the same moment, three places: at no time more than three, and all get their turn."""
    async with limited(3, CHORUS_DEMO_PACE="0") as on:
        tasks = [
            await on.api.create(f"Note {number}", projectId=on.project, agent="demo", description="note")
            for number in range(20)
        ]
        await asyncio.gather(*(on.api.start(task) for task in tasks))
        for task in tasks:
            await on.api.until(task, lambda one: bool(one["runs"]) and one["runs"][-1]["end"] is not None, 90)
        live, most = 0, 0
        for event in await on.api.events():
            live += (event["kind"], event["data"].get("status")) == ("task.status", "RUNNING")
            live -= event["kind"] == "run.ended"
            most = max(most, live)
        assert most == 3
        assert [len((await on.state(task))["runs"]) for task in tasks] == [1] * 20


async def test_the_command_line() -> None:
    async with limited(1) as on:
        _, a, b = await on.started("first", "a", "b")
        listed = on.server.cli("queue").stdout
        assert listed.index(" a ") < listed.index(" b ")
        assert "1 of 1 agents are running" in listed
        assert on.server.cli("task", "move", b, "--before", a).returncode == 0
        assert [one["title"] for one in json.loads(on.server.cli("queue", "--json").stdout)] == ["b", "a"]
        again = on.server.cli("task", "start", b).stdout
        assert again.endswith("It waits for a free place: 1 of 1 agents are running.\n")
        assert on.server.cli("task", "unqueue", b).returncode == 0
        assert [one["title"] for one in json.loads(on.server.cli("queue", "--json").stdout)] == ["a"]
        shown = on.server.cli("task", "show", a).stdout
        assert "a free place: 1 of 1 agents are running" in shown
        refused = on.server.cli("task", "unqueue", b)
        assert (refused.returncode, refused.stdout) == (1, "")


@pytest.mark.parametrize("line", ["agents = -1", 'agents = "many"', 'continue_prompt = " "'])
def test_limits_that_make_no_sense(line: str) -> None:
    with home() as folder:
        server = Server(folder / "state", folder, f"[limits]\n{line}\n")
        server.spawn()
        assert server.process is not None
        assert server.process.wait(timeout=30) == 1
        assert "[limits]" in server.log.read_text()
