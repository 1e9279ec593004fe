"""The endpoint itself: one route for everything, and a record of what was asked."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import starlette.requests
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tests.support.endpoint import stream
from tests.support.endpoint.loopback import Loopback
from tests.support.endpoint.script import Faults, Step, step_due, texts

METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]

#: Requests that are kept to be looked at; one is some 80 KB.
KEPT = 500

_ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}


@dataclass(frozen=True)
class Request:
    """A request as it came; `headers` have lower-case names, `body` is {} when it is not a JSON object."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any] = field(repr=False)

    @property
    def messages(self) -> list[Mapping[str, Any]]:
        found = self.body.get("messages", [])
        return [message for message in found if isinstance(message, Mapping)]

    @property
    def session(self) -> str:
        """The conversation's id as the CLI sends it."""
        return self.headers.get("x-claude-code-session-id", "")

    @property
    def prompt(self) -> str:
        """All text of the latest message of the user that has any."""
        users = [message for message in self.messages if message.get("role") == "user"]
        said = ["\n".join(texts(message)) for message in users]
        return next((text for text in reversed(said) if text), "")

    @property
    def said(self) -> str:
        """All text of the user and the system, the oldest first: what the model has been told."""
        told = [message for message in self.messages if message.get("role") != "assistant"]
        return "\n".join(text for message in told for text in texts(message))

    @property
    def tool_results(self) -> list[Mapping[str, Any]]:
        """What tools returned, the oldest first."""
        contents = [message.get("content") for message in self.messages]
        blocks = [block for content in contents if isinstance(content, list) for block in content]
        return [block for block in blocks if block.get("type") == "tool_result"]


class Endpoint:
    """`async with Endpoint() as endpoint:` answers at `endpoint.url` and records in `endpoint.requests`."""

    def __init__(self, port: int = 0, on_request: Callable[[Request], None] | None = None) -> None:
        self.requests: deque[Request] = deque(maxlen=KEPT)
        self._on_request = on_request or self.requests.append
        self._faults = Faults()
        self._news = asyncio.Condition()
        self._closing = asyncio.Event()
        route = Route("/{path:path}", self._answer, methods=METHODS)
        self._server = Loopback(Starlette(routes=[route]), port)

    @property
    def url(self) -> str:
        return self._server.url

    async def __aenter__(self) -> Self:
        await self._server.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        await self._server.__aexit__(kind, error, trace)

    async def seen(self, match: Callable[[Request], bool], within: float = 20.0) -> Request:
        """The first recorded request that matches, waiting for it; TimeoutError after `within` seconds."""

        def find() -> list[Request]:
            return [request for request in self.requests if match(request)]

        async with asyncio.timeout(within), self._news:
            await self._news.wait_for(find)
            return find()[0]

    async def _record(self, request: starlette.requests.Request) -> Request:
        try:
            body = json.loads(await request.body())
        except ValueError:
            body = {}
        seen = Request(
            method=request.method,
            path=request.url.path,
            headers=dict(request.headers),
            body=body if isinstance(body, dict) else {},
        )
        async with self._news:
            self._on_request(seen)
            self._news.notify_all()
        return seen

    async def _answer(self, incoming: starlette.requests.Request) -> Response:
        request = await self._record(incoming)
        if request.path.endswith("/messages/count_tokens"):
            return JSONResponse({"input_tokens": 10})
        if request.path.endswith("/v1/messages") and request.method == "POST":
            return self._message(request, self._step(request))
        return JSONResponse({})

    def _step(self, request: Request) -> Step:
        if "Respond with TEXT ONLY" in request.prompt:  # the CLI compacts the conversation
            return {"text": "<analysis>-</analysis><summary>They followed a script.</summary>"}
        if not request.body.get("tools"):  # a side question, such as a title for the conversation
            return {"text": '{"title": "Scripted"}'}
        return step_due(request.messages, request.session, self._faults)

    def _message(self, request: Request, step: Step) -> Response:
        model = str(request.body.get("model", "scripted"))
        headers = {"request-id": f"req_{uuid.uuid4().hex}"}
        if "error" in step:
            return _failed(step, headers)
        if not request.body.get("stream"):
            return JSONResponse(stream.message(model, stream.blocks_of(step)), headers=headers)
        kind = _Cut if "drop" in step else StreamingResponse
        return kind(self._events(model, step), media_type="text/event-stream", headers=headers)

    async def _events(self, model: str, step: Step) -> AsyncIterator[bytes]:
        if "hang" in step:
            await self._pause(None if step["hang"] is True else step["hang"])
        events = list(stream.events(model, stream.blocks_of(step), step.get("chunk", 0)))
        if "sse_error" in step:
            error = {"type": step["sse_error"], "message": step.get("message", "scripted")}
            content = sum(name == "content_block_delta" for name, _ in events)
            events[1 + 2 * min(content, 1) :] = [("error", {"error": error})]
        if "drop" in step:
            del events[-3:]  # neither the end of the last block nor that of the message
        for event in events:
            yield stream.encode(event)
            if step.get("chunk_delay") and event[0] == "content_block_delta":
                await self._pause(step["chunk_delay"])

    async def _pause(self, seconds: float | None) -> None:
        """Wait, but never longer than the endpoint lives."""
        try:
            await asyncio.wait_for(self._closing.wait(), seconds)
        except TimeoutError:
            return


def _failed(step: Step, headers: Mapping[str, str]) -> Response:
    code = int(step["error"])
    kind = step.get("type", _ERRORS.get(code, "api_error"))
    error = {"type": kind, "message": step.get("message", f"scripted {kind}")}
    return JSONResponse(
        {"type": "error", "error": error}, status_code=code, headers={**headers, **step.get("headers", {})}
    )


class _Cut(StreamingResponse):
    """A stream whose connection is closed before it is over."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async for chunk in self.body_iterator:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
