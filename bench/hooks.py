"""How many reports of agents a server stores, each before it is answered.

    python bench/hooks.py [--reports 10000] [--connections 50] [--agents 50]

A real server and a load generator that is a program of its own: on two cores each has one. Measured are
reports of tools as agents send them (each use is reported before and after, and moves the agent's status),
of many agents and of one, and reports without a meaning. Beside them, in the same run, requests that store
nothing: what a request costs here by itself. The server's processor time says what a report costs on a
machine that is busy with other things.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.support.faults import Scene, begin, environment, new_home, scene

LOAD = Path(__file__).with_name("load.py")
ROWS = "{:<46} {:>8} {:>8} {:>8} {:>12}"

#: Reports a second that two cores have to store.
BUDGET = 2000

#: Reports one run may send at once; more is refused with the time to wait.
BURST = 2000


@dataclass(frozen=True)
class Result:
    name: str
    rate: float
    p50: float
    p99: float
    cpu: float  #: seconds of the server's processor time for each

    def show(self) -> None:
        times = f"{self.p50 * 1e3:.1f}", f"{self.p99 * 1e3:.1f}", f"{self.cpu * 1e3:.2f}"
        print(ROWS.format(self.name, f"{self.rate:.0f}", *times), flush=True)


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    arguments.add_argument("--reports", type=int, default=10_000)
    arguments.add_argument("--connections", type=int, default=50)
    arguments.add_argument("--agents", type=int, default=50)
    chosen = arguments.parse_args()
    asyncio.run(measure(chosen.reports, chosen.connections, chosen.agents))


async def measure(reports: int, connections: int, agents: int) -> None:
    with new_home() as home:
        async with scene(home, CHORUS_LIMITS_AGENTS="0") as found:
            addresses = await ready(found, agents + 2)
            few = min(reports, BURST)
            print(ROWS.format("", "per s", "p50 ms", "p99 ms", "CPU ms each"))
            await run(found, "the peer: a request that stores nothing", few, connections, bare(found))
            many = await run(
                found, f"tools of {agents} agents", reports, connections, posted(tool, addresses[:agents])
            )
            await run(found, "tools of one agent", few, connections, posted(tool, addresses[-2:-1]))
            await run(
                found,
                "reports without a meaning, of one agent",
                few,
                connections,
                posted(unknown, addresses[-1:]),
            )
            stored(found, reports + few, few)
            verdict = "within" if many.rate > BUDGET else "NOT within"
            where = f"{os.cpu_count()} here, load {os.getloadavg()[0]:.1f}"
            print(f"{verdict} the budget of {BUDGET} a second on two cores ({where})")
            print(f"the server's processor time allows {1 / many.cpu:.0f} a second with a core of its own")


async def ready(found: Scene, agents: int) -> list[tuple[str, str]]:
    """So many agents that say nothing themselves: the address and token of each."""
    project = await found.api.add_project(found.repo)
    tasks = [await begin(found.api, project, f"hello {number}", "sleeper") for number in range(agents)]
    await found.settled()
    return [hook_address(found, task) for task in tasks]


def hook_address(found: Scene, task: str) -> tuple[str, str]:
    """Where the agent of a task reports, and its token."""
    mark = f"CHORUS_TASK_ID={task}".encode()
    for process in Path("/proc").iterdir():
        entries = environment(process) if process.name.isdigit() else []
        if mark in entries:
            environ = dict(entry.split(b"=", 1) for entry in entries if b"=" in entry)
            return environ[b"CHORUS_HOOK_URL"].decode(), environ[b"CHORUS_HOOK_TOKEN"].decode()
    raise AssertionError(f"no process of the task {task}")


def bare(found: Scene) -> Callable[[int, int], str]:
    def request(connection: int, index: int) -> str:
        return message("GET", found.api.url + "/metrics", found.api.token, None)

    return request


def posted(
    body: Callable[[int, int], dict[str, Any]], addresses: list[tuple[str, str]]
) -> Callable[[int, int], str]:
    def request(connection: int, index: int) -> str:
        address, token = addresses[connection % len(addresses)]
        return message("POST", address, token, body(connection, index))

    return request


def tool(connection: int, index: int) -> dict[str, Any]:
    """Reports as Claude Code sends them: in turn before and after a tool is used."""
    given = {"command": f"make part{index // 2}", "description": "Build a part"}
    use = {"tool_name": "Bash", "tool_input": given, "tool_use_id": f"use-{connection}-{index // 2}"}
    common = {
        "session_id": f"{connection:08}-0000-4000-8000-000000000000",
        "transcript_path": f"/home/somebody/.claude/projects/work/{connection}.jsonl",
        "cwd": "/home/somebody/work",
        "permission_mode": "default",
    }
    if index % 2 == 0:
        return {**common, **use, "hook_event_name": "PreToolUse"}
    answer = {"stdout": "built\n" * 40, "stderr": "", "interrupted": False, "isImage": False}
    return {**common, **use, "hook_event_name": "PostToolUse", "tool_response": answer}


def unknown(connection: int, index: int) -> dict[str, Any]:
    return {"hook_event_name": "Bench", "chorus_report_id": f"{connection}-{index}"}


def message(method: str, address: str, token: str, body: dict[str, Any] | None) -> str:
    place = urlsplit(address)
    content = "" if body is None else json.dumps(body)
    return (
        f"{method} {place.path} HTTP/1.1\r\nHost: {place.netloc}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n{content}"
    )


def used(pid: int) -> float:
    """Seconds of processor time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def run(
    found: Scene, name: str, reports: int, connections: int, request: Callable[[int, int], str]
) -> Result:
    each = reports // connections
    plan = {
        "address": ["127.0.0.1", found.server.port],
        "connections": [[request(one, index) for index in range(each)] for one in range(connections)],
    }
    before = used(found.server.pid)
    answer = await asyncio.to_thread(generate, plan)
    spent = used(found.server.pid) - before
    took = sorted(answer["took"])
    assert answer["statuses"] == {"200": each * connections}, answer["statuses"]
    rate, p99 = len(took) / answer["seconds"], took[int(len(took) * 0.99)]
    result = Result(name, rate, statistics.median(took), p99, spent / len(took))
    result.show()
    return result


def generate(plan: dict[str, Any]) -> dict[str, Any]:
    command = [sys.executable, "-I", str(LOAD)]
    done = subprocess.run(command, input=json.dumps(plan), capture_output=True, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def stored(found: Scene, tools: int, unknowns: int) -> None:
    """Each report is on record, and none twice."""
    counts = "SELECT count(*), count(DISTINCT task_id || data) FROM events WHERE kind = ?"
    [(told, different)] = found.query(counts, "agent.tool")
    [(others, _)] = found.query(counts, "agent.report")
    print(f"stored {told} of {tools} ({different} different) and {others} of {unknowns}")
    assert (told, different, others) == (tools, tools, unknowns)


if __name__ == "__main__":
    main()
