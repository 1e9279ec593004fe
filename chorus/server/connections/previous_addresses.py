"""The addresses of servers before this one, kept open for agents that were told to report there.

An agent is told an address when it starts, and it may outlive the server that told it. Where the next one
serves somewhere else, it listens there as well, for reports and nothing else, as long as such an agent lives.
"""

from __future__ import annotations

import asyncio
import socket
from urllib.parse import urlsplit

from chorus.server.access.gate import Gate
from chorus.server.connections.addresses import bracketed
from chorus.server.connections.listen import Server, address_of, bind


class FormerDoors:
    """Implements `chorus.host.runs.hook_address.Doors`. `own` is the address this server serves."""

    def __init__(self, own: socket.socket) -> None:
        self._own = own.getsockname()[:2]
        self._open: dict[str, socket.socket] = {}
        self._serving: dict[str, asyncio.Task[asyncio.Server]] = {}
        self._behind: tuple[Server, Gate] | None = None

    def open(self, url: str) -> None:
        """Take reports at this address, too; until the server is up they wait. Raises Conflict, naming who
        has it, when another program listens there.
        """
        place = urlsplit(url)
        host, port = place.hostname or "", place.port or 80
        if url in self._open or address_of(host, port)[:2] == self._own:
            return
        self._open[url] = bind(host, port)
        self._serve(url)

    def serve(self, server: Server, gate: Gate) -> None:
        """The server is up: what reports at the addresses that were opened is answered from now on."""
        self._behind = server, gate
        for url in self._open:
            self._serve(url)

    def _serve(self, url: str) -> None:
        if self._behind is not None:
            server, gate = self._behind
            gate.former.add(_name(url))
            self._serving[url] = asyncio.create_task(server.also(self._open[url]), name=f"listen {url}")

    def close(self, url: str) -> None:
        """Nobody reports there any more. One that was not open stays so."""
        listener, serving = self._open.pop(url, None), self._serving.pop(url, None)
        if self._behind is not None:
            self._behind[1].former.discard(_name(url))
        if serving is not None and serving.done() and not serving.cancelled() and not serving.exception():
            serving.result().close()
        elif listener is not None:
            if serving is not None:
                serving.cancel()
            listener.close()

    def close_all(self) -> None:
        for url in list(self._open):
            self.close(url)


def _name(url: str) -> bytes:
    """As it stands in the Host of a request."""
    place = urlsplit(url)
    return f"{bracketed(place.hostname or '')}:{place.port or 80}".encode()
