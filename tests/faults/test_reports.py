"""Reports: bursts, doubles, late ones and those that make no sense; stored once, and nobody else suffers."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from tests.support.faults import Scene
from tests.support.pressure import MIB, burst, hook_address, memory, ready, use

pytestmark = pytest.mark.timeout(300)


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
    address, headers = hook_address(shared, task)
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
    address, headers = hook_address(shared, task)
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


async def test_one_run_that_is_over_does_not_slow_the_others(shared: Scene, project: str) -> None:
    """Reports of a run that is over arrive together with those of others: each gets its own answer."""
    over, living = await ready(shared, project), await ready(shared, project)
    late, good = hook_address(shared, over), hook_address(shared, living)
    await shared.api.act("restartAgent", over, prompt="hello again")
    await shared.api.until(over, lambda one: one["runs"][0]["end"])
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        addresses = [late, good] * 20
        answers = await asyncio.gather(
            *(
                client.post(address, headers=headers, json=use(n))
                for n, (address, headers) in enumerate(addresses)
            )
        )
    assert [answer.status_code for answer in answers] == [410, 200] * 20


async def test_reports_of_a_run_that_is_over_change_nothing(shared: Scene, project: str) -> None:
    task = await ready(shared, project)
    address, headers = hook_address(shared, task)
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
    address, headers = hook_address(shared, task)
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
    address, headers = hook_address(shared, task)
    before = memory(shared.server.pid)
    known = len(await shared.api.events(task=task))
    async with httpx.AsyncClient(trust_env=False, headers=headers, timeout=30) as client:
        answer = await client.post(address, content=body)
    assert answer.status_code == status
    # Chorus may still have something to say of what was before, or of the silence; the agent has not.
    new = (await shared.api.events(task=task))[known:]
    told = [event for event in new if event["source"] not in ("silence", "chorus")]
    assert [event for event in told if event["kind"].startswith(("agent.", "permission."))] == []
    assert "Traceback" not in shared.server.log.read_text()
    assert memory(shared.server.pid) < before + 40 * MIB
