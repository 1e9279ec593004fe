"""Where agents report."""

from __future__ import annotations

import asyncio
import contextlib

import httpx
import pytest

from tests.support.server_fakes import EFFECTS
from tests.support.site import MakeSite, Ready, serving

RUN = {"authorization": "Bearer live"}


async def test_a_report_is_taken_in_and_answered_empty(ready: Ready, client: httpx.AsyncClient) -> None:
    report = {"hook_event_name": "Stop", "session_id": "of another task"}
    answer = await client.post("/hook", json=report, headers=RUN)
    assert (answer.status_code, answer.content) == (200, b"")
    assert ready.hooks.received == [report]


async def test_any_content_type_will_do(ready: Ready, client: httpx.AsyncClient) -> None:
    headers = {**RUN, "content-type": "application/x-www-form-urlencoded"}
    assert (await client.post("/hook", content=b'{"a": 1}', headers=headers)).status_code == 200
    assert ready.hooks.received == [{"a": 1}]


async def test_half_characters_are_mended(ready: Ready, client: httpx.AsyncClient) -> None:
    body = rb'{"prompt": "cut \ud83d here", "whole": "\ud83d\ude00"}'
    assert (await client.post("/hook", content=body, headers=RUN)).status_code == 200
    assert ready.hooks.received == [{"prompt": "cut \ufffd here", "whole": "\U0001f600"}]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"5",
        b'"text"',
        b"{",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e999}',
        b'{"a": 123456789012345678901234567890}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": 1, "a": 2}',
        b'{"a": "\xff"}',
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        b'{"a":' * 40_000,
        b'{"a": ' + b"[" * 101 + b"]" * 101 + b"}",
        b'{"a": "\x00"}',
    ],
)
async def test_what_is_no_report_is_refused(ready: Ready, client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/hook", content=body, headers=RUN)
    assert answer.status_code == 400
    error = answer.json()["errors"][0]
    assert error["extensions"]["code"] == "BAD_INPUT"
    assert "Traceback" not in error["message"]
    assert ready.hooks.received == []


async def test_a_token_is_good_for_its_own_endpoint_only(ready: Ready, client: httpx.AsyncClient) -> None:
    statuses = {
        name: (await client.post("/hook", json={}, headers=headers)).status_code
        for name, headers in (
            ("none", {}),
            ("unknown", {"authorization": "Bearer unknown"}),
            ("over", {"authorization": "Bearer over"}),
            ("api", ready.bearer),
        )
    }
    assert statuses == {"none": 401, "unknown": 401, "over": 410, "api": 401}
    assert ready.hooks.received == []
    for method, path in (("POST", "/graphql"), ("GET", "/"), ("GET", "/metrics"), ("POST", "/login/link")):
        answer = await client.request(method, path, json={"query": "mutation { act }"}, headers=RUN)
        assert answer.status_code in (401, 429)
    assert EFFECTS == []


async def test_pages_of_others_cannot_report(ready: Ready, client: httpx.AsyncClient) -> None:
    headers = {**RUN, "origin": "http://evil.example"}
    assert (await client.post("/hook", json={}, headers=headers)).status_code == 403
    assert (await client.get("/hook", headers=RUN)).status_code == 405
    assert ready.hooks.received == []


@pytest.mark.parametrize(
    ("event", "status", "code"),
    [("Full", 503, "UNAVAILABLE"), ("Nonsense", 400, "BAD_INPUT")],
)
async def test_trouble_has_a_status(client: httpx.AsyncClient, event: str, status: int, code: str) -> None:
    answer = await client.post("/hook", json={"hook_event_name": event}, headers=RUN)
    assert answer.status_code == status
    assert answer.json()["errors"][0]["extensions"]["code"] == code
    assert ("retry-after" in answer.headers) == (status == 503)


async def test_a_bug_is_an_id_here_and_in_the_log(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await client.post("/hook", json={"hook_event_name": "Bug"}, headers=RUN)
    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    identity = answer.json()["errors"][0]["message"].split("(")[1].split(")")[0]
    assert identity in caplog.text
    assert "secret detail" in caplog.text


async def test_a_permission_request_is_held_until_it_is_decided(
    live: Ready, browser: httpx.AsyncClient
) -> None:
    report = {"hook_event_name": "PermissionRequest"}
    asking = asyncio.create_task(browser.post("/hook", json=report, headers=RUN))
    await live.hooks.asked.wait()
    assert (await browser.post("/hook", json={}, headers=RUN)).status_code == 200
    assert not asking.done()
    live.hooks.decided.set()
    assert (await asking).json() == {"decision": "allow"}


async def test_an_agent_that_leaves_is_noticed(live: Ready) -> None:
    report = {"hook_event_name": "PermissionRequest"}
    async with httpx.AsyncClient(base_url=live.url, trust_env=False) as agent:
        asking = asyncio.create_task(agent.post("/hook", json=report, headers=RUN))
        await live.hooks.asked.wait()
        asking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asking
    async with asyncio.timeout(45):
        await live.hooks.let_go.wait()


async def test_a_stopping_server_lets_go_of_held_requests(
    make_site: MakeSite, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(make_site) as (live, server), httpx.AsyncClient(trust_env=False) as agent:
        report = {"hook_event_name": "PermissionRequest"}
        asking = asyncio.create_task(agent.post(f"{live.url}/hook", json=report, headers=RUN))
        await live.hooks.asked.wait()
        server.should_exit = True
        answer = await asking
    assert (answer.status_code, answer.content) == (200, b"")
    assert live.hooks.let_go.is_set()
    assert caplog.records == []
