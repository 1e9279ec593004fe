"""Protocols of uvicorn with the bounds that uvicorn leaves to a proxy in front of it.

Chorus has no proxy in front: a peer that sends a header byte by byte, never ends it, or stops reading
would otherwise hold its connection and our memory for as long as it likes.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

#: Seconds from the start of a request to the end of its header.
HEADER_DEADLINE = 10.0

#: Bytes of one request's line and header.
MAX_HEADER = 64 << 10

#: Seconds a peer may leave what we wrote unread.
WRITE_DEADLINE = 35.0

#: Seconds to take and throw away the rest of a body that was refused, so that the peer reads the answer.
LINGER = 5.0


class BoundedHttp(HttpToolsProtocol):
    """HTTP/1.1 with bounded headers and deadlines."""

    _header_timer: asyncio.TimerHandle | None = None
    _write_timer: asyncio.TimerHandle | None = None
    _linger_timer: asyncio.TimerHandle | None = None
    _header_size = 0
    _in_header = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_header()

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._header_timer, self._write_timer, self._linger_timer):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_header:
            self._header_size += len(data)
        super().data_received(data)
        if self._in_header and self._header_size > MAX_HEADER and not self.transport.is_closing():
            self._refuse(431, "Request Header Fields Too Large")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._await_header()

    def on_headers_complete(self) -> None:
        self._in_header = False
        if self._header_timer is not None:
            self._header_timer.cancel()
        if not self.url.startswith(b"/"):
            # An absolute target would have to name this server; only proxies send it, so nobody should.
            raise ValueError("the request target is not a path")
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._header_size = 0
        if self._linger_timer is not None:
            self._linger_timer.cancel()

    def on_response_complete(self) -> None:
        if self.cycle is not None and self.cycle.more_body and not self.transport.is_closing():
            self._linger_timer = self.loop.call_later(LINGER, self.transport.abort)
        super().on_response_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._write_timer = self.loop.call_later(WRITE_DEADLINE, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._write_timer is not None:
            self._write_timer.cancel()

    def _await_header(self) -> None:
        self._in_header = True
        if self._header_timer is not None:
            self._header_timer.cancel()
        self._header_timer = self.loop.call_later(HEADER_DEADLINE, self._header_late)

    def _header_late(self) -> None:
        if not self.transport.is_closing():
            self._refuse(408, "Request Timeout")

    def _refuse(self, status: int, phrase: str) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.write(
                f"HTTP/1.1 {status} {phrase}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n".encode()
            )
        self.transport.close()


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """WebSockets whose peer reads, or goes: pings are answered only as fast as the answers are read."""

    _write_timer: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        super().pause_writing()
        self._write_timer = self.loop.call_later(WRITE_DEADLINE, self.transport.abort)
        if not self.read_paused:
            self.transport.pause_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._write_timer is not None:
            self._write_timer.cancel()
        if not self.read_paused and not self.transport.is_closing():
            self.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
        super().connection_lost(exc)

    async def receive(self) -> Any:
        message = await super().receive()
        if not self.writable.is_set() and not self.read_paused and not self.transport.is_closing():
            self.transport.pause_reading()  # the queue has room again, the peer's ears have not
        return message
