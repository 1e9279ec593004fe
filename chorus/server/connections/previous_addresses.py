"""Addresses of earlier servers, kept open for agents that were told to report there.

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


class PreviousAddresses:
    """Implements `chorus.host.runs.hook_address.ReportListeners`. `own` is the address this server serves."""

    def __init__(self, own: socket.socket) -> None:
        self._own = own.getsockname()[:2]
        self._listeners: dict[str, socket.socket] = {}
        self._servers: dict[str, asyncio.Task[asyncio.Server]] = {}
        self._server: tuple[Server, Gate] | None = None

    def open(self, url: str) -> None:
        """Take reports at this address, too; until the server is up they wait. Raises Conflict, naming who
        has it, when another program listens there.
        """
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 80
        if url in self._listeners or address_of(host, port)[:2] == self._own:
            return
        self._listeners[url] = bind(host, port)
        self._serve(url)

    def serve(self, server: Server, gate: Gate) -> None:
        """The server is up: what reports at the addresses that were opened is answered from now on."""
        self._server = server, gate
        for url in self._listeners:
            self._serve(url)

    def _serve(self, url: str) -> None:
        if self._server is not None:
            server, gate = self._server
            gate.previous_hosts.add(_host_of(url))
            self._servers[url] = asyncio.create_task(server.also(self._listeners[url]), name=f"listen {url}")

    def close(self, url: str) -> None:
        """Nobody reports there any more. One that was not open stays so."""
        listener, server_task = self._listeners.pop(url, None), self._servers.pop(url, None)
        if self._server is not None:
            self._server[1].previous_hosts.discard(_host_of(url))
        if (
            server_task is not None
            and server_task.done()
            and not server_task.cancelled()
            and not server_task.exception()
        ):
            server_task.result().close()
        elif listener is not None:
            if server_task is not None:
                server_task.cancel()
            listener.close()

    def close_all(self) -> None:
        for url in list(self._listeners):
            self.close(url)


def _host_of(url: str) -> bytes:
    """Return the host as it stands in the Host of a request."""
    parts = urlsplit(url)
    return f"{bracketed(parts.hostname or '')}:{parts.port or 80}".encode()
