"""Agents that wait for an answer right now."""

from __future__ import annotations

import asyncio

from chorus.backends import Verdict


class Waiters:
    """The agents that wait, by the ids of their requests."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Future[Verdict | None]] = {}

    def expect(self, request_id: str) -> None:
        """Have an answer kept from now on: its agent is about to wait."""
        self._waiting.setdefault(request_id, asyncio.get_running_loop().create_future())

    async def wait(self, request_id: str) -> Verdict | None:
        """Return the verdict when it comes; None when nobody needs it any more."""
        self.expect(request_id)
        try:
            return await self._waiting[request_id]
        finally:
            self._waiting.pop(request_id, None)

    def release(self, request_id: str, verdict: Verdict | None) -> None:
        """Tell the agent that waits, if there is one."""
        future = self._waiting.get(request_id)
        if future is not None and not future.done():
            future.set_result(verdict)
