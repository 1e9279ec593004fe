"""Queue of what is sent to one viewer: bounded, in order, small pieces joined."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import Any

#: Bytes that may wait for a viewer; then its reader waits.
LIMIT = 256 << 10

#: Bytes in one frame.
MAX_FRAME = 64 << 10

#: Frames smaller than this are not sent more often than every `_PAUSE` seconds: a terminal that is
#: redrawn piece by piece costs one frame, and a person sees no difference. The first is never delayed.
_SMALL = 16 << 10
_PAUSE = 0.004

#: The cost of a text frame in `LIMIT`, so that these are bounded too.
_TEXT_COST = 256


class Outbox:
    """Filled by several, emptied by one: `take`, send, `sent`."""

    def __init__(self) -> None:
        self._items: deque[str | bytearray] = deque()
        self._size = 0
        self._sending = False
        self._changed = asyncio.Condition()
        self._last = 0.0

    async def put_bytes(self, data: bytes) -> None:
        for start in range(0, len(data), MAX_FRAME):
            await self._put(data[start : start + MAX_FRAME])

    async def put_text(self, text: str) -> None:
        await self._put(text)

    async def _put(self, item: str | bytes) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self._size < LIMIT)
            self._size += _cost(item)
            last = self._items[-1] if self._items else None
            if isinstance(item, str):
                self._items.append(item)
            elif isinstance(last, bytearray) and len(last) + len(item) <= MAX_FRAME:
                last += item
            else:
                self._items.append(bytearray(item))
            self._changed.notify_all()

    async def take(self) -> dict[str, Any]:
        """The next frame, as the keys of an ASGI `websocket.send` message."""
        async with self._changed:
            await self._changed.wait_for(lambda: bool(self._items))
        pause = self._last + _PAUSE - time.monotonic()
        if pause > 0 and self._size < _SMALL:
            await asyncio.sleep(pause)
        item = self._items.popleft()
        self._sending = True
        self._size -= _cost(item)
        return {"text": item} if isinstance(item, str) else {"bytes": bytes(item)}

    def _idle(self) -> bool:
        return not self._items and not self._sending

    async def sent(self) -> None:
        """The frame that was taken is out: there is room again."""
        async with self._changed:
            self._sending = False
            self._last = time.monotonic()
            self._changed.notify_all()

    async def drained(self) -> None:
        """Wait until everything is out."""
        async with self._changed:
            await self._changed.wait_for(self._idle)


def _cost(item: str | bytes | bytearray) -> int:
    return _TEXT_COST + len(item) if isinstance(item, str) else len(item)
