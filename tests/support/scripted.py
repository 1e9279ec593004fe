"""Scripted agents at the open hook endpoint: the process is real and does nothing, the test speaks for it.

The agent `scripted` writes down the address and token of its run and sleeps; `Scripted` then reports as a
program in that terminal would.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import httpx

from tests.support.live import PATIENCE, Api

_NOTE = 'printf "%s\\n%s\\n" "$CHORUS_HOOK_URL" "$CHORUS_HOOK_TOKEN" > "$HOME/$CHORUS_TASK_ID.hooks"'
_COMMAND = f'{_NOTE}; mv "$HOME/$CHORUS_TASK_ID.hooks" "$HOME/$CHORUS_RUN_ID.hooks"; exec sleep 600'

AGENT = f"""
[agents.scripted]
command = ["sh", "-c", '''{_COMMAND}''', "{{prompt}}"]
resume = ["sh", "-c", '''{_COMMAND}''', "{{prompt}}"]
"""


class Scripted:
    """The voice of one run. Cancelling what it waits for hangs up, as a program that is killed does."""

    def __init__(self, task: str, url: str, token: str) -> None:
        self.task = task
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}

    @classmethod
    async def start(cls, api: Api, home: Path, project: str, title: str = "Work", **fields: Any) -> Self:
        """A started task with this agent, as soon as its process runs."""
        task = await api.create(title, projectId=project, agent="scripted", **fields)
        await api.start(task)
        return await cls.of(api, home, task)

    @classmethod
    async def of(cls, api: Api, home: Path, task: str) -> Self:
        run = (await api.task(task))["runs"][-1]["id"]
        note = home / f"{run}.hooks"
        async with asyncio.timeout(PATIENCE):
            while not note.exists():
                await asyncio.sleep(0.02)  # nothing tells of a file that another process writes
        url, token = note.read_text().split()
        return cls(task, url, token)

    async def report(self, event: str, **fields: Any) -> Mapping[str, Any]:
        """The body of the answer; empty when there is none."""
        body = {"hook_event_name": event, "session_id": f"session-{self.task}", **fields}
        async with httpx.AsyncClient(headers=self._headers, timeout=None, trust_env=False) as http:
            answer = await http.post(self._url, json=body)
        answer.raise_for_status()
        found: Mapping[str, Any] = answer.json() if answer.content else {}
        return found

    async def asks(self, tool: str, given: Mapping[str, Any], **fields: Any) -> Mapping[str, Any]:
        """The decision on a permission request, when there is one; empty when it was withdrawn."""
        answer = await self.report("PermissionRequest", tool_name=tool, tool_input=given, **fields)
        found: Mapping[str, Any] = answer.get("hookSpecificOutput", {}).get("decision", {})
        return found

    async def runs(self, command: str, **fields: Any) -> Mapping[str, Any]:
        return await self.asks("Bash", {"command": command}, **fields)

    async def uses(self, tool: str, **given: Any) -> str | None:
        """What it is told before it uses a tool: allow, deny, ask or nothing."""
        answer = await self.report("PreToolUse", tool_name=tool, tool_input=given)
        found: str | None = answer.get("hookSpecificOutput", {}).get("permissionDecision")
        return found


async def pending(api: Api, task: str, count: int = 1) -> list[dict[str, Any]]:
    """The open requests of a task, as soon as there are so many."""

    def open_ones(one: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [request for request in one["permissionRequests"] if request["state"] == "PENDING"]

    return open_ones(await api.until(task, lambda one: len(open_ones(one)) == count))
