"""One graphql-transport-ws connection: strict about what comes, and never stuck on what goes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any, cast

from graphql import GraphQLError
from starlette.websockets import WebSocketDisconnect
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler
from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
    ConnectionInitMessage,
    Message,
    SubscribeMessage,
)

#: Seconds that a client may take to accept a message before it counts as gone.
SEND_DEADLINE = 30.0

UNAUTHORIZED = 4401

#: A close reason is part of a control frame of at most 125 bytes (RFC 6455, 5.5), two of them the code.
_MAX_REASON = 123


class BoundedAdapter(ASGIWebSocketAdapter):
    """Text frames, a deadline for each, and close reasons that fit.

    uvicorn holds back a sender whose client does not read, for ever; without the deadline such a client
    would keep its subscriptions.
    """

    stuck = False

    async def send_json(self, message: Mapping[str, object]) -> None:
        if self.stuck:
            raise WebSocketDisconnected
        text = cast(bytes, self.view.encode_json(message)).decode()
        try:
            async with asyncio.timeout(cast(Any, self.view).send_deadline):
                await self.ws.send_text(text)
        except TimeoutError as error:
            self.stuck = True
            raise WebSocketDisconnected from error
        except (WebSocketDisconnect, RuntimeError) as error:  # gone, or closed by us meanwhile
            raise WebSocketDisconnected from error

    async def close(self, code: int, reason: str) -> None:
        short = reason.encode()[:_MAX_REASON].decode(errors="ignore")
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await self.ws.close(code=code, reason=short)


class StrictHandler(BaseGraphQLTransportWSHandler[Any, None]):
    """Checks the form of every message, and who is asking before the first operation."""

    _main: asyncio.Task[Any] | None = None

    async def handle(self) -> None:
        self._main = asyncio.current_task()
        try:
            await super().handle()
        except asyncio.CancelledError:
            if self._main is None or not self._adapter.stuck:
                raise
            self._main.uncancel()

    @property
    def _adapter(self) -> BoundedAdapter:
        return cast(BoundedAdapter, self.websocket)

    @property
    def _state(self) -> dict[str, Any]:
        return cast(dict[str, Any], self._adapter.ws.scope["state"])

    async def handle_task_exception(self, error: Exception) -> None:
        """A client that left, or does not read, is no error: the connection ends."""
        if not isinstance(error, WebSocketDisconnected):
            await super().handle_task_exception(error)
        elif self._adapter.stuck and self._main is not None and not self._main.cancelling():
            self._main.cancel()

    async def handle_message(self, message: Message) -> None:
        problem = message_problem(message)
        if problem is not None:
            await self.handle_invalid_message(problem)
        else:
            await super().handle_message(message)

    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        if not self.connection_init_received and not self.connection_timed_out:
            if not self._identify(message.get("payload") or {}):
                if self.connection_init_timeout_task:
                    self.connection_init_timeout_task.cancel()
                await self.websocket.close(UNAUTHORIZED, "Unauthorized")
                return
            self.context = await self.view.get_context(self._adapter.ws, response=self._adapter.ws)
        await super().handle_connection_init(message)

    def _identify(self, payload: Mapping[str, object]) -> bool:
        """Whether this connection belongs to somebody: by its handshake, and by the token if it sends one."""
        value = payload.get("Authorization", payload.get("authorization"))
        if value is not None:
            principal = self._state["authenticate"](value) if isinstance(value, str) else None
            if principal is None:
                return False
            self._state.setdefault("principal", principal)
        return "principal" in self._state

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        most = self.max_subscriptions_per_connection
        if self.connection_acknowledged and most is not None and len(self.operations) >= most:
            text = f"This connection has {most} operations running: complete some first."
            error = GraphQLError(text, extensions={"code": "BUSY"})
            await self.send_message({"id": message["id"], "type": "error", "payload": [error.formatted]})
            return
        await super().handle_subscribe(message)

    @staticmethod
    def _get_pre_execution_close_reason(error: GraphQLError) -> str | None:
        """None: a document that does not parse ends that operation, not the others on the connection."""
        return None


def message_problem(message: object) -> str | None:
    """What is wrong with the form of a message, or None."""
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        return "A message is a JSON object with a type."
    if message["type"] not in ("subscribe", "complete"):
        return None
    identity = message.get("id")
    if not isinstance(identity, str) or not 0 < len(identity) <= 128:
        return "`id` must be a string of 1 to 128 characters."
    return _subscribe_problem(message.get("payload")) if message["type"] == "subscribe" else None


def _subscribe_problem(payload: object) -> str | None:
    if not isinstance(payload, dict) or not str(payload.get("query") or "").strip():
        return "`payload.query` must be a GraphQL document."
    if not isinstance(payload["query"], str):
        return "`payload.query` must be a GraphQL document."
    if not isinstance(payload.get("variables"), dict | None):
        return "`payload.variables` must be an object."
    if not isinstance(payload.get("operationName"), str | None):
        return "`payload.operationName` must be a string."
    return None
