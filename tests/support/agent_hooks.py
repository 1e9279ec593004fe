"""Reports in the place of an agent: what it would post to the hook endpoint, with its run's own token."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx


@dataclass(frozen=True)
class AgentHooks:
    """The hook endpoint as the live agent of a task knows it."""

    url: str
    token: str
    pid: int

    async def report(self, event: str, **fields: Any) -> Any:
        """Post one report; the body of the answer, None when it is empty."""
        body = {"hook_event_name": event, **fields}
        headers = {"Authorization": f"Bearer {self.token}"}
        async with httpx.AsyncClient(trust_env=False, timeout=30, headers=headers) as client:
            answer = await client.post(self.url, json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    async def tool(self, tool: str, given: dict[str, Any], answer: Any, use_id: str = "use-1") -> None:
        """A tool is used, and answers."""
        about = {"tool_name": tool, "tool_input": given, "tool_use_id": use_id}
        await self.report("PreToolUse", **about)
        await self.report("PostToolUse", **about, tool_response=answer)


def agent_hooks(task: str) -> AgentHooks:
    """Return the hook endpoint of the task's newest live agent process on this machine."""
    mark = f"CHORUS_TASK_ID={task}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        environ = _environ(entry) if entry.name.isdigit() else []
        if mark in environ:
            values = dict(line.decode().split("=", 1) for line in environ if b"=" in line)
            if "CHORUS_HOOK_TOKEN" in values:
                found.append(
                    AgentHooks(values["CHORUS_HOOK_URL"], values["CHORUS_HOOK_TOKEN"], int(entry.name))
                )
    return max(found, key=lambda one: one.pid)


def _environ(process: Path) -> list[bytes]:
    try:
        return (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return []
