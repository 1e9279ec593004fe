"""Running tmux: which program it is, what it can do, and what its failures mean."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from chorus.errors import BackendError, Unavailable
from chorus_tmux.spawning import output

#: The oldest version with options for single panes, which carry our marks.
AT_LEAST = (3, 0)

#: Seconds a single command may take. A healthy server answers in 2 ms; one that was stopped, never.
TIMEOUT = 10.0

#: Commands that run at once: each is a process of its own.
AT_ONCE = 8

_ABSENT = re.compile(
    r"no server running on|error connecting to .* \(No such file or directory\)"
    r"|can't find session|no sessions|no current target"  # the last: its only session has just ended
)
_BETWEEN = re.compile(r"server exited|lost server")


class Absent(Exception):
    """There certainly is no such server or session."""


class Between(Exception):
    """A server was ending at this moment; what comes after is not known yet."""


class Tmux:
    """The tmux program."""

    def __init__(self, command: str) -> None:
        self.command = command
        self._limit = asyncio.Semaphore(AT_ONCE)
        self._known: dict[tuple[str, int], tuple[int, ...] | None] = {}

    def problem(self) -> str | None:
        """Why it cannot be used, and what to do; None when it can."""
        path = shutil.which(self.command)
        if path is None:
            return (
                f"{self.command!r} was not found: install tmux {_text(AT_LEAST)} or newer "
                "(Debian and Ubuntu: apt install tmux), or set [plugins.tmux] command to its path."
            )
        version = self._version(path)
        if version is not None and version < AT_LEAST:
            return f"{path} is version {_text(version)}: install tmux {_text(AT_LEAST)} or newer."
        return None

    def path(self) -> str:
        """The program's full path. Raises Unavailable."""
        if problem := self.problem():
            raise Unavailable(problem)
        return str(shutil.which(self.command))

    def version(self) -> tuple[int, ...]:
        """Major and minor; a version without a number is a development one, newer than all."""
        return self._version(self.path()) or (99,)

    def _version(self, path: str) -> tuple[int, ...] | None:
        """Asked once for each state of the file."""
        key = (path, os.stat(path).st_mtime_ns)
        if key not in self._known:
            self._known[key] = _ask_version(path)
        return self._known[key]

    async def run(self, socket: Path, *words: str, env: Mapping[str, str] | None = None) -> str:
        """Run one tmux process and return what it prints. It sees no other environment than `env`.

        Raises Absent, Between, Unavailable (no answer: nothing is known) or BackendError.
        """
        argv = [self.path(), "-u", "-S", str(socket), *words]
        async with self._limit:
            code, out, err = await output(argv, env or {}, TIMEOUT)
        if code == 0:
            return out
        raise failure(err or out)


def failure(text: str) -> Exception:
    """What tmux's words mean."""
    text = text.strip()
    if _ABSENT.search(text):
        return Absent(text)
    if _BETWEEN.search(text):
        return Between(text)
    if "error connecting to" in text:
        return Unavailable(f"The tmux server cannot be reached: {text}.")
    return BackendError(f"tmux failed: {text or 'it said nothing'}.")


def _ask_version(path: str) -> tuple[int, ...] | None:
    try:
        done = subprocess.run(
            [path, "-V"], capture_output=True, timeout=TIMEOUT, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(rb"(\d+)\.(\d+)", done.stdout)  # tmux 3.3a, tmux next-3.6, tmux master
    return (int(found[1]), int(found[2])) if found else None


def _text(version: Sequence[int]) -> str:
    return ".".join(map(str, version))
