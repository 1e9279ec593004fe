"""Login of a browser: a link with a one-time code, then a cookie that scripts cannot read.

The code travels in the link's fragment, which browsers do not send: it appears in no log and no Referer.
The page takes it out of the address bar and posts it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chorus.errors import BadInput
from chorus.server.access.credentials import Credentials
from chorus.server.access.gate import VISITOR, failed, session_of
from chorus.server.access.principal import PRINCIPAL, TOKEN
from chorus.server.access.rates import Failures
from chorus.server.access.sessions import LIFETIME
from chorus.server.connections.responses import Refusal, error_response, refusal_response
from chorus.server.connections.sockets import OpenSockets
from chorus.strict_json import loads

_PAGES = Path(__file__).parents[1] / "pages"


class Login:
    """The routes to sign in and out. `url` is where this server is reached (`http://127.0.0.1:8420`)."""

    def __init__(self, url: str, credentials: Credentials, failures: Failures, sockets: OpenSockets) -> None:
        self._url = url
        self._credentials = credentials
        self._failures = failures
        self._sockets = sockets

    def routes(self) -> list[Route]:
        return [
            Route("/login", _file("login.html", "text/html"), methods=["GET"]),
            Route("/login.js", _file("login.js", "text/javascript"), methods=["GET"]),
            Route("/login.css", _file("login.css", "text/css"), methods=["GET"]),
            Route("/login", self._sign_in, methods=["POST"]),
            Route("/login/link", self._link, methods=["POST"]),
            Route("/logout", self._sign_out, methods=["POST"]),
        ]

    def link(self) -> str:
        """A new login link: good once, for five minutes."""
        return f"{self._url}/login#{self._credentials.codes.issue()}"

    async def _link(self, request: Request) -> Response:
        if request.scope["state"][PRINCIPAL] != TOKEN:
            return error_response(403, "Login links are made with the token: run `chorus login`.")
        return JSONResponse({"url": self.link()})

    async def _sign_in(self, request: Request) -> Response:
        try:
            code, target = _order(request.headers.get("content-type", ""), await request.body())
            if not self._credentials.codes.redeem(code):
                message = "This link was used before or is older than five minutes."
                raise failed(self._failures, request.scope, message)
        except Refusal as refusal:
            return refusal_response(refusal, wants_html=False)
        await self._end_previous(request)
        response = JSONResponse({"next": target})
        secret = await self._credentials.sessions.begin()
        self._set_cookie(response, secret, LIFETIME)
        return response

    async def _end_previous(self, request: Request) -> None:
        found = self._credentials.by_cookie("; ".join(request.headers.getlist("cookie")))
        if found is not None:
            await self._credentials.sessions.end(found[1])

    async def _sign_out(self, request: Request) -> Response:
        response = Response(status_code=204)
        session = session_of(request.scope["state"][VISITOR])
        if session is not None:
            await self._credentials.sessions.end(session)
            self._sockets.revoke(request.scope["state"][VISITOR].key)
            self._set_cookie(response, "", 0)
        return response

    def _set_cookie(self, response: Response, value: str, seconds: int) -> None:
        response.set_cookie(
            self._credentials.cookie, value, max_age=seconds, path="/", httponly=True, samesite="strict"
        )


def _order(content_type: str, body: bytes) -> tuple[str, str]:
    """The code and where to go, from the body. Raises Refusal."""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Refusal(415, "Send the code as application/json.")
    try:
        found = loads(body)
    except BadInput as error:
        raise Refusal(400, error.message) from error
    code = found.get("code") if isinstance(found, dict) else None
    if not isinstance(code, str) or not code:
        raise Refusal(400, 'Send {"code": …} with the code of the login link.')
    return code, local_path(found.get("next"))


def local_path(value: Any) -> str:
    """The value if it is a path of this server that a browser cannot take for anything else, else `/`."""
    if not isinstance(value, str) or not value.startswith("/") or value.startswith("//"):
        return "/"
    printable = value.isascii() and value.isprintable() and len(value) <= 2000
    return value if printable and "\\" not in value else "/"


def _file(name: str, media_type: str) -> Any:
    content = (_PAGES / name).read_bytes()

    async def answer(_: Request) -> Response:
        return Response(content, media_type=media_type)

    return answer
