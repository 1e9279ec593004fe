"""Run a scripted endpoint by hand and show how to point Claude Code at it."""

from __future__ import annotations

import argparse
import asyncio
import contextlib

from tests.support.endpoint import Endpoint, Request


def show(request: Request) -> None:
    print(request.method, request.path, request.prompt[-200:], flush=True)


async def run(port: int) -> None:
    async with Endpoint(port, on_request=show) as endpoint:
        print(f"ANTHROPIC_BASE_URL={endpoint.url} ANTHROPIC_API_KEY=scripted", flush=True)
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.support.endpoint", description=__doc__)
    parser.add_argument("--port", type=int, default=8421)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run(parser.parse_args().port))


main()
