"""What a peer may do to the connection itself, with raw sockets against a real server."""

from __future__ import annotations

import asyncio
import contextlib
import os
import struct
from collections.abc import AsyncIterator

import pytest

from chorus.server.access.gate import Limits
from chorus.server.connections import protocol
from tests.support.graphql_socket import greet, socket
from tests.support.server_fakes import EFFECTS
from tests.support.site import MakeSite, Ready, serving

ACT = b'{"query": "mutation { act }"}'


async def exchange(live: Ready, request: bytes) -> bytes:
    """Everything that the server answers until it closes."""
    async with connection(live) as (reader, writer):
        writer.write(request)
        return await rest(reader)


@contextlib.asynccontextmanager
async def connection(live: Ready) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", live.port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def rest(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(45):
        with contextlib.suppress(ConnectionError):
            return await reader.read()
    return b""


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


def head(live: Ready, line: bytes = b"POST /graphql HTTP/1.1", *more: bytes) -> bytes:
    headers = (
        b"host: 127.0.0.1:%d" % live.port,
        b"authorization: Bearer " + live.site.token.encode(),
        b"content-type: application/json",
        b"connection: close",
        *more,
    )
    return b"\r\n".join((line, *headers, b"", b""))


def length(body: bytes) -> bytes:
    return b"content-length: %d" % len(body)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same deadlines, sooner."""
    for name in ("HEADER_DEADLINE", "WRITE_DEADLINE", "LINGER"):
        monkeypatch.setattr(protocol, name, 0.2)


async def test_a_plain_request_is_answered(live: Ready) -> None:
    answer = await exchange(live, head(live, b"POST /graphql HTTP/1.1", length(ACT)) + ACT)
    assert status(answer) == 200
    assert EFFECTS == ["act"]


async def test_chunked_bodies_are_read(live: Ready) -> None:
    body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(ACT), ACT)
    answer = await exchange(live, head(live, b"POST /graphql HTTP/1.1", b"transfer-encoding: chunked") + body)
    assert status(answer) == 200


@pytest.mark.parametrize(
    ("line", "more", "expected"),
    [
        (b"POST /graphql HTTP/1.1", (b"content-length: 29", b"content-length: 29"), 400),
        (b"POST /graphql HTTP/1.1", (b"content-length: 29", b"content-length: 5"), 400),
        (b"POST /graphql HTTP/1.1", (b"content-length: 29", b"transfer-encoding: chunked"), 400),
        (b"POST /graphql HTTP/1.1", (b"transfer-encoding: gzip, chunked, x",), 400),
        (b"POST /graphql HTTP/1.1", (b"content-length: -1",), 400),
        (b"POST /graphql HTTP/1.1", (b"content-length: 0x10",), 400),
        (b"POST /graphql HTTP/1.1", (b"content-length: 5000000000",), 413),
        (b"POST /graphql HTTP/1.1", (b"host: evil.example",), 400),
        (b"POST http://evil.example/graphql HTTP/1.1", (b"content-length: 29",), 400),
        (b"POST //graphql HTTP/1.1", (b"content-length: 29",), 404),
        (b"OPTIONS * HTTP/1.1", (), 400),
        (b"CONNECT 127.0.0.1:22 HTTP/1.1", (), 400),
        (b"PRI * HTTP/2.0", (), 400),
        (b"GARBAGE", (), 400),
        (b"GET /healthz HTTP/1.1", (b"x: a\x00b",), 400),
        (b"GET /healthz HTTP/1.1", (b"x : y",), 400),
        (b"GET /healthz HTTP/1.1", (b"x: a\r\n folded",), 400),
    ],
)
async def test_what_could_be_read_in_two_ways_is_refused(
    live: Ready, line: bytes, more: tuple[bytes, ...], expected: int
) -> None:
    answer = await exchange(live, head(live, line, *more) + ACT)
    assert status(answer) == expected
    assert EFFECTS == []


async def test_an_absent_host_is_refused(live: Ready) -> None:
    for request in (b"GET /healthz HTTP/1.1\r\n\r\n", b"GET /healthz HTTP/1.0\r\n\r\n"):
        assert (
            status(await exchange(live, request.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")))
            == 400
        )


@pytest.mark.parametrize("upgrade", [b"h2c", b"tls/1.3", b"websocket"])
async def test_upgrades_to_something_else_are_no_way_in(live: Ready, upgrade: bytes) -> None:
    request = (
        b"GET /metrics HTTP/1.1\r\nhost: 127.0.0.1:%d\r\nconnection: upgrade, http2-settings\r\n"
        b"upgrade: %b\r\nhttp2-settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n" % (live.port, upgrade)
    )
    async with connection(live) as (reader, writer):
        writer.write(request)
        assert (await reader.readline()).split()[1] in (b"400", b"401", b"426")


async def test_a_thousand_pipelined_requests_are_answered_in_order(live: Ready) -> None:
    one = b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1:%d\r\n\r\n" % live.port
    async with connection(live) as (reader, writer):
        writer.write(one * 400 + one.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"))
        answer = await rest(reader)
    assert answer.count(b"HTTP/1.1 200 OK") == 401


@pytest.mark.usefixtures("impatient")
async def test_a_body_without_end_is_answered_and_cut_off(live: Ready) -> None:
    before = memory()
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    async with connection(live) as (reader, writer):
        writer.write(
            head(live, b"POST /graphql HTTP/1.1", b"transfer-encoding: chunked").replace(b"close", b"x")
        )
        sent = 0
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(45):
                while not reader.at_eof():
                    writer.write(chunk)
                    await writer.drain()
                    sent += 1
        assert sent > 16  # it took more than it reads: the rest was thrown away, so that we see the answer
    assert memory() - before < 10 << 20


async def test_a_large_body_is_refused_where_the_caller_can_see_it(live: Ready) -> None:
    before = memory()
    part = b"x" * (1 << 16)
    size = b"content-length: %d" % (50 << 20)
    request = head(live, b"POST /graphql HTTP/1.1", size).replace(b"connection: close", b"x: y")
    async with connection(live) as (reader, writer):
        writer.write(request)
        for _ in range((50 << 20) // len(part)):
            writer.write(part)
            await writer.drain()
        assert (await reader.readline()).split()[1] == b"413"
    assert memory() - before < 10 << 20


def memory() -> int:
    """Bytes of this process in memory; the client and the server of a test are one process."""
    with open(f"/proc/{os.getpid()}/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.usefixtures("impatient")
async def test_slow_headers_are_cut_off_and_others_served(live: Ready) -> None:
    starts = (b"", b"G", b"GET / HTTP/1.1\r\nhost: 127.0.0.1", b"POST /hook HTTP/1.1\r\nx: y\r\n")
    async with contextlib.AsyncExitStack() as stack:
        slow = [await stack.enter_async_context(connection(live)) for _ in range(200)]
        for number, (_, writer) in enumerate(slow):
            writer.write(starts[number % len(starts)])
        assert status(await exchange(live, head(live, b"GET /healthz HTTP/1.1"))) == 200
        for reader, _ in slow:
            assert status(await rest(reader)) == 408


async def test_slow_bodies_are_cut_off(make_site: MakeSite) -> None:

    async with serving(make_site, limits=Limits(body_deadline=0.2)) as (live, _):
        answer = await exchange(live, head(live, b"POST /graphql HTTP/1.1", b"content-length: 100") + b"{")
        assert status(answer) == 408


@pytest.mark.usefixtures("impatient")
async def test_connections_in_use_are_not_cut_off(live: Ready) -> None:
    one = b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1:%d\r\n\r\n" % live.port
    async with connection(live) as (reader, writer), socket(live, live.bearer) as opened:
        for _ in range(3):
            writer.write(one)
            assert (await reader.readuntil(b"ok\n")).startswith(b"HTTP/1.1 200")
            await asyncio.sleep(0.15)  # longer than the deadline in all: each request has its own
        await greet(opened)


async def test_long_headers_are_refused(live: Ready) -> None:
    async with connection(live) as (reader, writer):
        with contextlib.suppress(ConnectionError):
            writer.write(b"GET /healthz HTTP/1.1\r\nx: ")
            for _ in range(64):
                writer.write(b"x" * 65536)
                await writer.drain()
        assert status(await rest(reader)) in (431, 0)
    assert status(await exchange(live, head(live, b"GET /healthz HTTP/1.1", b"x: " + b"x" * 16_000))) == 200


@pytest.mark.usefixtures("impatient")
async def test_a_peer_that_pings_and_does_not_read_is_let_go(live: Ready) -> None:
    ping = struct.pack("!BB4x", 0x89, 0x80 | 125) + b"p" * 125  # masked with zeros (RFC 6455, 5.2)
    handshake = (
        head(live, b"GET /graphql HTTP/1.1").replace(b"connection: close\r\n", b"").removesuffix(b"\r\n")
    )
    handshake += (
        b"connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
        b"sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-protocol: graphql-transport-ws\r\n\r\n"
    )
    before = memory()
    async with connection(live) as (reader, writer):
        writer.write(handshake)
        assert b"101" in await reader.readline()
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        sent = 0
        with contextlib.suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(45):
                while True:
                    writer.write(ping * 1000)
                    await writer.drain()
                    sent += 1
        assert sent
        async with asyncio.timeout(45):
            while len(live.site.sockets):
                await asyncio.sleep(0)
    assert memory() - before < 30 << 20


async def test_ten_thousand_pings_are_answered(live: Ready) -> None:
    async with socket(live, live.bearer) as opened:
        await greet(opened)
        for _ in range(100):
            pongs = [await opened.ping() for _ in range(100)]
            await asyncio.gather(*pongs)
