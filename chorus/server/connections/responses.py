"""Responses: refusals in one form, and the headers that every response carries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import HTMLResponse, Response
from starlette.types import Message, Receive, Scope, Send

#: xterm.js and GraphiQL's editor need 'unsafe-inline' styles and blob workers; scripts are ours only.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "worker-src 'self' blob:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

SECURITY_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}

_RAW_HEADERS = [(name.encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]

_CODES = {
    400: "BAD_INPUT",
    401: "UNAUTHENTICATED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "BAD_INPUT",
    408: "BAD_INPUT",
    410: "NOT_FOUND",
    413: "BAD_INPUT",
    415: "BAD_INPUT",
    421: "BAD_INPUT",
    429: "BUSY",
    503: "UNAVAILABLE",
}


class Refusal(Exception):
    """The request goes no further. The message tells a well-meaning caller what to do, no more."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = dict(headers or {})


def retry_later(status: int, seconds: int, message: str) -> Refusal:
    """Return a refusal that says when to try again."""
    return Refusal(status, message, {"retry-after": str(seconds)})


def error_body(code: str, message: str, **details: Any) -> bytes:
    """An error outside GraphQL, in the form of a GraphQL answer: one shape for every client."""
    return orjson.dumps({"errors": [{"message": message, "extensions": {"code": code, **details}}]})


def error_response(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    content = error_body(_CODES.get(status, "BAD_INPUT"), message)
    return Response(content, status, dict(headers or {}), "application/json")


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title} · Chorus</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/login.css"></head>
<body><main><h1>{title}</h1>{body}</main></body></html>
"""


def page(title: str, body: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A small page of our own; `body` is HTML and holds nothing that came from outside."""
    return HTMLResponse(_PAGE.format(title=title, body=body), status, dict(headers or {}))


#: The second sentence is for who followed a link from elsewhere: a SameSite=Strict cookie stays behind then.
_SIGN_IN = """<p>Run this on the machine where Chorus is, and open the link it prints:</p>
<pre>chorus login</pre><p>Signed in already? <a href="/">Open Chorus</a>.</p>"""


def refusal_response(refusal: Refusal, wants_html: bool) -> Response:
    if refusal.status == 401 and wants_html:
        return page("Sign in", _SIGN_IN, 401, refusal.headers)
    return error_response(refusal.status, refusal.message, refusal.headers)


async def refuse_socket(scope: Scope, receive: Receive, send: Send, answer: Response) -> None:
    """Turn down a WebSocket before it opens, with a status if the server can (else it is 403)."""
    if "websocket.http.response" in scope.get("extensions", {}):
        await answer(scope, receive, send)  # Starlette sends the messages for a socket's denial here
    else:
        await send({"type": "websocket.close", "code": 1008})


def with_security_headers(send: Send) -> Send:
    """Every answer gets the headers it does not set itself."""

    async def sending(message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            headers = list(message.get("headers", ()))
            present = {name for name, _ in headers}
            headers += [header for header in _RAW_HEADERS if header[0] not in present]
            message = {**message, "headers": headers}
        await send(message)

    return sending
