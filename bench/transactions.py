"""What a transaction, a mutation and an agent's report cost, beside another revision in the same run.

    python bench/transactions.py [--base 5ac5814] [--rounds 20]

Both revisions are measured in turn, so that a machine whose speed drifts changes the times and not the
ratios. The transaction (six selects, six updates) runs alone in a process; the mutation (`updateTask`) and
the report (a tool that an agent is about to use) go one after the other over a real socket to a real server.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))
from bench.revision import ROOT, checked_out
from tests.support.faults import environment, new_home
from tests.support.live import Api, Server, repository

#: The last revision whose transactions awaited every statement.
BASE = "5ac5814"

#: Measured together: one is too short for the clock of a busy machine.
TOGETHER = 50

ROWS = "{:<44} {:>12} {:>12} {:>8}"
AGENT = '[agents.sleeper]\ncommand = ["sleep", "600"]\n'

#: Runs a batch and returns its seconds.
Measured = Callable[[], Awaitable[float]]


@dataclass
class Revision(Server):
    """A server of another revision."""

    python: str = sys.executable

    def command(self, *arguments: str) -> list[str]:
        return [self.python, "-m", "chorus", *arguments]


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    arguments.add_argument("--base", default=BASE)
    arguments.add_argument("--rounds", type=int, default=20)
    chosen = arguments.parse_args()
    with checked_out(chosen.base) as python:
        asyncio.run(measure({chosen.base: str(python), "this one": sys.executable}, chosen.rounds))


async def measure(pythons: Mapping[str, str], rounds: int) -> None:
    """Print each figure of both revisions: medians in milliseconds, and the median of the ratios."""
    print(ROWS.format("median ms each", *pythons, "ratio"))
    with ExitStack() as stack:
        probes = {name: stack.enter_context(_probe(python)) for name, python in pythons.items()}
        await _compared("six selects and six updates, one transaction", probes, rounds)
    with ExitStack() as stack:
        served = {name: await _served(stack, python) for name, python in pythons.items()}
        await _compared("a mutation (updateTask)", {name: one[0] for name, one in served.items()}, rounds)
        await _compared("a report (PreToolUse)", {name: one[1] for name, one in served.items()}, rounds)
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


async def _compared(name: str, measured: Mapping[str, Measured], rounds: int) -> None:
    times: dict[str, list[float]] = {one: [] for one in measured}
    for _ in range(rounds + 1):
        for one, run in measured.items():
            times[one].append(await run() / TOGETHER * 1e3)
    base, this = (kept[1:] for kept in times.values())  # the first round warms up
    ratio = statistics.median(before / after for before, after in zip(base, this, strict=True))
    print(ROWS.format(name, *(f"{statistics.median(kept):.2f}" for kept in (base, this)), f"{ratio:.1f}"))


@contextmanager
def _probe(python: str) -> Iterator[Measured]:
    script = ROOT / "bench" / "transaction.py"
    with subprocess.Popen(
        [python, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/"
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        asked, answers = process.stdin, process.stdout

        async def run() -> float:
            print(TOGETHER, file=asked, flush=True)
            return float(await asyncio.to_thread(answers.readline))

        yield run
        asked.close()


async def _served(stack: ExitStack, python: str) -> tuple[Measured, Measured]:
    home = stack.enter_context(new_home())
    server = Revision(home / "state", home, AGENT, {"CHORUS_LIMITS_AGENTS": "0"}, python=python)
    stack.callback(server.end_sessions)
    api = server.start()
    stack.callback(server.stop)
    await api.add_project(repository(home / "repo"))
    task = await api.create("Measured", agent="sleeper")
    await api.start(task)
    await api.until(task, lambda found: found["agentStatus"] != "STARTING")
    return _mutation(api, task), _report(task)


def _mutation(api: Api, task: str) -> Measured:
    document = "mutation($id: ID!, $t: String!) { updateTask(id: $id, input: {title: $t}) { id } }"

    async def run() -> float:
        begin = time.perf_counter()
        for number in range(TOGETHER):
            await api.call(document, id=task, t=f"Title {number}")
        return time.perf_counter() - begin

    return run


def _report(task: str) -> Measured:
    url, token = _address(task)
    client = httpx.AsyncClient(trust_env=False, headers={"Authorization": f"Bearer {token}"})
    uses = iter(range(10**9))

    async def run() -> float:
        begin = time.perf_counter()
        for _ in range(TOGETHER):
            given = {"tool_name": "Bash", "tool_input": {"command": "make"}, "tool_use_id": f"u{next(uses)}"}
            answer = await client.post(url, json={"hook_event_name": "PreToolUse", **given})
            answer.raise_for_status()
        return time.perf_counter() - begin

    return run


def _address(task: str) -> tuple[str, str]:
    """Return where the agent of a task reports, and its token."""
    for process in Path("/proc").iterdir():
        entries = environment(process) if process.name.isdigit() else []
        if f"CHORUS_TASK_ID={task}".encode() in entries:
            found = dict(entry.split(b"=", 1) for entry in entries if b"=" in entry)
            return found[b"CHORUS_HOOK_URL"].decode(), found[b"CHORUS_HOOK_TOKEN"].decode()
    raise AssertionError(f"no process of the task {task}")


if __name__ == "__main__":
    main()
