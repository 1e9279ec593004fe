"""GraphQL over a real WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.support.graphql_socket import close_code, greet, receive, refused, send, socket
from tests.support.server_fakes import RUNNING
from tests.support.site import MakeSite, Ready, serving


async def ask(connection: ClientConnection, query: str, identity: str = "1", **rest: Any) -> None:
    await send(connection, id=identity, type="subscribe", payload={"query": query, **rest})


async def nothing_running() -> None:
    async with asyncio.timeout(45):
        while RUNNING[0]:
            await asyncio.sleep(0)


# --- who may open one --------------------------------------------------------------------------------


async def test_the_token_at_the_handshake_is_enough(live: Ready) -> None:
    async with socket(live, live.bearer) as connection:
        await greet(connection)
        await ask(connection, "{ actor }")
        assert await receive(connection) == {
            "id": "1",
            "type": "next",
            "payload": {"data": {"actor": "token"}},
        }
        assert await receive(connection) == {"id": "1", "type": "complete"}


async def test_the_token_in_connection_init_is_enough(live: Ready) -> None:
    async with socket(live) as connection:
        await greet(connection, Authorization=f"Bearer {live.site.token}")
        await ask(connection, "{ actor }")
        assert (await receive(connection))["payload"] == {"data": {"actor": "token"}}


async def test_the_cookie_is_enough_from_our_own_page(live: Ready, browser: httpx.AsyncClient) -> None:
    cookie = {"cookie": await live.cookie(browser)}
    async with socket(live, cookie, origin=live.url) as connection:
        await greet(connection)
        await ask(connection, "{ actor }")
        assert (await receive(connection))["payload"] == {"data": {"actor": "web"}}
    assert await refused(live, headers=cookie) == 403
    assert await refused(live, headers={**cookie, "sec-fetch-site": "same-site"}, origin=live.url) == 403


@pytest.mark.parametrize(
    "payload", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": 5}, {"token": "x"}]
)
async def test_without_credentials_nothing_runs(live: Ready, payload: dict[str, Any]) -> None:
    async with socket(live) as connection:
        await send(connection, type="connection_init", payload=payload)
        assert await close_code(connection) == 4401


async def test_a_wrong_token_in_connection_init_counts_even_with_a_right_one_before(live: Ready) -> None:
    async with socket(live, live.bearer) as connection:
        await send(connection, type="connection_init", payload={"Authorization": "Bearer wrong"})
        assert await close_code(connection) == 4401


async def test_a_wrong_token_at_the_handshake_is_refused(live: Ready) -> None:
    assert await refused(live, headers={"authorization": "Bearer wrong"}) == 401


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "http://localhost.evil", "http://127.0.0.1:1", "file://", "HTTP://{ours}",
     "http://{ours}@evil.example"],
)  # fmt: skip
async def test_other_origins_are_refused_before_anything(live: Ready, origin: str) -> None:
    origin = origin.format(ours=f"127.0.0.1:{live.port}")
    for headers in ({}, live.bearer):
        assert await refused(live, headers=headers, origin=origin) == 403


async def test_a_rebound_name_is_refused(live: Ready) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", live.port)
    writer.write(
        b"GET /graphql HTTP/1.1\r\nhost: evil.example\r\norigin: http://evil.example\r\n"
        b"connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
        b"sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-protocol: graphql-transport-ws\r\n\r\n"
    )
    assert (await reader.readline()).split()[1] == b"421"
    writer.close()


async def test_a_terminal_needs_credentials_at_the_handshake(live: Ready) -> None:
    assert await refused(live, path="/terminal/t1", protocols=[]) == 401
    assert await refused(live, path="/somewhere", protocols=[]) == 401
    assert await refused(live, path="/somewhere", protocols=[], headers=live.bearer) == 404


# --- the protocol ------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocols", [[], ["graphql-ws"], ["soap"]])
async def test_only_graphql_transport_ws_is_spoken(live: Ready, protocols: list[str]) -> None:
    async with socket(live, live.bearer, protocols=[Subprotocol(name) for name in protocols]) as connection:
        assert await close_code(connection) == 4406


async def test_an_operation_before_connection_init_ends_it(live: Ready) -> None:
    async with socket(live, live.bearer) as connection:
        await ask(connection, "{ actor }")
        assert await close_code(connection) == 4401


async def test_two_connection_inits_end_it(live: Ready) -> None:
    async with socket(live, live.bearer) as connection:
        await greet(connection)
        await send(connection, type="connection_init")
        assert await close_code(connection) == 4429


async def test_no_connection_init_ends_it(make_site: MakeSite) -> None:
    async with serving(make_site, init_deadline=0.05) as (live, _), socket(live) as connection:
        assert await close_code(connection) == 4408


@pytest.mark.parametrize(
    "text",
    ["", "null", "[]", "5", "{", '{"type": 5}', '{"type": "dance"}', '{"type": "complete"}',
     '{"a": 1, "a": 2}',
     '{"type": "' + "x" * 1000 + '"}',
     '{"type": "subscribe", "id": [], "payload": {"query": "{actor}"}}',
     '{"type": "subscribe", "id": "", "payload": {"query": "{actor}"}}',
     '{"type": "subscribe", "id": "1", "payload": null}',
     '{"type": "subscribe", "id": "1", "payload": {"query": ""}}',
     '{"type": "subscribe", "id": "1", "payload": {"query": 5}}',
     '{"type": "subscribe", "id": "1", "payload": {"query": "{actor}", "variables": []}}',
     "[" * 100_000],
)  # fmt: skip
async def test_bad_messages_end_it_quietly(live: Ready, text: str, caplog: pytest.LogCaptureFixture) -> None:
    async with socket(live, live.bearer) as connection:
        await greet(connection)
        await connection.send(text)
        assert await close_code(connection) == 4400
    assert caplog.records == []


async def test_binary_messages_end_it(live: Ready) -> None:
    async with socket(live, live.bearer) as connection:
        await connection.send(b'{"type": "connection_init"}')
        assert await close_code(connection) == 4400


async def test_huge_messages_end_it(live: Ready) -> None:
    async with socket(live, live.bearer) as connection:
        await greet(connection)
        with contextlib.suppress(ConnectionClosed):
            await connection.send("x" * 1_000_000)
        assert await close_code(connection) == 1009


@pytest.mark.parametrize(
    "query", ["{", "{ nope }", "{ " + "actor " * 3000 + "}", "query { actor } fragment F on Query { actor }"]
)
async def test_a_bad_document_ends_only_its_operation(live: Ready, query: str) -> None:
    async with socket(live, live.bearer) as connection:
        await greet(connection)
        await ask(connection, query)
        message = await receive(connection)
        assert (message["type"], message["id"]) == ("error", "1")
        assert message["payload"][0]["extensions"]["code"] in (
            "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "BAD_INPUT",
        )  # fmt: skip
        await ask(connection, "{ actor }", "2")
        assert (await receive(connection))["payload"] == {"data": {"actor": "token"}}


async def test_streams_deliver_and_hide_bugs(live: Ready, caplog: pytest.LogCaptureFixture) -> None:
    async with socket(live, live.bearer) as connection:
        await greet(connection)
        await ask(connection, "subscription { fails(after: 2) }")
        messages = [await receive(connection) for _ in range(4)]
    assert [message["type"] for message in messages] == ["next", "next", "next", "complete"]
    assert messages[0]["payload"] == {"data": {"fails": 0}}
    error = messages[2]["payload"]["errors"][0]
    assert error["extensions"]["code"] == "INTERNAL"
    assert "SELECT" not in json.dumps(messages)
    assert error["extensions"]["id"] in caplog.text


async def test_operations_are_bounded(live: Ready) -> None:
    async with socket(live, live.bearer) as connection:
        await greet(connection)
        for number in range(101):
            await ask(connection, "subscription { forever }", str(number))
        message = await receive(connection)
        assert (message["type"], message["id"]) == ("error", "100")
        assert message["payload"][0]["extensions"]["code"] == "BUSY"
        await send(connection, type="complete", id="0")
        await ask(connection, "{ actor }", "new")
        assert (await receive(connection))["type"] == "next"
    await nothing_running()


async def test_sockets_are_bounded_for_each_credential(live: Ready, browser: httpx.AsyncClient) -> None:
    cookie = {"cookie": await live.cookie(browser)}
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(100):
            await stack.enter_async_context(socket(live, live.bearer))
        assert await refused(live, headers=live.bearer) == 429
        async with socket(live) as stranger:
            authorization = f"Bearer {live.site.token}"
            await send(stranger, type="connection_init", payload={"Authorization": authorization})
            assert await close_code(stranger) == 4401
        async with socket(live, cookie, origin=live.url) as connection:
            await greet(connection)


# --- ends --------------------------------------------------------------------------------------------


async def test_a_client_that_vanishes_leaves_nothing(live: Ready, caplog: pytest.LogCaptureFixture) -> None:
    for query in ("subscription { forever }", "subscription { flood }"):
        async with socket(live, live.bearer) as connection:
            await greet(connection)
            await ask(connection, query)
            await ask(connection, "{ actor }", "2")
            await receive(connection)
            connection.transport.abort()
        await nothing_running()
    assert caplog.records == []


async def test_a_client_that_does_not_read_is_let_go(
    make_site: MakeSite, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(make_site, send_deadline=0.1) as (live, _), socket(live, live.bearer) as connection:
        await greet(connection)
        connection.transport.pause_reading()
        await ask(connection, "subscription { flood }")
        await ask(connection, "subscription { forever }", "2")
        while not RUNNING[0]:
            await asyncio.sleep(0)
        await nothing_running()
        async with asyncio.timeout(45):
            while len(live.site.sockets):
                await asyncio.sleep(0)
        connection.transport.abort()
    assert caplog.records == []


async def test_logging_out_closes_the_sessions_sockets(live: Ready, browser: httpx.AsyncClient) -> None:
    cookie = {"cookie": await live.cookie(browser)}
    async with (
        socket(live, cookie, origin=live.url) as connection,
        socket(live, cookie, origin=live.url, path="/terminal/t1", protocols=[]) as terminal,
        socket(live, live.bearer) as other,
    ):
        for opened in (connection, other):
            await greet(opened)
        await ask(connection, "subscription { forever }")
        await browser.post("/logout", headers={"x-chorus-csrf": "1"})
        assert await close_code(connection) == 4401
        assert await close_code(terminal) == 4401
        await ask(other, "{ actor }")
        assert (await receive(other))["type"] == "next"
    await nothing_running()


async def test_a_stopping_server_says_so(make_site: MakeSite) -> None:
    async with serving(make_site) as (live, server), socket(live, live.bearer) as connection:
        await greet(connection)
        await ask(connection, "subscription { forever }")
        server.should_exit = True
        assert await close_code(connection) == 1012
