"""A real server in a process of its own, and a client that uses its public API."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

#: Seconds to wait for what should take a moment, on a machine that is busy with other tests.
PATIENCE = 45.0

TASK = """id title status agentStatus activity statusSource branch worktree result error attachCommand
  runMode inputTokens outputTokens costUsd budgetUsd
  runs { id mode inputTokens outputTokens cacheReadTokens costUsd
    end endDetail exitCode signal agentSessionId resumedFrom }
  messages { id text state author error } commits { id message author files }
  permissionRequests { id toolName summary state decidedBy message }"""


class ApiError(Exception):
    """An answer with errors; `code` of the first."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(errors[0]["message"])
        self.errors = errors
        self.code = (errors[0].get("extensions") or {}).get("code")


@dataclass
class Api:
    """GraphQL over HTTP and WebSocket with the bearer token."""

    url: str
    token: str
    _http: httpx.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        self._http = httpx.AsyncClient(base_url=self.url, timeout=PATIENCE, trust_env=False)

    @property
    def authorization(self) -> str:
        return f"Bearer {self.token}"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def call(self, document: str, **variables: Any) -> dict[str, Any]:
        """Data of a query or mutation; raises ApiError."""
        answer = await self._http.post(
            "/graphql",
            json={"query": document, "variables": variables},
            headers={"Authorization": self.authorization},
        )
        content = answer.json()
        if "errors" in content and content["errors"]:
            raise ApiError(content["errors"])
        data: dict[str, Any] = content["data"]
        return data

    async def subscribe(self, document: str, **variables: Any) -> AsyncGenerator[dict[str, Any], None]:
        protocols = [Subprotocol("graphql-transport-ws")]
        address = "ws" + self.url.removeprefix("http") + "/graphql"
        async with connect(address, subprotocols=protocols, proxy=None, max_size=None) as socket:
            init = {"type": "connection_init", "payload": {"Authorization": self.authorization}}
            await socket.send(json.dumps(init))
            assert json.loads(await socket.recv())["type"] == "connection_ack"
            payload = {"query": document, "variables": variables}
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
            async for frame in socket:
                message = json.loads(frame)
                if message["type"] == "next":
                    if message["payload"].get("errors"):
                        raise ApiError(message["payload"]["errors"])
                    yield message["payload"]["data"]
                elif message["type"] == "error":
                    raise ApiError(message["payload"])
                elif message["type"] == "complete":
                    return

    # --- words of the contract -----------------------------------------------------------------

    async def add_project(self, path: Path) -> str:
        document = "mutation($path: String!) { addProject(input: {path: $path}) { id } }"
        return str((await self.call(document, path=str(path)))["addProject"]["id"])

    async def create(self, title: str, **fields: Any) -> str:
        document = "mutation($input: CreateTaskInput!) { createTask(input: $input) { id } }"
        return str((await self.call(document, input={"title": title, **fields}))["createTask"]["id"])

    async def start(self, task: str, prompt: str | None = None) -> dict[str, Any]:
        document = (
            f"mutation($id: ID!, $prompt: String) {{ startTask(id: $id, prompt: $prompt) {{ {TASK} }} }}"
        )
        data: dict[str, Any] = (await self.call(document, id=task, prompt=prompt))["startTask"]
        return data

    async def send(self, task: str, text: str, key: str | None = None) -> dict[str, Any]:
        document = """mutation($id: ID!, $text: String!, $key: String) {
          sendMessage(taskId: $id, text: $text, clientMutationId: $key) { id state text } }"""
        data: dict[str, Any] = (await self.call(document, id=task, text=text, key=key))["sendMessage"]
        return data

    async def act(self, mutation: str, task: str, **more: Any) -> dict[str, Any]:
        """interruptAgent, restartAgent, completeTask, failTask."""
        kinds = {
            "prompt": "String",
            "fresh": "Boolean",
            "result": "String",
            "reason": "String!",
            "deleteBranch": "Boolean",
        }
        name = "taskId" if mutation in ("interruptAgent", "restartAgent") else "id"
        declared = "".join(f", ${key}: {kinds[key]}" for key in more)
        passed = "".join(f", {key}: ${key}" for key in more)
        document = f"mutation($id: ID!{declared}) {{ {mutation}({name}: $id{passed}) {{ {TASK} }} }}"
        data: dict[str, Any] = (await self.call(document, id=task, **more))[mutation]
        return data

    async def respond(self, request: str, decision: str, **more: Any) -> dict[str, Any]:
        document = """mutation($id: ID!, $decision: PermissionDecision!, $message: String,
            $scope: PermissionScope, $interrupt: Boolean) {
          respondToPermission(id: $id, decision: $decision, message: $message, scope: $scope,
            interrupt: $interrupt) { id state decidedBy message } }"""
        data = await self.call(document, id=request, decision=decision, **more)
        found: dict[str, Any] = data["respondToPermission"]
        return found

    async def task(self, task: str, fields: str = TASK) -> dict[str, Any]:
        found: dict[str, Any] = (
            await self.call(f"query($id: ID!) {{ task(id: $id) {{ {fields} }} }}", id=task)
        )["task"]
        return found

    async def until(
        self, task: str, wanted: Callable[[dict[str, Any]], object], within: float = PATIENCE
    ) -> dict[str, Any]:
        """The task as soon as it is as wanted, seen through the `taskChanged` subscription."""
        document = f"subscription($id: ID!) {{ taskChanged(id: $id) {{ {TASK} }} }}"
        last: dict[str, Any] = {}
        try:
            async with asyncio.timeout(within), aclosing(self.subscribe(document, id=task)) as changes:
                async for data in changes:
                    last = data["taskChanged"]
                    if wanted(last):
                        return last
        except TimeoutError:
            raise AssertionError(f"never as wanted; last seen: {json.dumps(last, indent=1)}") from None
        raise AssertionError("the subscription ended")

    async def events(self, after: str | None = None, task: str | None = None) -> list[dict[str, Any]]:
        """The event log from a cursor on."""
        document = """query($after: Cursor, $task: ID) { events(after: $after, taskId: $task, first: 500) {
          edges { node { cursor at kind taskId source data } } pageInfo { hasNextPage endCursor } } }"""
        found: list[dict[str, Any]] = []
        while True:
            page = (await self.call(document, after=after, task=task))["events"]
            found += [edge["node"] for edge in page["edges"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                return found


@dataclass
class Server:
    """`chorus serve` as a child process; it can be killed and started again on the same state."""

    state_dir: Path
    home: Path
    config: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    @property
    def environment(self) -> dict[str, str]:
        runtime = self.home / "run"
        runtime.mkdir(mode=0o700, exist_ok=True)
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "USER") if name in os.environ}
        return {
            **kept,
            "HOME": str(self.home),
            "XDG_RUNTIME_DIR": str(runtime),
            "PYTHONWARNINGS": "default",
            **self.env,
        }

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "chorus", *arguments]

    def start(self) -> Api:
        """Start it and wait until it answers."""
        self.spawn()
        return self.api()

    def spawn(self) -> None:
        configuration = self.home / ".config" / "chorus" / "config.toml"
        configuration.parent.mkdir(parents=True, exist_ok=True)
        configuration.write_text(self.config)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command("serve", str(self.home), "--port", "0", "--state-dir", str(self.state_dir)),
                env=self.environment,
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def api(self) -> Api:
        """A client, as soon as this process has announced itself and is healthy."""
        assert self.process is not None
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended:\n{self.log.read_text()}")
            found = self._announced()
            if found is not None and _healthy(found):
                return Api(found, (self.state_dir / "token").read_text().strip())
            time.sleep(0.02)  # nothing tells another process that a port is open
        raise AssertionError(f"the server is not ready:\n{self.log.read_text()}")

    def _announced(self) -> str | None:
        assert self.process is not None
        try:
            found = json.loads((self.state_dir / "server.json").read_text())
        except (OSError, ValueError):
            return None
        return str(found["url"]) if found["pid"] == self.process.pid else None

    def kill(self) -> None:
        """What a crash or the OOM killer does."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.kill()  # none is left behind, whatever is wrong with it
            raise AssertionError(f"the server did not stop:\n{self.log.read_text()}") from None

    def cli(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command line against this server."""
        return subprocess.run(
            self.command(*arguments, "--state-dir", str(self.state_dir)),
            env=self.environment,
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def end_sessions(self) -> None:
        """End the tmux servers of this state directory, and no others."""
        for path in (self.home / "run").rglob("*"):
            if path.is_socket():
                subprocess.run(["tmux", "-S", str(path), "kill-server"], capture_output=True, check=False)


def _healthy(url: str) -> bool:
    try:
        return httpx.get(url + "/healthz", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


@contextmanager
def running(home: Path, config: str = "", **env: str) -> Iterator[Server]:
    """A running server with a clean home; its sessions end with it."""
    server = Server(home / "state", home, config, env)
    try:
        server.start()
        yield server
    finally:
        if server.process is not None and server.process.poll() is None:
            server.stop()
        server.end_sessions()


def git(folder: Path, *arguments: str) -> str:
    """Run git in a test repository; its output."""
    done = subprocess.run(
        ["git", "-c", "user.name=Test", "-c", "user.email=test@localhost", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def repository(folder: Path, **files: str) -> Path:
    """A repository with one commit."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    for name, text in {"README.md": "# Test\n", **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Begin")
    return folder
