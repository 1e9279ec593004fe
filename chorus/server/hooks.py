"""`POST /hook`: where agents report.

The run's own token says which run it is, never the body. A permission request is held open until
somebody has decided; the agent may leave before that.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from chorus.errors import BadInput, Busy, ChorusError, NotFound, StorageFull, Unauthenticated, Unavailable
from chorus.server.access.credentials import bearer
from chorus.server.access.gate import failed
from chorus.server.access.rates import Failures
from chorus.server.connections.responses import Refusal, error_response, refusal_response
from chorus.strict_json import loads

log = logging.getLogger(__name__)

_RETRY = {"retry-after": "5"}


@dataclass(frozen=True, slots=True)
class HookAnswer:
    """What the agent gets: usually an empty 200. `body` is sent as JSON."""

    status: int = 200
    body: Mapping[str, Any] | None = None


class HookHandler(Protocol):
    """What takes the reports in."""

    async def receive(self, token: str, body: Mapping[str, Any], gone: asyncio.Event) -> HookAnswer:
        """Have the report on record, then answer; for a permission request, when it is decided.

        `gone` is set when the agent hung up or the server stops: whoever has to wait for an answer waits
        for that too, and returns. Storing is never cut short. Raises Unauthenticated for an unknown token,
        NotFound for one of a run that is over, BadInput for a report that makes no sense, StorageFull, Busy,
        Unavailable.
        """
        ...


class HookIngress:
    """The ASGI application behind `/hook`."""

    def __init__(self, handler: HookHandler, failures: Failures) -> None:
        self._handler = handler
        self._failures = failures
        self._waiting: set[asyncio.Event] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            token, body = await _report(Request(scope, receive))
            answer = await self._answer(token, body, receive)
        except Refusal as refusal:
            response = refusal_response(refusal, wants_html=False)
        except Unauthenticated as error:
            response = refusal_response(failed(self._failures, scope, error.message), wants_html=False)
        except ChorusError as error:
            response = _refused(error)
        except Exception as error:
            response = _broken(error)
        else:
            response = _response(answer)
        await response(scope, receive, send)

    def stop(self) -> None:
        """Let go of all reports that are held open: the server stops."""
        for gone in self._waiting:
            gone.set()

    async def _answer(self, token: str, body: Mapping[str, Any], receive: Receive) -> HookAnswer:
        gone = _Gone(receive)
        self._waiting.add(gone)
        try:
            return await self._handler.receive(token, body, gone)
        finally:
            self._waiting.discard(gone)
            gone.forget()


class _Gone(asyncio.Event):
    """Set when the agent hung up. That is watched for only once somebody waits for it: most reports are
    answered before.
    """

    def __init__(self, receive: Receive) -> None:
        super().__init__()
        self._receive = receive
        self._watching: asyncio.Task[None] | None = None

    async def wait(self) -> Literal[True]:
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch())
        return await super().wait()

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.set()

    def forget(self) -> None:
        if self._watching is not None:
            self._watching.cancel()


async def _report(request: Request) -> tuple[str, Mapping[str, Any]]:
    if request.method != "POST":
        raise Refusal(405, "Reports are posted.", {"allow": "POST"})
    try:
        body = loads(await request.body())
    except BadInput as error:
        raise Refusal(400, error.message) from error
    if not isinstance(body, dict):
        raise Refusal(400, "A report is a JSON object.")
    token = bearer(request.headers.get("authorization", ""))
    if token is None:
        raise Refusal(401, "A run's token is needed: Authorization: Bearer $CHORUS_HOOK_TOKEN.")
    return token, body


def _response(answer: HookAnswer) -> Response:
    if answer.body is None:
        return Response(status_code=answer.status)
    return Response(orjson.dumps(answer.body), answer.status, media_type="application/json")


def _refused(error: ChorusError) -> Response:
    if isinstance(error, StorageFull | Busy | Unavailable):
        return error_response(503, error.message, _RETRY)
    if isinstance(error, NotFound):
        return error_response(410, error.message)
    return error_response(400 if isinstance(error, BadInput) else 500, error.message)


def _broken(error: Exception) -> Response:
    identity = secrets.token_hex(8)
    log.error("a report could not be taken in (%s)", identity, exc_info=error)
    return error_response(500, f"Something went wrong ({identity}).")
