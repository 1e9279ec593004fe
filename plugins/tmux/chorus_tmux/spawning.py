"""Starting tmux processes so that nothing ever waits for more than their end.

asyncio's own subprocesses also wait for their pipes to close. tmux hands those to its server, which may be
stopped; and uvloop lets a new server inherit them, so they stay open for as long as it lives.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from chorus.errors import Unavailable


class Child:
    """A process of ours. It inherits the three files it is given, and nothing else."""

    def __init__(
        self, argv: Sequence[str], env: Mapping[str, str], *, stdin: int, stdout: int, stderr: int
    ) -> None:
        self.ended = asyncio.Event()
        try:
            # In a folder that cannot go away, and out of reach of a Ctrl-C meant for the server of Chorus.
            self._process = subprocess.Popen(
                argv, env=env, cwd="/", start_new_session=True, stdin=stdin, stdout=stdout, stderr=stderr
            )
        except OSError as error:
            raise Unavailable(f"{argv[0]} cannot be run: {error.strerror}.") from error
        self._loop = asyncio.get_running_loop()
        self._handle = os.pidfd_open(self._process.pid)
        self._loop.add_reader(self._handle, self._collect)

    @property
    def code(self) -> int:
        """How it ended, as subprocess gives it."""
        return self._process.poll() or 0

    def kill(self) -> None:
        """End it, if it has not ended. It is collected when it is gone, without anybody waiting."""
        if not self.ended.is_set():
            self._process.kill()

    def _collect(self) -> None:
        self._loop.remove_reader(self._handle)
        os.close(self._handle)
        self._process.wait()  # at once: it has ended
        self.ended.set()


async def output(argv: Sequence[str], env: Mapping[str, str], seconds: float) -> tuple[int, str, str]:
    """Run a program to its end: its exit code, and what it printed. Raises Unavailable after so long."""
    with _memory() as out, _memory() as err:
        child = Child(argv, env, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        try:
            async with asyncio.timeout(seconds):
                await child.ended.wait()
        except TimeoutError:
            raise Unavailable(f"tmux did not answer within {seconds:g} s.") from None
        finally:
            child.kill()
        return child.code, _content(out), _content(err)


@contextmanager
def _memory() -> Iterator[int]:
    """A file in memory: reading it never blocks, whoever else has it open."""
    file = os.memfd_create("tmux")
    try:
        yield file
    finally:
        os.close(file)


def _content(file: int) -> str:
    return os.pread(file, os.fstat(file).st_size, 0).decode(errors="replace")
