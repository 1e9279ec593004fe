"""WebSocket `/terminal/{task_id}?after=OFFSET`: a task's terminal, as bytes.

Server to client: text frames `{"type": "start", "runId", "offset", "cols", "rows", "sizedBy"}` (first, and
again when a new run begins), `{"type": "truncated", "from", "to"}`, `{"type": "end"}` (the run is over; the
socket stays for the next), `{"type": "size", "cols", "rows", "sizedBy"}` (another viewer has set the size, or
has left: then `sizedBy` is "nobody"), `{"type": "error", "code", "message"}`; binary frames are the bytes
that follow at the offset reached. Client to server: binary frames are typed into the terminal, the text frame
`{"type": "resize", "cols", "rows"}` sets its size, for all who look at it: see `terminal_size`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, Protocol

import orjson
from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect

from chorus.errors import BadInput, ChorusError, NotFound
from chorus.server.access.principal import PRINCIPAL
from chorus.server.connections.outbox import Outbox
from chorus.server.connections.responses import error_response, refuse_socket
from chorus.server.terminal.terminal_size import SizedBy, TerminalSizes, Viewer
from chorus.strict_json import loads

log = logging.getLogger(__name__)

#: Bytes typed or pasted in one frame. A paste of more than this comes in several.
MAX_INPUT = 64 << 10

#: Seconds a viewer may take to accept a frame before it counts as gone.
SEND_DEADLINE = 30.0

#: Characters across and down; what terminals and tmux are known to bear.
_COLS = range(2, 1001)
_ROWS = range(1, 501)

_MAX_OFFSET = 2**53  #: what a JavaScript number holds exactly

TRY_AGAIN_LATER = 1013
TOO_BIG = 1009
INTERNAL_ERROR = 1011
NOT_FOUND = 4404


class TerminalEvent(Protocol):
    """A piece of a terminal: `kind` is start, data, truncated (from `offset` to `until`) or end."""

    @property
    def kind(self) -> str: ...
    @property
    def run_id(self) -> str: ...
    @property
    def offset(self) -> int: ...
    @property
    def data(self) -> bytes: ...
    @property
    def until(self) -> int: ...
    @property
    def cols(self) -> int: ...
    @property
    def rows(self) -> int: ...


class TerminalPort(Protocol):
    """Where terminals are. Every method raises NotFound for an unknown task."""

    def follow(self, task_id: str, after: int) -> AsyncIterator[TerminalEvent]:
        """The output from this offset of the current run, then what comes; each caller at its own pace."""
        ...

    async def input(self, task_id: str, data: bytes, actor: str) -> None:
        """Type these bytes; returns when they are in the terminal, so that typing cannot run ahead."""
        ...

    async def resize(self, task_id: str, cols: int, rows: int) -> None: ...


class TerminalSocket:
    """The endpoint; one `_Connection` for each socket."""

    def __init__(self, port: TerminalPort, send_deadline: float = SEND_DEADLINE) -> None:
        self._port = port
        self._send_deadline = send_deadline
        self._sizes = TerminalSizes()

    async def serve(self, websocket: WebSocket) -> None:
        after = _offset(websocket.query_params.get("after", "0"))
        if after is None:
            answer = error_response(400, "`after` is an offset: a whole number from 0.")
            await refuse_socket(websocket.scope, websocket.receive, websocket.send, answer)
            return
        await websocket.accept()
        with self._sizes.join(str(websocket.path_params["task_id"])) as viewer:
            code = await _Connection(websocket, self._port, viewer, self._send_deadline).serve(after)
        with contextlib.suppress(Exception):  # it may have gone, or be the one that does not read
            async with asyncio.timeout(1):
                await websocket.close(code)


def _offset(text: str) -> int | None:
    if not (text.isascii() and text.isdigit() and len(text) <= 16):
        return None
    return int(text) if int(text) <= _MAX_OFFSET else None


class _Connection:
    def __init__(
        self, websocket: WebSocket, port: TerminalPort, viewer: Viewer, send_deadline: float
    ) -> None:
        self._websocket = websocket
        self._task_id = str(websocket.path_params["task_id"])
        self._actor = websocket.scope["state"][PRINCIPAL].name
        self._port = port
        self._viewer = viewer
        self._outbox = Outbox()
        self._send_deadline = send_deadline

    async def serve(self, after: int) -> int:
        """Serve until one side ends it; the answer is the close code."""
        work = (self._read(after), self._write(), self._listen(), self._follow_size())
        jobs = [asyncio.ensure_future(job) for job in work]
        try:
            done, _ = await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)
            return next(job.result() for job in jobs if job in done)
        except Exception:
            log.exception("a terminal socket failed")
            return INTERNAL_ERROR
        finally:
            for job in jobs:
                job.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)

    async def _read(self, after: int) -> int:
        """From the terminal to the outbox, which holds back a reader that is ahead of its viewer."""
        try:
            async with contextlib.aclosing(_generator(self._port.follow(self._task_id, after))) as events:
                async for event in events:
                    await self._put(event)
            code = 1000
        except NotFound as error:
            await self._outbox.put_text(_error(error))
            code = NOT_FOUND
        except ChorusError as error:
            await self._outbox.put_text(_error(error))
            code = TRY_AGAIN_LATER
        except Exception as error:
            await self._outbox.put_text(_internal(error))
            code = INTERNAL_ERROR
        await self._outbox.drained()
        return code

    async def _put(self, event: TerminalEvent) -> None:
        if event.kind == "data":
            await self._outbox.put_bytes(event.data)
        else:
            await self._outbox.put_text(_frame(event, self._viewer.sized_by))

    async def _follow_size(self) -> int:
        while True:
            await self._viewer.changed()
            cols, rows = self._viewer.size
            note = {"type": "size", "cols": cols, "rows": rows, "sizedBy": self._viewer.sized_by}
            await self._outbox.put_text(orjson.dumps(note).decode())

    async def _write(self) -> int:
        while True:
            item = await self._outbox.take()
            try:
                async with asyncio.timeout(self._send_deadline):
                    await self._websocket.send({"type": "websocket.send", **item})
            except TimeoutError:
                return TRY_AGAIN_LATER
            except WebSocketDisconnect:
                return 1000
            await self._outbox.sent()

    async def _listen(self) -> int:
        """From the viewer to the terminal, one frame after the other."""
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return 1000
            try:
                if await self._take(message):
                    return TOO_BIG
            except ChorusError as error:
                await self._outbox.put_text(_error(error))
            except Exception as error:
                await self._outbox.put_text(_internal(error))

    async def _take(self, message: Message) -> bool:
        """Act on a frame; True when it is too big to be one."""
        data = message.get("bytes")
        if data is None:
            cols, rows = _size(message.get("text") or "")
            await self._port.resize(self._task_id, cols, rows)
            self._viewer.set_size(cols, rows)
            return False
        if len(data) > MAX_INPUT:
            return True
        if data:
            await self._port.input(self._task_id, data, self._actor)
        return False


async def _generator(events: AsyncIterator[TerminalEvent]) -> AsyncGenerator[TerminalEvent, None]:
    """So that leaving early also closes iterators that are generators, and at once."""
    try:
        async for event in events:
            yield event
    finally:
        closing = getattr(events, "aclose", None)
        if closing is not None:
            await closing()


def _size(text: str) -> tuple[int, int]:
    message = loads(text.encode("utf-8", "surrogatepass"))
    if not isinstance(message, dict) or message.get("type") != "resize":
        raise BadInput('The text frame known here is {"type": "resize", "cols", "rows"}.')
    cols, rows = message.get("cols"), message.get("rows")
    if type(cols) is not int or type(rows) is not int or cols not in _COLS or rows not in _ROWS:
        raise BadInput(f"A terminal has {_COLS[0]} to {_COLS[-1]} columns, {_ROWS[0]} to {_ROWS[-1]} rows.")
    return cols, rows


def _frame(event: TerminalEvent, sized_by: SizedBy) -> str:
    frame: dict[str, Any] = {"type": event.kind}
    if event.kind == "start":
        frame |= {"runId": event.run_id, "offset": event.offset, "cols": event.cols, "rows": event.rows}
        frame["sizedBy"] = sized_by
    elif event.kind == "truncated":
        frame |= {"from": event.offset, "to": event.until}
    return orjson.dumps(frame).decode()


def _error(error: ChorusError) -> str:
    return orjson.dumps({"type": "error", "code": error.code, "message": error.message}).decode()


def _internal(error: Exception) -> str:
    identity = secrets.token_hex(8)
    log.error("a terminal could not be served (%s)", identity, exc_info=error)
    message = f"Something went wrong ({identity})."
    return orjson.dumps({"type": "error", "code": "INTERNAL", "message": message, "id": identity}).decode()
