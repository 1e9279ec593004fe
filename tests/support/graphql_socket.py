"""A client of GraphQL's WebSocket, for tests of the server."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

from tests.support.site import Ready

TRANSPORT_WS = [Subprotocol("graphql-transport-ws")]


@contextlib.asynccontextmanager
async def socket(
    ready: Ready,
    headers: dict[str, str] | None = None,
    origin: str | None = None,
    path: str = "/graphql",
    protocols: list[Subprotocol] | None = None,
) -> AsyncIterator[ClientConnection]:
    async with connect(
        f"ws://127.0.0.1:{ready.port}{path}",
        subprotocols=TRANSPORT_WS if protocols is None else (protocols or None),
        additional_headers=headers,
        origin=None if origin is None else Origin(origin),
        proxy=None,
        user_agent_header=None,
    ) as connection:
        yield connection


async def send(connection: ClientConnection, **message: Any) -> None:
    await connection.send(json.dumps(message))


async def receive(connection: ClientConnection) -> Any:
    async with asyncio.timeout(45):
        return json.loads(await connection.recv())


async def close_code(connection: ClientConnection) -> int | None:
    async with asyncio.timeout(45):
        with contextlib.suppress(ConnectionClosed):
            while True:
                await connection.recv()
    return connection.close_code


async def refused(ready: Ready, **options: Any) -> int:
    with pytest.raises(InvalidStatus) as caught:
        async with socket(ready, **options):
            pass
    return caught.value.response.status_code


async def greet(connection: ClientConnection, **payload: str) -> None:
    await send(connection, type="connection_init", payload=payload)
    assert await receive(connection) == {"type": "connection_ack"}
