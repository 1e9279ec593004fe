"""Open WebSockets by credential: how many there may be, and how they end with it."""

from __future__ import annotations

import asyncio
from collections import defaultdict

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chorus.server.connections.responses import retry_later

#: What graphql-transport-ws calls Unauthorized; the terminal socket uses the same.
REVOKED = 4401


class OpenSocket:
    """One WebSocket from its handshake to its end."""

    def __init__(self, sockets: OpenSockets, key: str) -> None:
        self._sockets = sockets
        self._key = key
        self._task: asyncio.Task[None] | None = None
        self._revoked = False

    def rename(self, key: str) -> bool:
        """It has said who it is: from now on it lives and dies with that credential.

        False when that credential has as many sockets as it may.
        """
        if self._sockets.full(key):
            return False
        self._sockets.forget(self._key, self)
        self._key = key
        self._sockets.remember(key, self)
        return True

    def revoke(self) -> None:
        self._revoked = True
        if self._task is not None:
            self._task.cancel()

    async def run(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve it. When its credential ends, the application is cancelled and the socket closed."""
        opened = False

        async def sending(message: Message) -> None:
            nonlocal opened
            opened = opened or message["type"] == "websocket.accept"
            await send(message)

        self._task = asyncio.current_task()
        try:
            await app(scope, receive, sending)
        except asyncio.CancelledError:
            if self._sockets.stopping:
                return  # its time to end by itself is over; it was told that the server goes
            if not self._revoked or self._task is None:
                raise
            self._task.uncancel()
            if opened:
                await send({"type": "websocket.close", "code": REVOKED, "reason": "Signed out"})
        finally:
            self._sockets.forget(self._key, self)


class OpenSockets:
    """All open sockets. `limit` is how many one credential may have, and all strangers together."""

    def __init__(self, limit: int = 100) -> None:
        self._limit = limit
        self.stopping = False  #: The server stops: what is still open is cancelled after a while.
        self._open: defaultdict[str, set[OpenSocket]] = defaultdict(set)

    def __len__(self) -> int:
        return sum(map(len, self._open.values()))

    def open(self, key: str) -> OpenSocket:
        """Raises Refusal 429 when this credential has as many as it may."""
        if self.full(key):
            raise retry_later(429, 5, f"There are {self._limit} open sockets already: close some.")
        socket = OpenSocket(self, key)
        self.remember(key, socket)
        return socket

    def full(self, key: str) -> bool:
        return len(self._open.get(key, ())) >= self._limit

    def revoke(self, key: str) -> None:
        """End all sockets of a credential."""
        for socket in list(self._open.get(key, ())):
            socket.revoke()

    def remember(self, key: str, socket: OpenSocket) -> None:
        self._open[key].add(socket)

    def forget(self, key: str, socket: OpenSocket) -> None:
        self._open[key].discard(socket)
        if not self._open[key]:
            del self._open[key]
