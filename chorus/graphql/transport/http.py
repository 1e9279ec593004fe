"""GraphQL over HTTP and WebSocket, as strict as the client allows: POST with JSON, and graphql-transport-ws.

The gate in front has checked Host and Origin and says in `scope["state"]` who is asking: `principal`,
and for a WebSocket also `authenticate`, which takes an `Authorization` value. Close codes are those of
the protocol (https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md): 4400 bad message, 4401
unauthorized, 4406 no common subprotocol, 4408 no `connection_init` in time, 4429 two of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
from cross_web import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLRequestData
from strawberry.schema import BaseSchema
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from chorus.errors import BadInput
from chorus.graphql.transport.socket import SEND_DEADLINE, BoundedAdapter, StrictHandler
from chorus.strict_json import loads

#: Operations in flight on one connection.
MAX_OPERATIONS = 100

#: Seconds that a WebSocket may take to send `connection_init`.
INIT_DEADLINE = 5.0

_BY_POST = frozenset({OperationType.QUERY, OperationType.MUTATION})

#: Makes the context of an operation from the connection, whose `state` holds the principal.
MakeContext = Callable[[HTTPConnection], Any]


class GraphQLTransport(GraphQL[Any, None]):
    """The ASGI application for `/graphql`. `make_context` is called for each request and each socket."""

    websocket_adapter_class = BoundedAdapter
    graphql_transport_ws_handler_class = StrictHandler

    def __init__(
        self,
        schema: BaseSchema,
        make_context: MakeContext,
        init_deadline: float = INIT_DEADLINE,
        send_deadline: float = SEND_DEADLINE,
    ) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            allow_queries_via_get=False,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=timedelta(seconds=init_deadline),
            max_subscriptions_per_connection=MAX_OPERATIONS,
            allowed_origins=("*",),  # the gate has decided that, and more strictly
        )
        self._make_context = make_context
        self.send_deadline = send_deadline

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await super().__call__(scope, receive, send)
            return
        try:
            response = await self.run(_checked(Request(scope, receive)))
        except HTTPException as error:
            response = _refused(error.status_code, error.reason)
        await response(scope, receive, send)

    async def get_context(self, request: HTTPConnection, response: object = None) -> Any:
        """None for a socket that has yet to say who it is: nothing runs in such a context."""
        return self._make_context(request) if "principal" in request.scope["state"] else None

    async def parse_http_body(self, request: Any) -> GraphQLRequestData:
        try:
            data = loads(await request.get_body())
        except BadInput as error:
            raise HTTPException(400, error.message) from error
        if isinstance(data, list):
            raise HTTPException(400, "One operation per request: batches are not taken.")
        if problem := payload_problem(data):
            raise HTTPException(400, problem)
        return GraphQLRequestData(
            query=data["query"],
            variables=data.get("variables"),
            operation_name=data.get("operationName"),
            extensions=data.get("extensions"),
            protocol="http",
        )

    async def execute_single(
        self,
        request: Request,
        request_adapter: Any,
        sub_response: Response,
        context: Any,
        root_value: None,
        request_data: GraphQLRequestData,
    ) -> ExecutionResult:
        try:
            return await self.schema.execute(
                request_data.query,
                variable_values=request_data.variables,
                context_value=context,
                operation_name=request_data.operation_name,
                allowed_operation_types=_BY_POST,
            )
        except InvalidOperationTypeError as error:
            message = "Subscriptions are served over the WebSocket at this address (graphql-transport-ws)."
            raise HTTPException(406, message) from error
        except CannotGetOperationTypeError as error:
            raise HTTPException(400, error.as_http_error_reason()) from error

    def decode_json(self, data: str | bytes) -> object:
        try:
            return loads(data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data)
        except BadInput as error:
            raise json.JSONDecodeError(error.message, "", 0) from error

    def encode_json(self, data: object) -> bytes:
        try:
            return orjson.dumps(data)
        except TypeError:  # a number beyond 64 bits, half a character: rare, and no reason to fail
            return json.dumps(data, separators=(",", ":")).encode()

    def is_websocket_origin_allowed(self, request: WebSocket, origin: str) -> bool:
        return True


def payload_problem(data: object) -> str | None:
    """What is wrong with `{"query", "variables", "operationName", "extensions"}`, or None."""
    if not isinstance(data, dict):
        return "Send a JSON object with `query`."
    if not isinstance(data.get("query"), str) or not data["query"].strip():
        return "`query` must be a GraphQL document."
    if not isinstance(data.get("operationName"), str | None):
        return "`operationName` must be a string."
    for name in ("variables", "extensions"):
        if not isinstance(data.get(name), dict | None):
            return f"`{name}` must be an object."
    return None


def _checked(request: Request) -> Request:
    if request.method != "POST":
        raise HTTPException(405, "GraphQL is served to POST requests.")
    kind, _, parameters = request.headers.get("content-type", "").partition(";")
    if kind.strip().lower() != "application/json":
        raise HTTPException(415, "Send the operation as application/json.")
    if parameters and parameters.strip().lower().replace('"', "") != "charset=utf-8":
        raise HTTPException(415, "JSON is UTF-8 and has no parameters.")
    return request


def _refused(status: int, message: str) -> Response:
    content = orjson.dumps({"errors": [{"message": message, "extensions": {"code": "BAD_INPUT"}}]})
    headers = {"allow": "POST"} if status == 405 else {}
    return Response(content, status, headers, "application/json")
