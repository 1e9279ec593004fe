"""A real terminal for one program: a tmux server of its own, driven by its command line."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from chorus.backends import Keys

#: Seconds between two looks: a screen has no event for "this text is there now".
LOOK = 0.05

#: Becomes the program, so that the pane's process is the program's.
LAUNCH = "import json, os, sys; argv, env = json.load(open(sys.argv[1])); os.execvpe(argv[0], argv, env)"


async def run(
    *argv: str, stdin: bytes = b"", env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> str:
    """Run a program to its end; what it printed. AssertionError with its last words when it fails."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *argv, stdin=pipe, stdout=pipe, stderr=pipe, env=env, cwd=cwd
    )
    out, error = await process.communicate(stdin)
    if process.returncode:
        raise AssertionError(f"{argv[:8]} failed: {error.decode(errors='replace')}")
    return out.decode(errors="replace")


async def becomes(
    look: Callable[[], Awaitable[str]], match: Callable[[str], bool], within: float = 20.0
) -> str:
    """What `look` returns as soon as it matches."""
    seen = ""
    try:
        async with asyncio.timeout(within):
            while not match(seen := await look()):
                await asyncio.sleep(LOOK)
    except TimeoutError:
        raise AssertionError(f"not within {within} s; the last look was:\n{seen}") from None
    return seen


def _words(program: Path) -> str:
    try:
        return program.read_text(errors="replace")
    except OSError:
        return ""


class Terminal:
    """One tmux server with one pane of 120 by 40; `close` ends everything in it."""

    def __init__(self, socket: Path) -> None:
        self._place = socket
        self._socket = socket
        self._starts = 0
        self._open = False

    async def start(self, argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> None:
        """Run a program with this environment, and of ours only what a terminal needs."""
        # A socket of its own for each: a server that was just told to end may still hold the last one.
        self._starts += 1
        self._socket = self._place.with_name(f"{self._place.name}-{self._starts}")
        ours = {name: os.environ[name] for name in ("PATH", "SHELL") if name in os.environ}
        whole = {"LANG": "C.UTF-8", "TERM": "tmux-256color", **ours, **env}
        # By way of a file: tmux takes 16 KB of command, a prompt may be longer.
        launch = self._socket.with_name("launch.json")
        launch.write_text(json.dumps([list(argv), whole]))
        first = ("start-server", ";", "set-option", "-g", "remain-on-exit", "on", ";")
        place = ("new-session", "-d", "-x", "120", "-y", "40", "-c", str(cwd), "--")
        await self._tmux(*first, *place, sys.executable, "-I", "-S", "-c", LAUNCH, str(launch), env=ours)
        self._open = True

    async def press(self, keys: Sequence[Keys]) -> None:
        for key in keys:
            await self._tmux("load-buffer", "-b", "keys", "-", stdin=key.data)
            await self._tmux("paste-buffer", "-r", "-d", "-b", "keys")
            await asyncio.sleep(key.pause)

    async def screen(self) -> str:
        return await self._tmux("capture-pane", "-p")

    async def title(self) -> str:
        return await self.show("#{pane_title}")

    async def pid(self) -> int:
        return int(await self.show("#{pane_pid}"))

    async def shows(self, match: str | Callable[[str], bool], within: float = 20.0) -> str:
        """The screen as soon as it holds this text, or makes this true."""
        matches = (lambda screen: match in screen) if isinstance(match, str) else match
        return await becomes(self.screen, matches, within)

    async def ended(self, within: float = 20.0) -> None:
        await becomes(lambda: self.show("#{pane_dead}"), lambda dead: dead == "1", within)

    async def close(self) -> None:
        """Close the terminal, and wait until the program has left: it still writes files."""
        if self._open:
            self._open = False
            program = Path(f"/proc/{await self.pid()}/cmdline")
            await self._tmux("kill-server")
            await becomes(lambda: asyncio.to_thread(_words, program), lambda words: words == "")

    async def show(self, what: str) -> str:
        """What tmux knows of the pane, as one of its formats."""
        return (await self._tmux("display-message", "-p", what)).rstrip("\n")

    async def _tmux(self, *words: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> str:
        command = ("tmux", "-u", "-S", str(self._socket), "-f", "/dev/null")
        return await run(*command, *words, stdin=stdin, env=env)
