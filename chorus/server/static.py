"""The built web client: one page for all its addresses, its assets, and GraphiQL."""

from __future__ import annotations

import re
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from chorus.server.connections.responses import error_response, page, refuse_socket

#: Names that are files of ours or addresses of the client. What could mean a way out or a hidden file (`.x`,
#: `..`, `//`, `\`, a second layer of `%`, control characters) is nowhere.
_PATH = re.compile(r"(/(?!\.)[^/\\%\x00-\x1f\x7f]+)*/?")

_IMMUTABLE = "public, max-age=31536000, immutable"

_NOT_BUILT = """<p>Chorus runs, but its web client has not been built here.</p>
<p>In the checkout, stop the server and run:</p><pre>make run</pre>
<p>The API and the <code>chorus</code> command work without it.</p>"""


class WebClient(StaticFiles):
    """Addresses without a dot in their last part are pages of the client, which finds its way itself."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await self._find(scope)
        except HTTPException as error:
            response = error_response(error.status_code, "There is nothing here.", error.headers)
        await response(scope, receive, send)

    async def _find(self, scope: Scope) -> Response:
        path = scope["path"]
        if not _PATH.fullmatch(path):
            raise HTTPException(404)
        if path == "/graphiql":
            return _fresh(await self.get_response("graphiql.html", scope))
        if "." not in path.rpartition("/")[2]:
            return _fresh(await self.get_response("index.html", scope))
        response = await self.get_response(self.get_path(scope), scope)
        response.headers["cache-control"] = _IMMUTABLE if path.startswith("/assets/") else "no-cache"
        return response


def _fresh(response: Response) -> Response:
    response.headers["cache-control"] = "no-cache"
    return response


async def _not_built(scope: Scope, receive: Receive, send: Send) -> None:
    answer = page("The web client is not built", _NOT_BUILT, status=503)
    await answer(scope, receive, send)


def web_client(directory: Path | None) -> ASGIApp:
    """The client in this folder, compressed where it helps; without one, a page that says how to get it."""
    if directory is None:
        return _pages_only(_not_built)
    return _pages_only(GZipMiddleware(WebClient(directory=directory), compresslevel=6))


def _pages_only(app: ASGIApp) -> ASGIApp:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await refuse_socket(scope, receive, send, error_response(404, "There is no socket here."))
        else:
            await app(scope, receive, send)

    return answer
