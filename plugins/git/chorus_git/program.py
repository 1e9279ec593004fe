"""Running git: arguments as a list, a clean environment, a time limit, bounded output.

A repository is not trusted: its configuration and hooks are written by whoever works in it, agents
included, and all worktrees share them. So every call switches off what such a configuration could make
git start, and calls that would run filters or diff drivers never read it at all (see `control`).
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import Container, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from chorus.errors import BackendError, ChorusError, Unavailable
from chorus_git.failures import LOCKED, failure, locked
from chorus_git.options import Options

#: Bytes of git's output that are read at most; lists of files of the largest public repositories fit.
OUTPUT_LIMIT = 64 * 1024 * 1024
STDERR_LIMIT = 64 * 1024
#: Seconds between asking git to end, which lets it remove its locks, and ending it.
GRACE = 2.0

#: The command line has the last word over every configuration file.
HARDENING = (
    ("core.hooksPath", "/dev/null"),
    ("core.fsmonitor", "false"),
    ("core.pager", "cat"),
    ("core.editor", "false"),
    ("core.askPass", "false"),
    ("core.sshCommand", "false"),
    ("core.gitProxy", "false"),
    ("core.alternateRefsCommand", "false"),
    ("credential.helper", ""),
    ("diff.external", ""),
    ("gpg.program", "false"),
    ("commit.gpgSign", "false"),
    ("log.showSignature", "false"),
    ("protocol.allow", "never"),
    ("protocol.ext.allow", "never"),
    ("submodule.recurse", "false"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
)
_ENVIRONMENT = {
    "LC_ALL": "C",  # messages are recognised in English
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "false",
    "GIT_EDITOR": "false",
    "GIT_PAGER": "cat",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",  # no network, no transport helper: not even a partial clone fetches
}
#: What git may see of the server's environment. GIT_CONFIG_GLOBAL says where the user's own settings are.
_INHERITED = ("PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a call of git works: its folder, the variables that point at a repository, more settings."""

    cwd: str
    env: Mapping[str, str] = field(default_factory=dict)
    config: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Output:
    """What git printed. `cut` says that there was more than the limit."""

    code: int
    stdout: bytes
    stderr: str
    cut: bool = False

    @property
    def text(self) -> str:
        return os.fsdecode(self.stdout).strip("\n")

    @property
    def fields(self) -> list[bytes]:
        """The fields of output that is separated or ended by NUL."""
        return self.stdout.split(b"\0")[:-1] if self.stdout.endswith(b"\0") else self.stdout.split(b"\0")


class Git:
    """The git program."""

    def __init__(self, options: Options) -> None:
        self.command = options.command
        self._options = options

    async def run(
        self,
        place: Place,
        *args: str,
        stdin: bytes = b"",
        ok: Container[int] = (0,),
        limit: int | None = None,
        many_files: bool = False,
    ) -> Output:
        """Run `git ARGS` and return what it printed when its exit code is in `ok`.

        A lock in the way is waited for, up to the lock time-out; then Busy. Raises BackendError or
        StorageFull for other failures, Unavailable when the place or git itself is not there. With a
        `limit` of its own (bytes), longer output is cut; without, it is a failure. `many_files` allows
        the longer time-out.
        """
        seconds = self._options.checkout_timeout if many_files else self._options.timeout
        clock = asyncio.get_running_loop().time
        start = clock()
        pause = 0.02
        while True:
            output = await self._once(place, args, stdin, seconds, limit or OUTPUT_LIMIT)
            if output.cut and limit is None:
                raise BackendError(f"`git {args[0]}` printed more than {OUTPUT_LIMIT >> 20} MiB.")
            if output.code in ok or output.cut:
                return output
            lock = LOCKED.search(output.stderr)
            if lock is None:
                raise failure(args[0], output.code, output.stderr)
            if clock() - start >= self._options.lock_timeout:
                raise locked(lock["path"], self._options.lock_timeout)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 0.5)

    async def _once(
        self, place: Place, args: tuple[str, ...], stdin: bytes, seconds: float, limit: int
    ) -> Output:
        process = await self._start(place, args)
        try:
            async with asyncio.timeout(seconds):
                return await _talk(process, stdin, limit)
        except TimeoutError as error:
            raise BackendError(
                f"`git {args[0]}` did not finish within {seconds:g} s and was ended.", seconds=seconds
            ) from error
        finally:
            await _end(process)
            await _discard(process.stdout)
            await _discard(process.stderr)

    async def _start(self, place: Place, args: tuple[str, ...]) -> asyncio.subprocess.Process:
        settings = [part for key, value in (*HARDENING, *place.config) for part in ("-c", f"{key}={value}")]
        try:
            return await asyncio.create_subprocess_exec(
                self.command,
                *settings,
                *args,
                cwd=place.cwd,
                env={**environment(), **place.env},
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise self._not_started(place, error) from error

    def _not_started(self, place: Place, error: OSError) -> ChorusError:
        if not os.path.isdir(place.cwd):
            return Unavailable(f"The folder {place.cwd} is not there: it was moved or deleted.")
        if shutil.which(self.command) is None:
            return Unavailable(missing(self.command))
        return BackendError(f"git cannot be started: {error.strerror or error}.")


def environment() -> dict[str, str]:
    """The environment of every call: an allow-list, so that no GIT_ variable of the server reaches git."""
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return {**inherited, **_ENVIRONMENT}


def missing(command: str) -> str:
    return f"{command!r} is not on PATH: install git, or set `command` in [plugins.git]."


async def _talk(process: asyncio.subprocess.Process, stdin: bytes, limit: int) -> Output:
    assert process.stdout is not None
    assert process.stderr is not None
    async with asyncio.TaskGroup() as group:
        group.create_task(_feed(process, stdin))
        stderr = group.create_task(_drain(process.stderr))
        stdout, cut = await _read(process.stdout, limit)
        if cut:
            await _end(process)
            await _discard(process.stdout)
    return Output(await process.wait(), stdout, stderr.result().decode(errors="replace"), cut)


async def _feed(process: asyncio.subprocess.Process, data: bytes) -> None:
    assert process.stdin is not None
    with suppress(BrokenPipeError, ConnectionResetError):  # git may have failed before it read everything
        process.stdin.write(data)
        await process.stdin.drain()
    process.stdin.close()


async def _read(stream: asyncio.StreamReader, limit: int) -> tuple[bytes, bool]:
    """Up to `limit` bytes, and whether there was more."""
    data = bytearray()
    while len(data) <= limit and (chunk := await stream.read(65536)):
        data += chunk
    return bytes(data[:limit]), len(data) > limit


async def _drain(stream: asyncio.StreamReader) -> bytes:
    """Everything is read, because a full pipe would stop git, and only the beginning is kept."""
    data = bytearray()
    while chunk := await stream.read(65536):
        data += chunk[: max(0, STDERR_LIMIT - len(data))]
    return bytes(data)


async def _end(process: asyncio.subprocess.Process) -> None:
    """End the whole process group, if it runs: so that git can remove its locks, and then for certain."""
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError, TimeoutError):
        os.killpg(process.pid, signal.SIGTERM)
        async with asyncio.timeout(GRACE):
            await process.wait()
    with suppress(ProcessLookupError):  # also for helpers that outlive git
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


async def _discard(stream: asyncio.StreamReader | None) -> None:
    """Read to the end: asyncio lets go of a process only when its pipes are closed."""
    with suppress(TimeoutError):
        async with asyncio.timeout(GRACE):
            while stream and not stream.at_eof():
                await stream.read(65536)
