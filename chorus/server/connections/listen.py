"""Start and stop of the server: state folder, lock, socket, then everything else, then the address.

uvicorn would bind its port only after start-up; a second server would have migrated the database and
looked after the agents by then. So the lock and the socket come first, and are handed over.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import os
import socket
from collections.abc import Callable, Generator
from pathlib import Path

import orjson
import uvicorn
from starlette.types import ASGIApp

from chorus.errors import BadInput, Conflict
from chorus.platform.ports import port_owner
from chorus.server.connections.protocol import BoundedHttp, BoundedWebSocket
from chorus.server.state.private_files import replace_private

#: Seconds for requests under way when the server is told to stop.
GRACE = 2

#: The largest message a client may send over a WebSocket, in bytes.
MAX_MESSAGE = 256 << 10

_BACKLOG = 1024


def bind(host: str, port: int) -> socket.socket:
    """Listen on a loopback address; port 0 takes a free one. Connections wait until the server serves.

    Raises BadInput for other addresses and Conflict, naming who has it, for a port that is taken.
    """
    family, address = _loopback(host, port)
    # The protocol is named because asyncio asks for it: only sockets that say TCP are set not to delay
    # small packets, and each answer of two writes would wait 40 ms for the peer to confirm the first.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # Without it, a port stays taken for a minute after a server that had connections.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        # Binding alone reserves nothing: with SO_REUSEADDR two may bind, the first to listen has it.
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise _not_bound(error, host, port) from error
    listener.setblocking(False)
    return listener


def address_of(host: str, port: int) -> tuple[str, int]:
    """The numeric loopback address. Raises BadInput for others."""
    return _loopback(host, port)[1]


def _loopback(host: str, port: int) -> tuple[int, tuple[str, int]]:
    if not 0 <= port <= 65535:
        raise BadInput(f"There is no port {port}: choose 1 to 65535, or 0 for any free one.")
    try:
        found = socket.getaddrinfo(host or "0.0.0.0", port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise BadInput(f"The host name {host!r} is not known: use 127.0.0.1.") from error
    for *_, address in found:
        if not ipaddress.ip_address(str(address[0])).is_loopback:
            raise BadInput(
                f"Chorus does not listen on {host or 'all addresses'}: who reaches it can run commands as "
                "you, and it speaks HTTP without encryption. Use --host 127.0.0.1, and from another machine "
                f"a tunnel: ssh -L {port or 8420}:127.0.0.1:{port or 8420} THIS-MACHINE"
            )
    family, _, _, _, address = found[0]
    return family, (str(address[0]), port)


def _not_bound(error: OSError, host: str, port: int) -> Exception:
    if error.errno == errno.EADDRINUSE:
        owner = port_owner(port)
        by = f" by the process {owner}" if owner else ""
        return Conflict(
            f"Port {port} on {host} is taken{by}: stop that, or choose another with --port "
            "(0 takes any free one).",
            port=port,
            pid=owner,
        )
    if error.errno == errno.EACCES:
        return BadInput(f"This user may not listen on port {port}: choose one from 1024 with --port.")
    return BadInput(f"Cannot listen on {host}, port {port}: {error.strerror}.")


class Server(uvicorn.Server):
    """uvicorn, which says when it is ready and when it stops, and returns when told to by a signal.

    uvicorn itself raises the signal again after its shutdown, which would skip everything of ours.
    """

    def __init__(
        self, config: uvicorn.Config, ready: Callable[[], None], stopping: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._ready = ready
        self._stopping = stopping

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()

    async def also(self, listener: socket.socket) -> asyncio.Server:
        """Serve at one more address, with the same application; it ends with the server."""

        def protocol() -> asyncio.Protocol:
            return self.config.http_protocol_class(  # type: ignore[call-arg]
                config=self.config, server_state=self.server_state, app_state=self.lifespan.state
            )

        loop = asyncio.get_running_loop()
        server = await loop.create_server(protocol, sock=listener, backlog=_BACKLOG)
        self.servers.append(server)
        return server

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._stopping()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        with super().capture_signals():
            yield
            self._captured_signals.clear()


def make_server(
    app: ASGIApp,
    ready: Callable[[], None] = lambda: None,
    stopping: Callable[[], None] = lambda: None,
) -> Server:
    """A server for the gate's application; `await server.serve(sockets=[bind(…)])` runs it.

    `ready` is called when requests are answered, `stopping` when it was told to stop (SIGTERM, SIGINT,
    or `server.should_exit = True`). Forwarding headers are not believed, and nothing is logged per
    request: addresses and queries of requests may hold what a log should not.
    """
    config = uvicorn.Config(
        app,
        http=BoundedHttp,
        ws=BoundedWebSocket,
        ws_max_size=MAX_MESSAGE,
        ws_per_message_deflate=False,  # loopback is faster than deflate, and 300 KB a connection are saved
        timeout_graceful_shutdown=GRACE,
        lifespan="on",
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=_BACKLOG,
    )
    return Server(config, ready, stopping)


def announce(state_dir: Path, url: str) -> None:
    """Write `server.json`, where the CLI and others find the server."""
    replace_private(state_dir / "server.json", orjson.dumps({"url": url, "pid": os.getpid()}) + b"\n")


def withdraw(state_dir: Path) -> None:
    """Remove our `server.json` at the end; one that is not ours stays."""
    path = state_dir / "server.json"
    with contextlib.suppress(OSError, ValueError, AttributeError):
        if orjson.loads(path.read_bytes()).get("pid") == os.getpid():
            path.unlink()
