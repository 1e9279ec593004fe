"""Waiting in tests for what nothing announces."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable


async def eventually(condition: Callable[[], object | Awaitable[object]], seconds: float = 40.0) -> None:
    """Wait until a condition holds; AssertionError when it does not within so many seconds."""
    async with asyncio.timeout(seconds + 5):
        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            found = condition()
            if inspect.isawaitable(found):
                found = await found
            if found:
                return
            assert asyncio.get_running_loop().time() < deadline, f"did not come true within {seconds} s"
            await asyncio.sleep(0.01)
