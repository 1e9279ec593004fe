"""How many reports of agents a server stores, each before it is answered.

    python bench/hooks.py [--reports 10000] [--connections 50]

A real server and one agent for each ten connections, since each run has a rate of its own. Beside it, in
the same run, as many requests to `/metrics`: what a request costs here without storing anything. The
server's processor time says what a report costs on a machine that is busy with other things.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import time
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.faults.scene import at_rest, begin, environment, new_home, scene

ROWS = "{:<44} {:>9} {:>9} {:>9} {:>12}"


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    arguments.add_argument("--reports", type=int, default=10_000)
    arguments.add_argument("--connections", type=int, default=50)
    chosen = arguments.parse_args()
    asyncio.run(measure(chosen.reports, chosen.connections))


async def measure(reports: int, connections: int) -> None:
    with new_home() as home:
        async with scene(home) as found:
            project = await found.api.add_project(found.repo)
            tasks = [await begin(found.api, project, f"hello {n}") for n in range(-(-connections // 10))]
            for task in tasks:
                await at_rest(found.api, task)
            doors = [door(found.noted(task, "start")[0][0]) for task in tasks]
            print(ROWS.format("", "per s", "p50 ms", "p99 ms", "CPU ms each"))
            each, pid = reports // connections, found.server.pid
            metrics = (found.api.url + "/metrics", {"Authorization": found.api.authorization})
            bare = await run([metrics] * connections, min(each, 4000 // connections), pid, "GET")
            stored = await run([doors[n // 10] for n in range(connections)], each, pid, "POST")
            row("the peer: a request that stores nothing", *bare)
            row("a report, stored before the answer", *stored)
            print(f"ratio of rates {stored[0] / bare[0]:.2f}, of processor time {stored[3] / bare[3]:.1f}")
            [(count,)] = found.query("SELECT count(*) FROM events WHERE kind = 'agent.report'")
            print(f"stored {count} of {each * connections}, each once")


def door(pid: int) -> tuple[str, dict[str, str]]:
    environ = dict(entry.split(b"=", 1) for entry in environment(Path(f"/proc/{pid}")) if b"=" in entry)
    token = environ[b"CHORUS_HOOK_TOKEN"].decode()
    return environ[b"CHORUS_HOOK_URL"].decode(), {"Authorization": f"Bearer {token}"}


def used(pid: int) -> float:
    """Seconds of processor time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def run(
    doors: list[tuple[str, dict[str, str]]], each: int, pid: int, method: str
) -> tuple[float, float, float, float]:
    """Rate, median and 99th percentile in ms, processor time of the server in ms a request."""
    took: list[float] = []

    async def one(number: int) -> None:
        address, headers = doors[number]
        async with httpx.AsyncClient(trust_env=False, timeout=120, headers=headers) as client:
            for index in range(each):
                body = {"hook_event_name": "Bench", "chorus_report_id": f"{number}-{index}"}
                begins = time.perf_counter()
                answer = await client.request(method, address, json=body if method == "POST" else None)
                took.append(time.perf_counter() - begins)
                answer.raise_for_status()

    before, begins = used(pid), time.perf_counter()
    await asyncio.gather(*(one(number) for number in range(len(doors))))
    seconds = time.perf_counter() - begins
    spent = used(pid) - before
    ordered = sorted(took)
    p99 = ordered[int(len(ordered) * 0.99)]
    return len(took) / seconds, statistics.median(took) * 1e3, p99 * 1e3, spent / len(took) * 1e3


def row(name: str, rate: float, p50: float, p99: float, cpu: float) -> None:
    print(ROWS.format(name, f"{rate:.0f}", f"{p50:.1f}", f"{p99:.1f}", f"{cpu:.2f}"))


if __name__ == "__main__":
    main()
