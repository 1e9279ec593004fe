"""Many connections that post as fast as they are answered: `python -I bench/load.py < plan.json`.

A program of its own, so that it has a processor for itself and nothing of the server's; it speaks just
enough HTTP to cost little. The plan: {"address": [host, port], "connections": [[request, ...], ...]}, the
requests as texts ready to be sent. The answer: {"seconds": s, "took": [s, ...], "statuses": {status: n}}.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter


class Connection(asyncio.Protocol):
    """Sends its requests one after the other, each when the one before it was answered."""

    def __init__(self, requests: list[bytes], took: list[float], statuses: Counter[str]) -> None:
        self._requests = iter(requests)
        self._took = took
        self._statuses = statuses
        self._received = b""
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def next(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self._transport.close()
            return
        self._sent = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return
        self._took.append(time.perf_counter() - self._sent)
        self._statuses[head[9:12].decode()] += 1
        self._received = b""
        self.next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(error)


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


async def run(address: tuple[str, int], plans: list[list[bytes]]) -> dict[str, object]:
    took: list[float] = []
    statuses: Counter[str] = Counter()
    loop = asyncio.get_running_loop()
    connections = []
    for requests in plans:
        _, one = await loop.create_connection(lambda r=requests: Connection(r, took, statuses), *address)  # type: ignore[misc]
        connections.append(one)
    begins = time.perf_counter()
    for one in connections:
        one.next()
    await asyncio.gather(*(one.done for one in connections))
    return {"seconds": time.perf_counter() - begins, "took": took, "statuses": statuses}


if __name__ == "__main__":
    plan = json.load(sys.stdin)
    prepared = [[text.encode() for text in requests] for requests in plan["connections"]]
    print(json.dumps(asyncio.run(run(tuple(plan["address"]), prepared))))
