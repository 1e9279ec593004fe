"""The program that asks for permission: its request outlives servers, and it does not outlive its agent."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from chorus_hooks import ClaudeHooks

from chorus.testing.agents import launch_request
from tests.support.hook_server import HookServer
from tests.support.terminal import becomes, run

REPORT = {"hook_event_name": "PermissionRequest", "tool_name": "Bash", "tool_input": {"command": "make"}}
ANSWER = {"hookSpecificOutput": {"hookEventName": "PermissionRequest", "decision": {"behavior": "allow"}}}

#: Runs the command in a shell, and notes its process.
AGENT = """import pathlib, signal, subprocess, sys
child = subprocess.Popen(["sh", "-c", sys.argv[1]], stdin=0)
pathlib.Path(sys.argv[2]).write_text(str(child.pid))
signal.pause()
"""


def command(place: Path, url: str) -> tuple[str, Path]:
    """The shell's command for a permission request, and the file that holds the address."""
    file = place / "hook-url"
    injection = ClaudeHooks().inject(launch_request(place, hook_url=url, hook_url_file=file))
    for name, text in injection.files.items():
        (place / name).write_text(text)
    hooks = json.loads(injection.files["settings.json"])["hooks"]
    return str(hooks["PermissionRequest"][0]["hooks"][0]["command"]), file


@asynccontextmanager
async def asking(line: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """The reporter as Claude Code runs it, with its report given."""
    env = {"PATH": os.environ["PATH"], "CHORUS_HOOK_TOKEN": "secret", "HTTP_PROXY": "http://127.0.0.1:9"}
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec("sh", "-c", line, stdin=pipe, stdout=pipe, env=env)
    assert process.stdin
    process.stdin.write(json.dumps(REPORT).encode())
    process.stdin.close()
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def told(process: asyncio.subprocess.Process) -> str:
    async with asyncio.timeout(45):
        out, _ = await process.communicate()
    assert process.returncode == 0
    return out.decode()


@asynccontextmanager
async def dying_server() -> AsyncIterator[tuple[str, asyncio.Queue[dict[str, Any]]]]:
    """A server that takes a report and dies with it: the connection breaks, nobody listens any more."""
    taken: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length:"))
        taken.put_nowait(json.loads(await reader.readexactly(length)))
        server.close()
        writer.transport.abort()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook", taken
    finally:
        server.close()


async def test_the_answer_is_printed(tmp_path: Path, hook_server: HookServer) -> None:
    line, _ = command(tmp_path, hook_server.url)
    async with asking(line) as process:
        held = await hook_server.reported("PermissionRequest")
        assert held.authorization == "Bearer secret"
        assert {name: held.payload[name] for name in REPORT} == REPORT
        held.decide(ANSWER)
        assert json.loads(await told(process)) == ANSWER


async def test_the_same_request_is_asked_of_the_next_server(tmp_path: Path, hook_server: HookServer) -> None:
    async with dying_server() as (url, taken):
        line, file = command(tmp_path, url)
        async with asking(line) as process:
            first = await taken.get()
            file.write_text(hook_server.url)
            again = await hook_server.reported("PermissionRequest")
            assert again.payload == first
            assert len(first["chorus_report_id"]) == 32
            again.decide(ANSWER)
            assert json.loads(await told(process)) == ANSWER


async def test_a_server_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    async with dying_server() as (url, _):
        pass
    line, file = command(tmp_path, url)
    async with asking(line) as process, HookServer() as hook_server:
        file.write_text(hook_server.url)
        (await hook_server.reported("PermissionRequest")).decide(ANSWER)
        assert json.loads(await told(process)) == ANSWER


@pytest.mark.parametrize("status", [401, 410, 400])
async def test_a_refusal_is_final_and_silent(tmp_path: Path, status: int, hook_server: HookServer) -> None:
    hook_server.refuses = status
    line, _ = command(tmp_path, hook_server.url)
    async with asking(line) as process:
        assert await told(process) == ""
    assert len(hook_server.reports) == 1


async def test_a_server_that_stops_is_asked_again(tmp_path: Path, hook_server: HookServer) -> None:
    hook_server.refuses = 503
    line, _ = command(tmp_path, hook_server.url)
    async with asking(line) as process:
        await hook_server.reported("PermissionRequest", number=2)
        hook_server.refuses = None
        held = await hook_server.reported(
            "PermissionRequest", match=lambda _: hook_server.refuses is None, number=3
        )
        held.decide(ANSWER)
        assert json.loads(await told(process)) == ANSWER
    assert len({report.payload["chorus_report_id"] for report in hook_server.reports}) == 1


async def test_it_ends_with_its_agent(tmp_path: Path, hook_server: HookServer) -> None:
    """Killed the hard way, the agent cannot end it; it notices, and the request is given up."""
    line, _ = command(tmp_path, hook_server.url)
    pid = tmp_path / "pid"
    agent = shlex.join([sys.executable, "-I", "-S", "-c", AGENT, line, str(pid)])
    async with asking(f"exec {agent}") as process:
        held = await hook_server.reported("PermissionRequest")
        process.send_signal(signal.SIGKILL)
        async with asyncio.timeout(45):
            await held.gone.wait()
    reporter = Path(f"/proc/{pid.read_text().strip()}/cmdline")
    await becomes(lambda: asyncio.to_thread(_words, reporter), lambda words: "report.py" not in words)


def _words(program: Path) -> str:
    try:
        return program.read_text(errors="replace")
    except OSError:
        return ""


async def report(command: str, url: str, body: bytes) -> str:
    """Run the SessionStart command as Claude Code does: by a shell, with the payload on standard input."""
    env = {**os.environ, "CHORUS_HOOK_TOKEN": "secret", "HTTP_PROXY": "http://127.0.0.1:9"}
    return await run("sh", "-c", command, stdin=body, env=env)


async def test_the_start_is_reported_by_a_command(tmp_path: Path, hook_server: HookServer) -> None:
    place = tmp_path / "a 'quoted' folder; true"
    place.mkdir()
    injection = ClaudeHooks().inject(launch_request(place, hook_url=hook_server.url))
    for name, text in injection.files.items():
        (place / name).write_text(text)
    command = json.loads(injection.files["settings.json"])["hooks"]["SessionStart"][0]["hooks"][0]["command"]
    assert sys.executable in command
    assert await report(command, hook_server.url, b'{"hook_event_name": "SessionStart"}') == ""
    [arrived] = hook_server.reports
    assert (arrived.event, arrived.authorization) == ("SessionStart", "Bearer secret")
    away = command.replace(hook_server.url, "http://127.0.0.1:9/hook")
    assert await report(away, "", b"{}") == ""  # nobody there: silent, and a success
