"""Request bodies, bounded in size and time; refused without being read when they are not."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.types import Message, Receive

from chorus.server.connections.responses import Refusal


async def read_body(headers: Headers, receive: Receive, limit: int, deadline: float) -> bytes | None:
    """The whole body, at most `limit` bytes, within `deadline` seconds; None when the caller went away.

    Raises Refusal: 413 too large (whether announced, lied about or chunked), 408 too slow, 415 compressed.
    """
    _check_headers(headers, limit)
    try:
        async with asyncio.timeout(deadline):
            return await _collect(receive, limit)
    except TimeoutError:
        raise Refusal(408, "The body did not arrive in time.", {"connection": "close"}) from None


def _check_headers(headers: Headers, limit: int) -> None:
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise Refusal(415, "Compressed bodies are not taken: send it as it is.")
    length = headers.get("content-length")
    if length is not None and (not length.isascii() or not length.isdigit()):
        raise Refusal(400, "Content-Length is not a number.")
    if length is not None and (len(length) > 18 or int(length) > limit):
        raise _too_large(limit)


async def _collect(receive: Receive, limit: int) -> bytes | None:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if len(body) > limit:
            raise _too_large(limit)
        if not message.get("more_body", False):
            return bytes(body)


def _too_large(limit: int) -> Refusal:
    return Refusal(413, f"The body is too large: at most {limit} bytes are taken here.")


def replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body first and then whatever comes, which is the caller's leaving."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receiving() -> Message:
        return pending.pop() if pending else await receive()

    return receiving
