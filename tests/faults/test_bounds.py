"""Floods, what is no text, readers that do not read and callers that do not finish: bounded and told."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import resource
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.support.faults import Scene, at_rest, begin, scene
from tests.support.live import ApiError
from tests.support.pressure import MIB, burst, memory, ready

pytestmark = pytest.mark.timeout(300)


# --- output ----------------------------------------------------------------------------------------


async def test_a_flood_of_output(shared: Scene, project: str) -> None:
    """The server's memory stays flat, the log is capped, others are served, and what is gone is told."""
    calm = await ready(shared, project)
    task = await ready(shared, project)
    before = memory(shared.server.pid)
    await shared.api.send(task, "flood 6")
    await shared.api.until(task, lambda one: one["activity"] == "flood 6")
    while (await shared.api.task(task))["activity"] == "flood 6":
        await shared.api.send(calm, f"still here {os.urandom(4).hex()}")
        await at_rest(shared.api, calm)
    assert memory(shared.server.pid) < before + 50 * MIB
    run = (await shared.api.task(task))["runs"][0]["id"]
    log = shared.server.state_dir / "runs" / run / "log"
    assert sum(path.stat().st_size for path in log.glob("*.log")) <= 5 * 8 * MIB


async def test_bytes_that_are_no_text(shared: Scene, project: str) -> None:
    task = await ready(shared, project)
    await shared.api.send(task, "bytes")
    document = "subscription($id: ID!) { terminal(taskId: $id) { offset base64 truncatedFrom } }"
    seen = b""
    async with asyncio.timeout(60):
        async with aclosing(shared.api.subscribe(document, id=task)) as feed:
            async for data in feed:
                assert (data["terminal"]["offset"], data["terminal"]["truncatedFrom"]) == (len(seen), None)
                seen += base64.b64decode(data["terminal"]["base64"])
                if b"over\r\n" in seen:
                    break
    assert b"\xff\xfe split \xc3\xa9 nul \x00 end\r\n" + b"x" * 1_000_000 + b"\r\nover\r\n" in seen


async def test_the_log_is_truncated_under_us(shared: Scene, project: str) -> None:
    task = await ready(shared, project)
    run = (await shared.api.task(task))["runs"][0]["id"]
    segment = shared.server.state_dir / "runs" / run / "log" / f"{0:020}.log"
    had = segment.stat().st_size
    os.truncate(segment, 0)
    await shared.api.send(task, "and on")
    document = "subscription($id: ID!) { terminal(taskId: $id) { offset base64 truncatedFrom } }"
    async with asyncio.timeout(30):
        async with aclosing(shared.api.subscribe(document, id=task)) as feed:
            async for data in feed:
                assert data["terminal"]["truncatedFrom"] == 0
                assert data["terminal"]["offset"] >= had
                break


# --- readers ---------------------------------------------------------------------------------------


async def test_readers_that_do_not_read(shared: Scene, project: str) -> None:
    """Ten of them, with a flood to read: others get their events, and memory stays flat."""
    task = await ready(shared, project)
    await shared.api.send(task, "flood 3")
    before = memory(shared.server.pid)
    address = "ws" + shared.api.url.removeprefix("http") + f"/terminal/{task}"
    headers = {"Authorization": shared.api.authorization}
    deaf = [
        await connect(address, additional_headers=headers, proxy=None, max_queue=1, ping_interval=None)
        for _ in range(10)
    ]
    await shared.api.until(task, lambda one: one["activity"] == "did flood 3")
    assert memory(shared.server.pid) < before + 50 * MIB
    for socket in deaf:
        socket.transport.abort()
    await asyncio.gather(*(socket.wait_closed() for socket in deaf))


async def test_a_subscriber_that_falls_behind_misses_nothing(shared: Scene, project: str) -> None:
    """More events than wait for one subscriber come while it does not read: it jumps to the log."""
    task = await ready(shared, project)
    last = (await shared.api.events())[-1]["cursor"]
    protocols = [Subprotocol("graphql-transport-ws")]
    address = "ws" + shared.api.url.removeprefix("http") + "/graphql"
    async with connect(
        address, subprotocols=protocols, proxy=None, max_queue=1, ping_interval=None
    ) as socket:
        init = {"type": "connection_init", "payload": {"Authorization": shared.api.authorization}}
        await socket.send(json.dumps(init))
        await socket.recv()
        query = "subscription($after: Cursor) { events(after: $after) { cursor data } }"
        payload = {"query": query, "variables": {"after": last}}
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        await burst(shared, task, 20, 75)
        expected = [event["cursor"] for event in await shared.api.events(after=last)]
        assert len(expected) >= 1500
        got: list[str] = []
        async with asyncio.timeout(60):
            while len(got) < len(expected):
                message: dict[str, Any] = json.loads(await socket.recv())
                if message["type"] == "next":
                    got.append(message["payload"]["data"]["events"]["cursor"])
    assert got == expected


async def test_a_storm_of_subscribers(shared: Scene, project: str) -> None:
    """Two hundred that come, read one event and go: each gets the event after its cursor."""
    for number in range(4):
        await shared.api.create(f"Storm {number}", projectId=project)
    cursors = [event["cursor"] for event in await shared.api.events()][-5:]
    document = "subscription($after: Cursor) { events(after: $after) { cursor } }"

    async def one(after: str) -> str:
        async with aclosing(shared.api.subscribe(document, after=after)) as feed:
            async for data in feed:
                return str(data["events"]["cursor"])
        raise AssertionError("no event")

    limit = asyncio.Semaphore(40)

    async def politely(after: str) -> str:
        async with limit:
            return await one(after)

    got = await asyncio.gather(*(politely(cursors[number % 4]) for number in range(200)))
    assert got == [cursors[number % 4 + 1] for number in range(200)]


async def test_a_cursor_that_is_too_old(home: Path) -> None:
    async with scene(home, CHORUS_EVENTS_KEEP="5") as found:
        project = await found.api.add_project(found.repo)
        first = (await found.api.events())[0]["cursor"]
        for number in range(20):
            await found.api.create(f"Task {number}", projectId=project)
        found.server.stop()
        await found.restart()
        found.server.stop()  # what is pruned at a start is gone at the next one at the latest
        await found.restart()
        with pytest.raises(ApiError) as expired:
            await found.api.events(after=first)
        assert expired.value.code == "CURSOR_EXPIRED"
        oldest = expired.value.errors[0]["extensions"]["oldest"]
        assert len(await found.api.events(after=oldest)) == 5


async def test_few_file_descriptors(home: Path) -> None:
    """When they run out the server lives, and is well again when they are given back."""
    async with scene(home) as found:
        project = await found.api.add_project(found.repo)
        task = await ready(found, project)
        count = len(list(Path(f"/proc/{found.server.pid}/fd").iterdir()))
        limits = resource.prlimit(found.server.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(found.server.pid, resource.RLIMIT_NOFILE, (count + 2, limits[1]))
        with pytest.raises(ApiError, match="Too many open files") as refused:
            await found.api.create("No room", projectId=project, agent="listener")
        assert refused.value.code == "RESOURCE_EXHAUSTED"
        resource.prlimit(found.server.pid, resource.RLIMIT_NOFILE, limits)
        await found.api.send(task, "still here")
        await found.api.until(task, lambda one: one["activity"] == "did still here")
        await begin(found.api, project, "there is room again")


async def test_callers_that_never_finish(shared: Scene, project: str) -> None:
    """Headers and bodies that come byte by byte, or not at all, are ended; others are served meanwhile."""
    task = await ready(shared, project)
    before = memory(shared.server.pid)
    host = f"Host: 127.0.0.1:{shared.server.port}\r\n"
    body = f"Authorization: {shared.api.authorization}\r\nContent-Length: 1000\r\n\r\n{{"
    starts = [
        b"",
        b"POST /hook HTTP/1.1\r\nHost: 127",
        f"POST /hook HTTP/1.1\r\n{host}X-Slow: ".encode(),
        f"POST /graphql HTTP/1.1\r\n{host}{body}".encode(),
    ]
    slow = [asyncio.create_task(drip(shared, start)) for start in starts * 10]
    await shared.api.send(task, "still here")
    await shared.api.until(task, lambda one: one["activity"] == "did still here")
    answers = await asyncio.gather(*slow)
    assert {answer[:12] for answer in answers} <= {b"HTTP/1.1 408", b""}
    assert answers.count(b"") <= 10, "who sent something is told why it ends"
    assert memory(shared.server.pid) < before + 20 * MIB


async def drip(found: Scene, start: bytes) -> bytes:
    """Send the beginning of a request and then a byte now and then, until it is ended; the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", found.server.port)

    async def dripping() -> None:
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.5)

    writer.write(start)
    more = asyncio.create_task(dripping() if start else asyncio.sleep(3600))
    try:
        async with asyncio.timeout(40):
            return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        more.cancel()
        await asyncio.gather(more, return_exceptions=True)
        writer.close()
