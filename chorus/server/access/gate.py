"""Gate in front of everything, HTTP and WebSocket alike.

In this order, and no later question is answered before the earlier ones: exact Host, exact Origin,
who is asking, how often, how large. It is plain ASGI because Starlette's middleware classes do not see
WebSockets. What lies behind the gate finds the Principal in `scope["state"]`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from chorus.server.access.credentials import Credentials, bearer, digest
from chorus.server.access.principal import AUTHENTICATE, PRINCIPAL, WEB, Principal
from chorus.server.access.rates import Buckets, Failures
from chorus.server.connections.addresses import Addresses
from chorus.server.connections.body import read_body, replay
from chorus.server.connections.responses import (
    Refusal,
    refusal_response,
    refuse_socket,
    retry_later,
    with_security_headers,
)
from chorus.server.connections.sockets import OpenSockets

_READ = frozenset({"GET", "HEAD"})

#: Open to everybody who got the Host and Origin right: health, and what it takes to sign in.
_PUBLIC = {
    "/healthz": _READ,
    "/login": _READ | {"POST"},
    "/login.css": _READ,
    "/login.js": _READ,
}

HOOK = "/hook"

#: The key of the Visitor in `scope["state"]`.
VISITOR = "visitor"

#: The one socket whose protocol lets a program say who it is after the handshake (`connection_init`).
_LATE = "/graphql"


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of the gate. Sizes in bytes, times in seconds."""

    bodies: dict[str, int] = field(default_factory=lambda: {"/graphql": 1 << 20, HOOK: 256 << 10})
    body: int = 16 << 10  #: everywhere else
    body_deadline: float = 10.0
    api: Callable[[], Buckets] = lambda: Buckets(500, 5000)
    strangers: Callable[[], Buckets] = lambda: Buckets(50, 500)
    hooks: Callable[[], Buckets] = lambda: Buckets(200, 2000)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who got past the gate; `key` is the credential (never the secret itself), for counting and ending."""

    principal: Principal | None
    key: str


class Gate:
    """Wraps the whole application. `addresses` are its own names, `credentials` what it knows callers by.

    `failures` and `sockets` are shared with the login pages.
    """

    def __init__(
        self,
        app: ASGIApp,
        addresses: Addresses,
        credentials: Credentials,
        failures: Failures,
        sockets: OpenSockets,
        limits: Limits | None = None,
    ) -> None:
        self._app = app
        self._addresses = addresses
        self._credentials = credentials
        self._failures = failures
        self._sockets = sockets
        self._limits = limits or Limits()
        self._api = self._limits.api()
        self._strangers = self._limits.strangers()
        self._hooks = self._limits.hooks()
        #: Names of servers before this one, under which agents still report; nothing else goes by them.
        self.previous_hosts: set[bytes] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, with_security_headers(send))
        else:
            await self._websocket(scope, receive, with_security_headers(send))

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        try:
            visitor = self._admit(scope, headers)
            body = await read_body(headers, receive, self._limit(scope["path"]), self._limits.body_deadline)
        except Refusal as refusal:
            answer = refusal_response(refusal, "text/html" in headers.get("accept", ""))
            await answer(scope, receive, send)
            return
        if body is not None:
            await self._app(_known(scope, visitor), replay(body, receive), send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            visitor = self._admit(scope, Headers(scope=scope))
            socket = self._sockets.open(visitor.key)
        except Refusal as refusal:
            await refuse_socket(scope, receive, send, refusal_response(refusal, wants_html=False))
            return

        def authenticate(value: str) -> Principal | None:
            principal = self._credentials.by_authorization(value)
            if principal is None:
                self._failures.note(peer(scope))
            elif visitor.principal is None and not socket.rename(_key(principal, "")):
                return None
            return principal

        inside = _known(scope, visitor)
        inside["state"][AUTHENTICATE] = authenticate
        await socket.run(self._app, inside, receive, send)

    def _limit(self, path: str) -> int:
        return self._limits.bodies.get(path, self._limits.body)

    def _admit(self, scope: Scope, headers: Headers) -> Visitor:
        """Host, Origin, authentication, rate. Raises Refusal."""
        self._check_host(scope, headers)
        if not scope["path"].startswith("/"):
            raise Refusal(400, "Ask for a path of this server.")
        self._check_origin(headers)
        if scope["path"] == HOOK:
            return self._run(headers)
        visitor = self._identify(scope, headers)
        buckets, key = (self._api, visitor.key) if visitor.principal else (self._strangers, peer(scope))
        if seconds := buckets.take(key):
            raise retry_later(429, seconds, f"Too many requests: try again in {seconds} s.")
        return visitor

    def _check_host(self, scope: Scope, headers: Headers) -> None:
        hosts = [value for name, value in headers.raw if name == b"host"]
        if len(hosts) != 1:
            raise Refusal(400, "A request names exactly one Host.")
        reports = scope["type"] == "http" and scope["path"] == HOOK and hosts[0] in self.previous_hosts
        if hosts[0] not in self._addresses.hosts and not reports:
            raise Refusal(421, "This server does not go by that name: use the address it printed.")

    def _check_origin(self, headers: Headers) -> None:
        origins = [value for name, value in headers.raw if name == b"origin"]
        if len(origins) > 1 or any(origin not in self._addresses.origins for origin in origins):
            raise Refusal(403, "Pages of other sites may not use this server.")

    def _run(self, headers: Headers) -> Visitor:
        """An agent's run reports: which run, and whether it lives, is for the hook endpoint to say."""
        token = bearer(headers.get("authorization", ""))
        if token is None or self._credentials.is_token(token):
            raise _unauthenticated("A run's token is needed: Authorization: Bearer $CHORUS_HOOK_TOKEN.")
        key = "run:" + digest(token).hex()
        if seconds := self._hooks.take(key):
            raise retry_later(429, seconds, f"Too many reports from this run: try again in {seconds} s.")
        return Visitor(None, key)

    def _identify(self, scope: Scope, headers: Headers) -> Visitor:
        late = scope["type"] == "websocket" and scope["path"] == _LATE
        public = scope["type"] == "http" and scope["method"] in _PUBLIC.get(scope["path"], ())
        authorizations = headers.getlist("authorization")
        if authorizations and not public:
            return self._by_token(scope, authorizations)
        visitor = None if public else self._by_cookie(scope, headers)
        if visitor is None and not (public or late):
            raise _unauthenticated("Sign in with `chorus login`, or send the token as Authorization: Bearer.")
        return visitor or Visitor(None, "stranger")

    def _by_token(self, scope: Scope, authorizations: list[str]) -> Visitor:
        principal = None
        if len(authorizations) == 1:
            principal = self._credentials.by_authorization(authorizations[0])
        if principal is None:
            raise failed(self._failures, scope, "This token is not valid.")
        return Visitor(principal, _key(principal, ""))

    def _by_cookie(self, scope: Scope, headers: Headers) -> Visitor | None:
        cookies = "; ".join(headers.getlist("cookie"))
        if self._credentials.sends_cookie(cookies):
            _check_same_site(scope, headers)
        found = self._credentials.by_cookie(cookies)
        if found is None:
            return None
        principal, session = found
        if scope["type"] == "websocket":
            if "origin" not in headers:
                raise Refusal(403, "A socket with a cookie needs an Origin: programs use the token.")
        elif scope["method"] not in _READ and headers.get("x-chorus-csrf") != "1":
            raise Refusal(403, "With a cookie, changes need the header X-Chorus-CSRF: 1.")
        return Visitor(principal, _key(principal, session))


def _check_same_site(scope: Scope, headers: Headers) -> None:
    """Browsers say where a request began: with our cookie it must be a page of ours, or the person.

    A page on another port of this host counts as `same-site` and has the cookie sent along. Following a
    link is all right: it shows our page and tells the other one nothing.
    """
    if headers.get("sec-fetch-site", "none") in ("none", "same-origin"):
        return
    following = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    if not (following and scope["type"] == "http" and scope["method"] in _READ):
        raise Refusal(403, "Pages of other sites may not use this server.")


def failed(failures: Failures, scope: Scope, message: str) -> Refusal:
    """Count a wrong credential; the refusal to answer with."""
    if seconds := failures.note(peer(scope)):
        return retry_later(429, seconds, f"Too many failed attempts: try again in {seconds} s.")
    return _unauthenticated(message)


def _unauthenticated(message: str) -> Refusal:
    return Refusal(401, message, {"www-authenticate": "Bearer"})


def _known(scope: Scope, visitor: Visitor) -> Scope:
    state = dict(scope.get("state") or {})
    state.pop(PRINCIPAL, None)
    if visitor.principal is not None:
        state[PRINCIPAL] = visitor.principal
    state[VISITOR] = visitor
    return {**scope, "state": state}


def _key(principal: Principal, session: str) -> str:
    return f"{principal.kind}:{session}"


def session_of(visitor: Visitor) -> str | None:
    """The browser session that this visitor is signed in with."""
    kind, _, session = visitor.key.partition(":")
    return session if kind == WEB.kind else None


def peer(scope: Scope) -> str:
    """The other end of the connection. Forwarding headers are a matter of taste of the sender: not read."""
    client = scope.get("client")
    return str(client[0]) if client else "unknown"
