"""Bursts, floods, readers that do not read, and what is no text: bounded, told, and nobody else suffers."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import resource
from contextlib import aclosing
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.faults.scene import Scene, at_rest, begin, environment, scene
from tests.live import ApiError

pytestmark = pytest.mark.timeout(300)

MIB = 2**20


def door(found: Scene, task: str) -> tuple[str, dict[str, str]]:
    """Where the agent of a task reports, and with which header."""
    pid = found.noted(task, "start")[-1][0]
    environ = dict(entry.split(b"=", 1) for entry in environment(Path(f"/proc/{pid}")) if b"=" in entry)
    token = environ[b"CHORUS_HOOK_TOKEN"].decode()
    return environ[b"CHORUS_HOOK_URL"].decode(), {"Authorization": f"Bearer {token}"}


def memory(pid: int) -> int:
    """Resident bytes of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


async def ready(found: Scene, project: str) -> str:
    task = await begin(found.api, project, "hello")
    await at_rest(found.api, task)
    return task


# --- reports ---------------------------------------------------------------------------------------


async def burst(found: Scene, task: str, connections: int, each: int) -> list[int]:
    """Reports over so many connections at once, sent again when the door is too busy; all answers."""
    address, headers = door(found, task)
    answers: list[int] = []

    async def one(number: int) -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=60, headers=headers) as client:
            for index in range(each):
                body = {"hook_event_name": f"Burst{number}", "chorus_report_id": f"{number}-{index}"}
                # One run may report 200 times a second for long, and 2,000 times at once (429 past that).
                while (answer := await client.post(address, json=body)).status_code in (429, 503):
                    answers.append(answer.status_code)
                    assert "retry-after" in answer.headers
                    await asyncio.sleep(0.25)
                answers.append(answer.status_code)

    await asyncio.gather(*(one(number) for number in range(connections)))
    return answers


async def test_ten_thousand_reports_are_stored_once(shared: Scene, project: str) -> None:
    task = await ready(shared, project)
    answers = await burst(shared, task, 50, 200)
    assert answers.count(200) == 10_000
    assert set(answers) <= {200, 429, 503}
    [(count,)] = shared.query("SELECT count(*) FROM events WHERE kind = 'agent.report' AND task_id = ?", task)
    assert count == 10_000
    [(names,)] = shared.query("SELECT count(DISTINCT source_id) FROM reports WHERE source_id LIKE 'id:%-%'")
    assert names == 10_000


async def test_a_report_that_comes_again_counts_once(shared: Scene, project: str) -> None:
    """One after the other, and ten at the same moment."""
    task = await ready(shared, project)
    address, headers = door(shared, task)
    body = {"hook_event_name": "Stop", "chorus_report_id": "again", "last_assistant_message": "over"}
    async with httpx.AsyncClient(trust_env=False, headers=headers) as client:
        answers = [await client.post(address, json=body) for _ in range(3)]
        body["chorus_report_id"] = "at once"
        answers += await asyncio.gather(*(client.post(address, json=body) for _ in range(10)))
    assert [answer.status_code for answer in answers] == [200] * 13
    found = [event for event in await shared.api.events(task=task) if event["kind"] == "agent.turn"]
    assert len([event for event in found if event["data"].get("text") == "over"]) == 2


async def test_a_question_among_many_reports(shared: Scene, project: str) -> None:
    """Reports that arrive together share a transaction, and each counts: the question stays open."""
    task = await ready(shared, project)
    address, headers = door(shared, task)
    asked = {"hook_event_name": "PermissionRequest", "tool_name": "Bash", "tool_input": {"command": "ls"}}
    limits = httpx.Limits(max_connections=50)
    async with httpx.AsyncClient(trust_env=False, headers=headers, limits=limits, timeout=60) as client:
        asking = asyncio.create_task(client.post(address, json=asked))
        answers = await asyncio.gather(*(client.post(address, json=use(number)) for number in range(100)))
        assert {answer.status_code for answer in answers} == {200}
        shown = await shared.api.until(task, lambda one: one["agentStatus"] == "WAITING")
        assert shown["activity"] == "Needs approval: ls"
        [request] = shown["permissionRequests"]
        await shared.api.respond(request["id"], "ALLOW")
        assert (await asking).json()["hookSpecificOutput"]["decision"]["behavior"] == "allow"
        # Its own report is the newest thing that is known of the agent, or one of the hundred.
        after = await shared.api.until(task, lambda one: one["permissionRequests"][0]["state"] == "ALLOWED")
        await client.post(address, json={**use(0), "tool_use_id": "last", "tool_name": "Read"})
        await shared.api.until(task, lambda one: one["agentStatus"] == "READING")
    assert after["status"] == "RUNNING"
    told = [event["data"] for event in await shared.api.events(task=task) if event["kind"] == "agent.tool"]
    assert {data["useId"] for data in told} == {*(f"use-{number}" for number in range(100)), "last"}
    assert len(told) == 101


def use(number: int) -> dict[str, Any]:
    given = {"file_path": f"/nowhere/{number}", "command": f"true {number}"}
    named = {"tool_name": "Bash", "tool_input": given, "tool_use_id": f"use-{number}"}
    return {"hook_event_name": "PreToolUse", **named}


async def test_one_run_that_is_over_does_not_slow_the_others(shared: Scene, project: str) -> None:
    """Reports of a run that is over arrive together with those of others: each gets its own answer."""
    over, living = await ready(shared, project), await ready(shared, project)
    late, good = door(shared, over), door(shared, living)
    await shared.api.act("restartAgent", over, prompt="hello again")
    await shared.api.until(over, lambda one: one["runs"][0]["end"])
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        doors = [late, good] * 20
        answers = await asyncio.gather(
            *(
                client.post(address, headers=headers, json=use(n))
                for n, (address, headers) in enumerate(doors)
            )
        )
    assert [answer.status_code for answer in answers] == [410, 200] * 20


async def test_reports_of_a_run_that_is_over_change_nothing(shared: Scene, project: str) -> None:
    task = await ready(shared, project)
    address, headers = door(shared, task)
    await shared.api.act("restartAgent", task, prompt="wait")
    await shared.api.until(task, lambda one: one["activity"] == "wait")
    before = await shared.api.task(task)
    async with httpx.AsyncClient(trust_env=False, headers=headers) as client:
        late = await client.post(address, json={"hook_event_name": "Stop"})
    assert late.status_code == 410
    assert await shared.api.task(task) == before


async def test_reports_that_overtake_each_other(shared: Scene, project: str) -> None:
    """What is said of a tool that is over, or of one of a turn that is over, does not wake the agent."""
    task = await ready(shared, project)
    address, headers = door(shared, task)
    async with httpx.AsyncClient(trust_env=False, headers=headers) as client:

        async def say(event: str, use: str = "", **more: Any) -> None:
            tool = {"tool_name": "Bash", "tool_input": {"command": use}, "tool_use_id": use} if use else {}
            answer = await client.post(address, json={"hook_event_name": event, **tool, **more})
            assert answer.status_code == 200

        await say("UserPromptSubmit", prompt="a turn that a person typed")
        await say("PreToolUse", "one")
        await say("PreToolUse", "two")
        await say("PostToolUse", "three")
        await say("Stop", last_assistant_message="all done")
        await say("PostToolUse", "one")
        await say("PostToolUseFailure", "two", error="too late")
        await say("PreToolUse", "three")
        shown = await shared.api.task(task)
        assert (shown["agentStatus"], shown["activity"]) == ("IDLE", "all done")
        told = [one["data"] for one in await shared.api.events(task=task) if one["kind"] == "agent.tool"]
        assert [one["useId"] for one in told] == ["one", "two", "three", "one", "two", "three"]
        await shared.api.send(task, "the next")
        await shared.api.until(task, lambda one: one["activity"] == "did the next")
        await say("PreToolUse", "four")
        assert (await shared.api.task(task))["agentStatus"] == "RUNNING", "a new use is news"


BAD = [
    (b"", 400),
    (b"null", 400),
    (b"[]", 400),
    (b"{", 400),
    (b"\xff\xfe", 400),
    (b'{"hook_event_name": 7}', 400),
    (b'{"hook_event_name": "PreToolUse"}', 400),
    (b'{"hook_event_name": "PreToolUse", "tool_name": [], "tool_input": 3}', 400),
    (b'{"hook_event_name": "Stop", "chorus_report_id": {}}', 400),
    (b"[" * 100_000, 400),
    (b'{"hook_event_name": "' + b"x" * (50 * MIB) + b'"}', 413),
]


@pytest.mark.parametrize(("body", "status"), BAD, ids=range(len(BAD)))
async def test_a_report_that_makes_no_sense(shared: Scene, project: str, body: bytes, status: int) -> None:
    tasks = await shared.api.call("{ tasks(first: 1) { edges { node { id } } } }")
    edges = tasks["tasks"]["edges"]
    task = edges[0]["node"]["id"] if edges else await ready(shared, project)
    address, headers = door(shared, task)
    before = memory(shared.server.pid)
    known = len(await shared.api.events(task=task))
    async with httpx.AsyncClient(trust_env=False, headers=headers, timeout=30) as client:
        answer = await client.post(address, content=body)
    assert answer.status_code == status
    # The host may still have something to say of what was before; of the agent there is nothing new.
    new = (await shared.api.events(task=task))[known:]
    assert [event for event in new if event["kind"].startswith(("agent.", "permission."))] == []
    assert "Traceback" not in shared.server.log.read_text()
    assert memory(shared.server.pid) < before + 40 * MIB


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
