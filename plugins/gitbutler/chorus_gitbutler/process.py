"""Running one program to its end: no terminal, no shell, no waiting for a person."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

from chorus.errors import BackendError, Unavailable

#: Seconds that a program has to end by itself after SIGTERM (git removes its lock files then).
GRACE = 2.0
#: Bytes of output that are read; a diff that is larger is not something a person reads either.
MOST_OUTPUT = 32 * 1024 * 1024

_INHERITED = re.compile(
    r"PATH|HOME|USER|LOGNAME|LANG|LC_[A-Z]+|TZ|TMPDIR|XDG_[A-Z_]+|SSH_AUTH_SOCK|DBUS_SESSION_BUS_ADDRESS"
)
_SECRET = re.compile(r"(?<=://)[^/@\s]+@")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class TimedOut(BackendError):
    """The program did not finish in time and was ended."""


@dataclass(frozen=True, slots=True)
class Finished:
    """How a program ended. A negative `code` is the signal that ended it."""

    argv: tuple[str, ...]
    code: int
    stdout: str
    stderr: str


def inherited() -> dict[str, str]:
    """The part of the server's environment that a program may see.

    An allow-list: no secret of the server, and none of the variables (`CLAUDECODE`, `GIT_DIR`, pagers,
    editors …) that change what `but` and `git` do.
    """
    return {name: value for name, value in os.environ.items() if _INHERITED.fullmatch(name)}


def readable(text: str) -> str:
    """Text of a program made safe to show: no control characters, no credentials of URLs."""
    return _SECRET.sub("", _CONTROL.sub("", text)).strip()


async def run(argv: Sequence[str], *, cwd: str, env: Mapping[str, str], limit: float) -> Finished:
    """Run `argv` and wait for it, at most `limit` seconds; then its whole process group is ended.

    Raises TimedOut, Unavailable when the program cannot be started, BackendError when it says too much.
    """
    # Files rather than pipes: a helper left in the background may hold a pipe open for ever.
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            process = await asyncio.create_subprocess_exec(
                *argv,
                cwd=cwd,
                env=dict(env),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        except OSError as error:
            raise Unavailable(
                f"Cannot start {argv[0]}: {error.strerror or error}.", reason="cannot_start"
            ) from error
        try:
            async with asyncio.timeout(limit):
                code = await process.wait()
        except TimeoutError as error:
            raise TimedOut(
                f"`{_title(argv)}` did not finish in {limit:g} s and was ended.", reason="timeout"
            ) from error
        finally:
            if process.returncode is None:
                await _end(process)
        return Finished(tuple(argv), code, _text(out, argv), _text(err, argv))


async def _end(process: asyncio.subprocess.Process) -> None:
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), GRACE)
            break
    with suppress(ProcessLookupError):  # helpers that outlived their parent
        os.killpg(process.pid, signal.SIGKILL)


def _text(file: IO[bytes], argv: Sequence[str]) -> str:
    file.seek(0)
    data = file.read(MOST_OUTPUT + 1)
    if len(data) > MOST_OUTPUT:
        raise BackendError(
            f"`{_title(argv)}` printed more than {MOST_OUTPUT >> 20} MiB.", reason="too_much_output"
        )
    return data.decode(errors="surrogateescape")


def _title(argv: Sequence[str]) -> str:
    """The program and its command, without the arguments that may be a person's text."""
    words = [os.path.basename(argv[0]), *(word for word in argv[1:3] if not word.startswith("-"))]
    return readable(" ".join(words))
