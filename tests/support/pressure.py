"""What tests of bounds share: an agent to report for, bursts of reports, and the memory they cost."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import httpx

from tests.support.faults import Scene, at_rest, begin, environment

MIB = 2**20


def hook_address(found: Scene, task: str) -> tuple[str, dict[str, str]]:
    """Where the agent of a task reports, and with which header."""
    pid = found.noted(task, "start")[-1][0]
    environ = dict(entry.split(b"=", 1) for entry in environment(Path(f"/proc/{pid}")) if b"=" in entry)
    token = environ[b"CHORUS_HOOK_TOKEN"].decode()
    return environ[b"CHORUS_HOOK_URL"].decode(), {"Authorization": f"Bearer {token}"}


def memory(pid: int) -> int:
    """Resident bytes of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


async def ready(found: Scene, project: str) -> str:
    task = await begin(found.api, project, "hello")
    await at_rest(found.api, task)
    return task


def use(number: int) -> dict[str, Any]:
    given = {"file_path": f"/nowhere/{number}", "command": f"true {number}"}
    named = {"tool_name": "Bash", "tool_input": given, "tool_use_id": f"use-{number}"}
    return {"hook_event_name": "PreToolUse", **named}


async def burst(found: Scene, task: str, connections: int, each: int) -> list[int]:
    """Reports over so many connections at once, sent again when the server is too busy; all answers."""
    address, headers = hook_address(found, task)
    answers: list[int] = []

    async def one(number: int) -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=60, headers=headers) as client:
            for index in range(each):
                body = {"hook_event_name": f"Burst{number}", "chorus_report_id": f"{number}-{index}"}
                # One run may report 200 times a second for long, and 2,000 times at once (429 past that).
                while (answer := await client.post(address, json=body)).status_code in (429, 503):
                    answers.append(answer.status_code)
                    assert "retry-after" in answer.headers
                    await asyncio.sleep(0.25)
                answers.append(answer.status_code)

    await asyncio.gather(*(one(number) for number in range(connections)))
    return answers
