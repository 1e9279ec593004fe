"""Application behind the gate: the one place where the routes are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.types import ASGIApp, Lifespan, Receive, Scope, Send

from chorus.server.access.credentials import Credentials, cookie_name, load_token
from chorus.server.access.gate import HOOK, Gate, Limits
from chorus.server.access.login import Login
from chorus.server.access.rates import Failures
from chorus.server.access.sessions import Sessions
from chorus.server.connections.addresses import Addresses, bracketed
from chorus.server.connections.responses import error_response
from chorus.server.connections.sockets import OpenSockets
from chorus.server.health import health
from chorus.server.hooks import HookHandler, HookIngress
from chorus.server.metrics import Metrics
from chorus.server.static import web_client
from chorus.server.terminal.socket import SEND_DEADLINE, TerminalPort, TerminalSocket


@dataclass(frozen=True, slots=True)
class Parts:
    """What the pages and sockets are made of. `graphql` is an ASGI application for HTTP and WebSocket.

    `web` is the folder of the built client, None when there is none; `origins` are further origins
    that may use the server, such as that of a development server for the client.
    """

    graphql: ASGIApp
    hooks: HookHandler
    terminals: TerminalPort
    metrics: Metrics
    web: Path | None
    origins: tuple[str, ...] = ()


class Site:
    """The ASGI application `app`, and what others need of it while it runs."""

    def __init__(
        self,
        parts: Parts,
        state_dir: Path,
        host: str,
        port: int,
        lifespan: Lifespan[Starlette] | None = None,
        limits: Limits | None = None,
        send_deadline: float = SEND_DEADLINE,
    ) -> None:
        """Raises BadInput when the token in `state_dir` cannot be trusted.

        `send_deadline` is how many seconds a terminal's viewer may take to accept a frame.
        """
        self.url = f"http://{bracketed(host)}:{port}"
        self.token = load_token(state_dir)
        sessions = Sessions(state_dir / "sessions.json")
        credentials = Credentials(self.token, sessions, cookie_name(port))
        failures = Failures()
        self.sockets = OpenSockets()
        self.login = Login(self.url, credentials, failures, self.sockets)
        self.hooks = HookIngress(parts.hooks, failures)
        inside = Starlette(routes=self._routes(parts, send_deadline), lifespan=lifespan)
        inside.router.redirect_slashes = False
        addresses = Addresses.of(host, port, parts.origins)
        self._inside: ASGIApp = inside
        self.gate = Gate(self._dispatch, addresses, credentials, failures, self.sockets, limits)
        self.app: ASGIApp = self.gate
        parts.metrics.gauge("chorus_sockets", "Open WebSockets", lambda: len(self.sockets))

    async def _dispatch(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Reports come by the thousand: they skip the routes."""
        reports = scope["type"] == "http" and scope["path"] == HOOK
        await (self.hooks if reports else self._inside)(scope, receive, send)

    def stop(self) -> None:
        """Let go of what is held open, so that a stopping server does not wait for it."""
        self.hooks.stop()
        self.sockets.stopping = True

    def _routes(self, parts: Parts, send_deadline: float) -> list[BaseRoute]:
        return [
            Route("/healthz", health, methods=["GET"]),
            *self.login.routes(),
            Route("/metrics", parts.metrics.answer, methods=["GET"]),
            WebSocketRoute("/terminal/{task_id}", TerminalSocket(parts.terminals, send_deadline).serve),
            Route("/graphql", parts.graphql),
            WebSocketRoute("/graphql", parts.graphql),
            *(Route(f"{path}/{{rest:path}}", _nothing) for path in ("/graphql", "/terminal", HOOK)),
            Mount("/", web_client(parts.web)),
        ]


async def _nothing(_: Request) -> Response:
    return error_response(404, "There is nothing here.")
