"""`GET /healthz`: says that the server is up, and nothing else."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response


async def health(_: Request) -> Response:
    """Answers only once start-up is complete: the server takes no connection from the queue before."""
    return PlainTextResponse("ok\n")
