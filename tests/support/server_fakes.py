"""Fakes of what stands behind the server, for its own tests: they implement the Protocols, nothing more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import strawberry
from starlette.requests import HTTPConnection

from chorus.errors import BadInput, Conflict, NotFound, StorageFull, Unauthenticated
from chorus.graphql.transport.http import GraphQLTransport
from chorus.graphql.transport.limits import EXTENSIONS
from chorus.graphql.transport.masking import CodedSchema
from chorus.server.hooks import HookAnswer


@dataclass
class FakeHookHandler:
    """A fake hook handler: `live` and `over` are run tokens, every other token is unknown."""

    received: list[Mapping[str, Any]] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    let_go: asyncio.Event = field(default_factory=asyncio.Event)
    decided: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self, token: str, body: Mapping[str, Any], gone: asyncio.Event) -> HookAnswer:
        if token == "over":
            raise NotFound("This run is over.")
        if not token.startswith("live"):
            raise Unauthenticated("No run has this token.")
        self.received.append(body)
        match body.get("hook_event_name"):
            case "PermissionRequest":
                return await self._hold(gone)
            case "Full":
                raise StorageFull
            case "Nonsense":
                raise BadInput("This report makes no sense.")
            case "Bug":
                raise KeyError("a secret detail")
        return HookAnswer()

    async def _hold(self, gone: asyncio.Event) -> HookAnswer:
        self.asked.set()
        waits = [asyncio.ensure_future(event.wait()) for event in (gone, self.decided)]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        if gone.is_set():
            self.let_go.set()
        return HookAnswer(200, {"decision": "allow"} if self.decided.is_set() else None)


@dataclass(frozen=True)
class FakeEvent:
    kind: str
    run_id: str = "run-1"
    offset: int = 0
    data: bytes = b""
    until: int = 0
    cols: int = 80
    rows: int = 24


@dataclass
class FakeTerminals:
    """A fake of terminals with one task, `t1`: `events` go to every viewer, `flood` never ends."""

    events: asyncio.Queue[FakeEvent | None] = field(default_factory=asyncio.Queue)
    typed: list[tuple[bytes, str]] = field(default_factory=list)
    sizes: list[tuple[int, int]] = field(default_factory=list)
    flooded: int = 0
    following: int = 0
    clings: bool = False  #: whoever leaves is kept waiting
    idle: asyncio.Event = field(default_factory=asyncio.Event)

    async def follow(self, task_id: str, after: int) -> AsyncIterator[FakeEvent]:
        if task_id not in ("t1", "flood", "stopped"):
            raise NotFound("No task has this id.")
        self.following += 1
        try:
            yield FakeEvent("start", offset=after)
            while task_id == "flood":
                self.flooded += 1
                yield FakeEvent("data", data=b"x" * 65536)
                await asyncio.sleep(0)
            while (event := await self.events.get()) is not None:
                yield event
        finally:
            self.following -= 1
            self.idle.set()
            if self.clings:
                await asyncio.Event().wait()

    async def input(self, task_id: str, data: bytes, actor: str) -> None:
        if task_id == "stopped":
            raise Conflict("The agent is stopped.")
        self.typed.append((data, actor))

    async def resize(self, task_id: str, cols: int, rows: int) -> None:
        self.sizes.append((cols, rows))


@strawberry.type
class Thing:
    name: str = "thing"

    @strawberry.field
    def things(self, first: int = 10) -> list[Thing]:
        return [Thing()]


@strawberry.type
class Query:
    @strawberry.field
    def actor(self, info: strawberry.Info[str, None]) -> str:
        return info.context

    @strawberry.field
    def thing(self) -> Thing:
        return Thing()

    @strawberry.field
    def expected(self) -> str:
        raise NotFound("No task has this id.", task="t9", folder=Path("/work"))

    @strawberry.field
    def bug(self) -> str:
        raise KeyError("/home/somebody SELECT secret")


#: What mutations of the fake did; nothing may ever be added by a request that is refused.
EFFECTS: list[str] = []

#: How many subscriptions of the fake are running.
RUNNING: list[int] = [0]


@strawberry.type
class Mutation:
    @strawberry.mutation
    def act(self, text: str = "act") -> str:
        EFFECTS.append(text)
        return text


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, upto: int) -> AsyncIterator[int]:
        RUNNING[0] += 1
        try:
            for number in range(upto):
                yield number
        finally:
            RUNNING[0] -= 1

    @strawberry.subscription
    async def forever(self) -> AsyncIterator[str]:
        RUNNING[0] += 1
        try:
            await asyncio.Event().wait()
            yield "never"
        finally:
            RUNNING[0] -= 1

    @strawberry.subscription
    async def flood(self) -> AsyncIterator[str]:
        RUNNING[0] += 1
        try:
            while True:
                yield "x" * 100_000
        finally:
            RUNNING[0] -= 1

    @strawberry.subscription
    async def fails(self, after: int) -> AsyncIterator[int]:
        for number in range(after):
            yield number
        raise KeyError("/home/somebody SELECT secret")


def actor_of(connection: HTTPConnection) -> str:
    return str(connection.scope["state"]["principal"].name)


def fake_graphql(**deadlines: float) -> GraphQLTransport:
    """A small schema of its own behind the real transport; its context is the actor's name."""
    schema = CodedSchema(Query, Mutation, Subscription, extensions=EXTENSIONS)
    return GraphQLTransport(schema, actor_of, **deadlines)
