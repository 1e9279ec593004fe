"""A program in a pseudo-terminal of this process, for tests and for the fake session backend."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import struct
import termios
from collections.abc import Callable, Mapping, Sequence

from chorus.testing.waiting import eventually

#: The newest bytes that are kept in memory.
KEPT = 4 * 1024 * 1024


class Terminal:
    """A program with a terminal for itself. `output` is what it printed; `heard` is given each piece."""

    def __init__(
        self, process: asyncio.subprocess.Process, master: int, heard: Callable[[bytes], None]
    ) -> None:
        self.process = process
        self.output = b""
        self.closed = False  #: nothing can be printed any more
        self._heard = heard
        self._master = master
        self._changed = asyncio.Event()
        self._typing = asyncio.Lock()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(master, self._read)

    @classmethod
    async def start(
        cls,
        argv: Sequence[str],
        environment: Mapping[str, str] | None = None,
        *,
        size: tuple[int, int] = (80, 24),
        heard: Callable[[bytes], None] = lambda data: None,
    ) -> Terminal:
        """Start a program as leader of a session of its own, with a terminal of (columns, rows)."""
        master, slave = os.openpty()
        os.set_blocking(master, False)
        set_size(master, *size)
        try:
            process = await asyncio.create_subprocess_exec(
                *argv, stdin=slave, stdout=slave, stderr=slave, env=environment,
                start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            )  # fmt: skip
        except BaseException:
            os.close(master)
            raise
        finally:
            os.close(slave)
        return cls(process, master, heard)

    async def until(self, text: bytes, seconds: float = 40.0) -> bytes:
        """Wait until this was printed; everything printed so far. EOFError when it will not be any more,
        AssertionError when it was not within so many seconds.
        """
        try:
            async with asyncio.timeout(seconds):
                while text not in self.output:
                    await self._more(f"{text!r} was never printed, only {self.output[-2000:]!r}")
        except TimeoutError:
            said = f"{text!r} was not printed in {seconds} s, only {self.output[-2000:]!r}"
            raise AssertionError(said) from None
        return self.output

    async def _more(self, otherwise: str) -> None:
        if self.closed:
            raise EOFError(otherwise)
        self._changed.clear()
        await self._changed.wait()

    async def write(self, data: bytes) -> None:
        """Type these bytes, as fast as the program takes them."""
        view = memoryview(data)
        async with self._typing:
            while view:
                try:
                    view = view[os.write(self._master, view[:4096]) :]
                except BlockingIOError:
                    await self._writable()

    async def _writable(self) -> None:
        ready = asyncio.Event()
        self._loop.add_writer(self._master, ready.set)
        try:
            await ready.wait()
        finally:
            self._loop.remove_writer(self._master)

    def resize(self, cols: int, rows: int) -> None:
        set_size(self._master, cols, rows)

    async def finished(self, seconds: float = 40.0) -> int:
        """Wait for the program's end, and for what it printed last; its exit code as asyncio gives it.
        AssertionError when it has not ended within so many seconds.
        """
        try:
            async with asyncio.timeout(seconds):
                code = await self.process.wait()
                while not self.closed:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"not over in {seconds} s; printed {self.output[-2000:]!r}") from None
        return code

    async def end(self) -> None:
        """Close the terminal, which hangs up on everything in it, and end what stays all the same."""
        self._close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2):
                await self.process.wait()
        await eventually(self._group_is_gone)
        await self.process.wait()

    def _group_is_gone(self) -> bool:
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return True
        return False

    def _read(self) -> None:
        try:
            data = os.read(self._master, 65536)
        except BlockingIOError:
            return
        except OSError:  # EIO: nothing holds the terminal any more
            data = b""
        if data:
            self.output = (self.output + data)[-KEPT:]
            self._heard(data)
            self._changed.set()
        else:
            self._close()

    def _close(self) -> None:
        if not self.closed:
            self.closed = True
            self._loop.remove_reader(self._master)
            os.close(self._master)
            self._heard(b"")
            self._changed.set()


def set_size(terminal: int, cols: int, rows: int) -> None:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))
