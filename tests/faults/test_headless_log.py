"""A headless agent that says more than is kept while no server is there to read it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.faults import end_agents, new_home, scene, until

pytestmark = pytest.mark.timeout(120)

#: Speaks like a headless Claude Code; having said "Before." it waits for a file, then says a lot.
TALKATIVE = """
import json, os, sys, time
def say(**line):
    print(json.dumps(line), flush=True)
def text(words):
    say(type="assistant", message={"content": [{"type": "text", "text": words}]})
for line in sys.stdin:
    told = json.loads(line)
    if told["type"] != "user":
        continue
    say(**told, isReplay=True)
    text("Before.")
    while not os.path.exists(GATE):
        time.sleep(0.02)
    for number in range(LINES):
        text(f"{number} " + "x" * 100_000)
    say(type="result", subtype="success", is_error=False, result="Done.")
"""
LINES = 40


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("output.jsonl*"))


def last_line(folder: Path) -> bytes:
    newest = max(folder.glob("output.jsonl*"), key=lambda path: path.name)
    return newest.read_bytes().rpartition(b"\n")[0].rpartition(b"\n")[2]


async def test_what_is_lost_is_said_and_what_is_left_is_whole() -> None:
    with new_home() as home:
        agent, gate = home / "agent.py", home / "gate"
        agent.write_text(f"GATE, LINES = {str(gate)!r}, {LINES}\n{TALKATIVE}")
        command = json.dumps([sys.executable, str(agent)])
        more = f"[plugins.hooks]\ncommand = {command}\nheadless_keep_mb = 1\n"
        try:
            async with scene(home, more) as on:
                project = await on.api.add_project(on.repo)
                task = await on.api.create("Talk", projectId=project, description="go", runMode="HEADLESS")
                await on.api.start(task)
                said = await on.api.until(task, lambda one: _texts(on.query(TEXTS)) == ["Before."])
                run = home / "state" / "runs" / said["runs"][0]["id"]
                on.server.kill()
                gate.touch()
                await until(lambda: b'"result"' in last_line(run))
                assert 1 << 20 <= size(run) < 2 << 20
                await on.restart()
                done = await on.api.until(task, lambda one: one["activity"] == "Done.")
                assert done["agentStatus"] == "IDLE"
                lost = [
                    one["data"] for one in await on.api.events(task=task) if one["kind"] == "agent.lines_lost"
                ]
                assert len(lost) == 1
                assert lost[0]["until"] - lost[0]["from"] > 2 << 20
                assert "MiB" in lost[0]["message"]
                numbers = [int(words.split()[0]) for words in _texts(on.query(TEXTS))[1:]]
                assert numbers[0] > 0
                assert numbers == list(range(numbers[0], LINES))

                # It goes on, and what was read goes by itself.
                gate.unlink()
                await on.api.send(task, "again")
                await on.api.until(task, lambda one: one["activity"] != "Done.")
                gate.touch()
                await on.api.until(task, lambda one: one["activity"] == "Done." and len(one["messages"]) == 2)
                assert size(run) < 1 << 20
        finally:
            end_agents(home)


TEXTS = "SELECT data FROM events WHERE kind = 'agent.text' ORDER BY seq"


def _texts(rows: list[tuple[Any, ...]]) -> list[str]:
    return [json.loads(data)["text"] for (data,) in rows]
