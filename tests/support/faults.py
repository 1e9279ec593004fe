"""What tests of faults share: a server on a fixed port that may die, agents with a diary, invariants."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from websockets.asyncio.client import ClientConnection, connect

from tests.support.live import Api, Server, git, repository

T = TypeVar("T")

LISTENER = Path(__file__).with_name("listener.py")


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class SturdyServer(Server):
    """A server that comes back on the same port: agents that live on keep its address."""

    port: int = field(default_factory=free_port)

    def command(self, *arguments: str) -> list[str]:
        command = super().command(*arguments)
        if "--port" in command:
            command[command.index("--port") + 1] = str(self.port)
        return command

    @property
    def environment(self) -> dict[str, str]:
        path = {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
        return path | super().environment

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def died(self, seconds: float = 5) -> bool:
        assert self.process is not None
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True


@dataclass
class Scene:
    """A server, its home, a repository, and a client that is made anew after each restart."""

    server: SturdyServer
    api: Api
    home: Path
    repo: Path
    deaths: int = 0
    crashes: list[str] = field(default_factory=list)  #: where the servers to come are to die

    @property
    def diaries(self) -> Path:
        return self.home / "diaries"

    def diary(self, task: str) -> list[list[Any]]:
        try:
            lines = (self.diaries / task).read_text().splitlines()
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in lines]

    def noted(self, task: str, word: str) -> list[list[Any]]:
        return [line[1:] for line in self.diary(task) if line[0] == word]

    async def restart(self, **env: str) -> None:
        """Start the server again, once it is gone; it may die while it starts, if that is wanted."""
        await self.api.__aexit__()
        kept = {name: value for name, value in self.server.env.items() if name != "CHORUS_CRASH_AT"}
        self.server.env = {**kept, **env}
        try:
            self.api = await asyncio.to_thread(self.server.start)
        except AssertionError:
            if "CHORUS_CRASH_AT" not in env or not self.server.died():
                raise

    async def kill_and_restart(self) -> None:
        self.server.kill()
        await self.restart()

    def next_crash(self) -> dict[str, str]:
        return {"CHORUS_CRASH_AT": self.crashes.pop(0)} if self.crashes else {}

    async def do(self, step: Callable[[Api], Awaitable[T]]) -> T:
        """Do it, and if the server dies meanwhile do it again with the next one, as a client would."""
        while True:
            try:
                return await step(self.api)
            except Exception:
                if not await asyncio.to_thread(self.server.died):
                    raise
                self.deaths += 1
                await self.restart(**self.next_crash())

    # --- what there is --------------------------------------------------------------------------

    def worktrees(self) -> list[str]:
        listed = git(self.repo, "worktree", "list", "--porcelain")
        return [line.split()[1] for line in listed.splitlines() if line.startswith("worktree ")]

    def branches(self) -> list[str]:
        return git(self.repo, "branch", "--list", "chorus/*", "--format=%(refname:short)").split()

    def sessions(self) -> list[str]:
        """The sockets behind which a tmux server lives."""
        found = (str(path) for path in (self.home / "run").rglob("*") if path.is_socket())
        return [one for one in found if tmux(one, "list-sessions").returncode == 0]

    def socket_of(self, attach: str) -> str:
        """The socket in an attach command."""
        words = attach.split()
        return words[words.index("-S") + 1]

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(
            sqlite3.connect(f"file:{self.server.state_dir / 'chorus.db'}?mode=ro", uri=True)
        ) as database:
            return database.execute(sql, values).fetchall()

    async def settled(self) -> None:
        """Wait until the host has nothing left to do."""
        async with asyncio.timeout(30):
            while self.query("SELECT 1 FROM commands WHERE state = 'PENDING'"):
                await asyncio.sleep(0.05)  # nothing public tells of commands

    async def check(self) -> None:
        """What must be true at any time."""
        numbers = [int(event["cursor"][1:]) for event in await self.api.events()]
        assert numbers == list(range(1, len(numbers) + 1)), "the event log has a gap or a double"
        for path in self.diaries.iterdir():
            diary = [json.loads(line) for line in path.read_text().splitlines()]
            read = [line[1] for line in diary if line[0] == "read"]
            assert len(read) == len(set(read)), f"a prompt was delivered twice: {read}"
        assert len(self.worktrees()) == len(set(self.worktrees()))


def tmux(path: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["tmux", "-S", path, *words], capture_output=True, text=True, check=False, env={})


def alive(pid: int) -> bool:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] not in "ZX"


async def until(wanted: Callable[[], object], seconds: float = 45, what: str = "it") -> None:
    """Wait for something that nothing announces: the state of processes and files."""
    async with asyncio.timeout(seconds):
        while not wanted():
            await asyncio.sleep(0.02)


def configuration(home: Path, more: str = "") -> str:
    """`listener` is typed to, `sleeper` takes its prompt as an argument and reports nothing."""
    return f"""
[agents.listener]
command = ["{sys.executable}", "-u", "{LISTENER}"]
resume = ["{sys.executable}", "-u", "{LISTENER}"]
env = {{ DIARY = "{home / "diaries"}" }}

[agents.sleeper]
command = ["sh", "-c", "echo $0; exec sleep 600", "{{prompt}}"]
resume = ["sh", "-c", "echo resumed; exec sleep 600"]

[agents.failing]
command = ["sh", "-c", "exit 3", "{{prompt}}"]
{more}
"""


@contextmanager
def new_home() -> Iterator[Path]:
    """A folder with a short path: sockets below it have at most 107 bytes."""
    home = Path(tempfile.mkdtemp(prefix="ch-"))
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


@asynccontextmanager
async def scene(
    home: Path, more: str = "", *, crashes: Sequence[str] = (), **env: str
) -> AsyncIterator[Scene]:
    """A running server in a home of its own; whatever is left of its agents ends with it."""
    (home / "diaries").mkdir()
    repo = repository(home / "repo", **{"app.py": "one\n"})
    server = SturdyServer(home / "state", home, configuration(home, more), env)
    try:
        found = Scene(server, Api(server.url, ""), home, repo, crashes=[*crashes])
        try:
            await found.restart(**found.next_crash())
            yield found
        finally:
            await found.api.__aexit__()
    finally:
        if server.process is not None and server.process.poll() is None:
            server.stop()
        server.end_sessions()
        end_agents(home)


def end_agents(home: Path) -> None:
    """End what was left of the agents of this home, and nothing else."""
    mark = f"HOME={home}".encode()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid() and mark in environment(entry):
            subprocess.run(["kill", "-9", entry.name], capture_output=True, check=False)


def environment(process: Path) -> list[bytes]:
    try:
        return (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return []


def said(task: Mapping[str, Any], number: int) -> str | None:
    """The state of a task's message, None while there is none."""
    messages = task["messages"]
    return messages[number]["state"] if len(messages) > number else None


async def begin(api: Api, project: str, description: str, agent: str = "listener", **fields: Any) -> str:
    """A task whose agent has got its first prompt; its id."""
    task = await api.create(
        description[:40] or "Work", projectId=project, agent=agent, description=description, **fields
    )
    await api.start(task)
    wanted = ("ACCEPTED",) if agent == "listener" else ("ACCEPTED", "DELIVERED")
    await api.until(task, lambda one: said(one, 0) in wanted)
    return task


async def at_rest(api: Api, task: str) -> dict[str, Any]:
    return await api.until(task, lambda one: one["agentStatus"] == "IDLE")


async def ended(api: Api, task: str, runs: int = 1) -> dict[str, Any]:
    """The task as soon as so many of its runs are over; the last of them."""

    def over(one: dict[str, Any]) -> bool:
        return len(one["runs"]) >= runs and one["runs"][runs - 1]["end"] is not None

    found: dict[str, Any] = (await api.until(task, over))["runs"][runs - 1]
    return found


def refused(server: SturdyServer, within: float = 30) -> str:
    """Start a server that has to refuse; what it says."""
    server.log.unlink(missing_ok=True)
    server.spawn()
    assert server.died(within), "it serves"
    assert server.process is not None
    assert server.process.returncode not in (0, -9)
    said = server.log.read_text()
    assert "Traceback" not in said, said
    return said


def contents(database: Path) -> dict[str, int]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}


LIST = """{ tasks(first: 100) { nodes: edges { node { id status agentStatus activity
  messages { id text state } runs { id end } } } }
  permissionRequests { id summary } }"""


async def state(api: Api) -> tuple[dict[str, Any], list[Any]]:
    data = await api.call(LIST)
    return {one["node"]["id"]: one["node"] for one in data["tasks"]["nodes"]}, data["permissionRequests"]


@asynccontextmanager
async def terminal(api: Api, task: str, after: int) -> AsyncIterator[ClientConnection]:
    address = "ws" + api.url.removeprefix("http") + f"/terminal/{task}?after={after}"
    headers = {"Authorization": api.authorization}
    async with connect(address, additional_headers=headers, proxy=None) as socket:
        start = json.loads(await socket.recv())
        assert (start["type"], start["offset"]) == ("start", after)
        yield socket


async def bytes_until(socket: ClientConnection, end: bytes) -> bytes:
    """What the terminal shows, up to and with these bytes."""
    seen = b""
    async with asyncio.timeout(30):
        while end not in seen:
            frame = await socket.recv()
            assert isinstance(frame, bytes), f"nothing is missing, and it does not end: {frame}"
            seen += frame
    return seen
