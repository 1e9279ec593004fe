"""A server that may die and come back, with the real Claude Code against a scripted endpoint."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.claude import Surroundings, find_claude
from tests.support.endpoint.server import Endpoint
from tests.support.faults import SturdyServer, end_agents
from tests.support.live import Api, Server, repository


def script(*steps: dict[str, Any], say: str = "") -> str:
    """A prompt that carries what the model is going to do."""
    return f"{say}@@{json.dumps(list(steps))}"


def bash(command: str) -> dict[str, Any]:
    return {"tool": "Bash", "input": {"command": command, "description": "a test"}}


def write(path: str, content: str) -> dict[str, Any]:
    return {"tool": "Write", "input": {"file_path": path, "content": content}}


def asked(task: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in task["permissionRequests"] if one["state"] == "PENDING"]


@dataclass
class ClaudeScene:
    server: SturdyServer
    api: Api
    repo: Path
    endpoint: Endpoint
    surroundings: Surroundings

    def worktree(self, task: dict[str, Any]) -> Path:
        return Path(task["worktree"])

    async def kill(self) -> None:
        self.server.kill()
        await self.api.__aexit__()

    async def restart(self) -> None:
        self.api = await asyncio.to_thread(self.server.start)

    def state_file(self) -> dict[str, Any]:
        """What the CLI says of itself; {} when no CLI lives, or it is written right now."""
        for path in (self.surroundings.config_dir / "sessions").glob("*.json"):
            try:
                found: dict[str, Any] = json.loads(path.read_text())
            except (OSError, ValueError):
                return {}
            return found
        return {}

    def transcript(self) -> str:
        """All that the CLI has written down."""
        files = sorted(self.surroundings.config_dir.glob("projects/*/*.jsonl"))
        return "".join(path.read_text() for path in files)


def configuration(
    program: Path, surroundings: Surroundings, options: str, more: str, environment: Mapping[str, str]
) -> str:
    variables = {**surroundings.env, "IS_SANDBOX": "1", **environment}
    env = "\n".join(f"{name} = {json.dumps(value)}" for name, value in variables.items())
    return (
        f"[plugins.hooks]\ncommand = [{json.dumps(str(program))}]\n{options}\n"
        f"[plugins.hooks.env]\n{env}\n{more}"
    )


@asynccontextmanager
async def claude_scene(
    home: Path,
    version: str,
    options: str = "",
    *,
    trusted: bool = True,
    more: str = "",
    **environment: str,
) -> AsyncIterator[ClaudeScene]:
    """`options` are further lines of [plugins.hooks], `more` other tables; the CLI gets the environment."""
    program = find_claude(version)
    assert program is not None
    repo = repository(home / "repo", **{"app.py": "one\ntwo\nthree\n"})
    async with Endpoint() as endpoint:
        surroundings = Surroundings(home, endpoint.url)
        surroundings.seed(trusted=[repo] if trusted else [])
        config = configuration(program, surroundings, options, more, environment)
        server = SturdyServer(home / "state", home, config)
        try:
            api = await asyncio.to_thread(server.start)
            on = ClaudeScene(server, api, repo, endpoint, surroundings)
            try:
                await api.add_project(repo)
                yield on
            finally:
                await on.api.__aexit__()
        finally:
            if server.process is not None and server.process.poll() is None:
                server.stop()
            server.end_sessions()
            end_agents(home)


def agent_pid(server: Server, task: dict[str, Any]) -> int:
    """The pid of the agent of the task's last run, as its launcher recorded it."""
    record = server.state_dir / "runs" / task["runs"][-1]["id"] / "agent.json"
    return int(json.loads(record.read_text())["pid"])
