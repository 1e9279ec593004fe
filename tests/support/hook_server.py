"""A hook server as small as can be: it records what arrives and holds permission requests open.

It stands in for Chorus's own endpoint in the tests of this plugin; the real one has tests of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.support.endpoint import Loopback

Payload = Mapping[str, Any]


@dataclass
class Report:
    """What arrived. A held one is answered with `decide`; `gone` tells that the agent hung up first."""

    payload: Payload
    authorization: str
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    answer: asyncio.Future[Payload | None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    @property
    def event(self) -> str:
        return str(self.payload["hook_event_name"])

    def decide(self, body: Payload | None) -> None:
        """Answer a permission request; None: with an empty body."""
        self.answer.set_result(body)


class HookServer:
    """`async with HookServer() as server:` keeps what is posted to `server.url` in `server.reports`."""

    def __init__(self) -> None:
        self.reports: list[Report] = []
        #: A status with which everything is refused.
        self.refuses: int | None = None
        #: What is answered before a tool is used; None: nothing.
        self.ruling: Callable[[Payload], Payload] | None = None
        self._news = asyncio.Condition()
        self._server = Loopback(Starlette(routes=[Route("/hook", self._take, methods=["POST"])]))

    @property
    def url(self) -> str:
        return f"{self._server.url}/hook"

    async def __aenter__(self) -> Self:
        await self._server.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for report in self.reports:
            if not report.answer.done():
                report.decide(None)
        await self._server.__aexit__(kind, error, trace)

    def events(self) -> list[str]:
        return [report.event for report in self.reports]

    def all(self, event: str) -> list[Report]:
        return [report for report in self.reports if report.event == event]

    async def reported(
        self, event: str, match: Callable[[Payload], bool] = bool, *, number: int = 1, within: float = 20.0
    ) -> Report:
        """The so-manieth report of this event that matches, waiting for it."""

        def found() -> list[Report]:
            return [report for report in self.all(event) if match(report.payload)]

        try:
            async with asyncio.timeout(within), self._news:
                await self._news.wait_for(lambda: len(found()) >= number)
        except TimeoutError:
            raise AssertionError(f"no {event} #{number} within {within} s; came: {self.events()}") from None
        return found()[number - 1]

    async def _take(self, request: Request) -> Response:
        report = Report(await request.json(), request.headers.get("authorization", ""))
        async with self._news:
            self.reports.append(report)
            self._news.notify_all()
        if self.refuses is not None:
            report.decide(None)
            return Response(status_code=self.refuses)
        if report.event == "PreToolUse" and self.ruling is not None:
            return JSONResponse(self.ruling(report.payload))
        if report.event != "PermissionRequest":
            return Response()
        body = await self._held(request, report)
        return Response() if body is None else JSONResponse(body)

    async def _held(self, request: Request, report: Report) -> Payload | None:
        leaving = asyncio.create_task(self._left(request, report))
        try:
            return await report.answer
        finally:
            leaving.cancel()

    async def _left(self, request: Request, report: Report) -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        report.gone.set()
        if not report.answer.done():
            report.decide(None)
