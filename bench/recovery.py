"""kill -9 a server with live sessions, start it again: when is everything right?

    python bench/recovery.py [--sessions 25]

Real tmux, real agents that report. Times count from the moment the new server's port answers; starting
the process is given for itself. SIGTERM is measured at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.support.faults import alive, at_rest, begin, bytes_until, new_home, scene, state, terminal


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    arguments.add_argument("--sessions", type=int, default=25)
    asyncio.run(measure(arguments.parse_args().sessions))


async def measure(sessions: int) -> None:
    with new_home() as home:
        async with scene(home) as found:
            project = await found.api.add_project(found.repo)
            tasks = [await begin(found.api, project, f"hello {number}") for number in range(sessions)]
            for task in tasks:
                await at_rest(found.api, task)
            pids = [found.noted(task, "start")[0][0] for task in tasks]
            known = await state(found.api)
            found.server.kill()
            begins = time.perf_counter()
            await found.restart()
            answers = time.perf_counter()
            print(f"{sessions} sessions; the port answers {answers - begins:.2f} s after the start")
            now = await state(found.api)
            told("the list and all statuses are right", answers, now == known)
            async with terminal(found.api, tasks[0], 0) as socket:
                await bytes_until(socket, b"hello 0\r\n")
                told("all output of a terminal is there", answers, True)
                await socket.send(b"typed\r")
                await bytes_until(socket, b"typed\r\n")
            told("what is typed is echoed", answers, True)
            await found.api.until(tasks[0], lambda one: one["activity"] == "did typed")
            told("a report of an agent is shown", answers, True)
            told("no agent has noticed", answers, all(alive(pid) for pid in pids))
            begins = time.perf_counter()
            found.server.stop()
            print(f"SIGTERM ends it after {time.perf_counter() - begins:.2f} s")


def told(what: str, since: float, right: bool) -> None:
    print(f"{'yes' if right else 'NO':<4}{what:<40} {time.perf_counter() - since:>6.2f} s")


if __name__ == "__main__":
    main()
