"""A control-mode client of our own: a few dozen microseconds per command instead of a process each.

tmux answers each command with a block, `%begin TIME NUMBER FLAGS`, lines, `%end` or `%error` with the same
three; anything between blocks is a notification, and ignored. Bytes in, bytes out: only %output may hold
bytes that are no UTF-8, and we ask not to get it.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from chorus.errors import Unavailable
from chorus_tmux import quoting
from chorus_tmux.program import TIMEOUT, Tmux
from chorus_tmux.spawning import Child

#: The longest line that is taken from tmux, in bytes.
_LINE = 1024 * 1024

#: Seconds a client gets to detach before it is killed. It must be gone before its server is ended: tmux 3.3a
#: waits for ever for one that does not read.
_DETACH = 2.0


class Lost(Exception):
    """The connection has ended; whether the last commands were carried out is not known."""


@dataclass(frozen=True, slots=True)
class Block:
    """The answer to one command."""

    ok: bool
    lines: list[str]


class Control:
    """A connection to a task's session."""

    def __init__(self, child: Child, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._child = child
        self._reader = reader
        self._writer = writer
        self._broken = False  #: a request was broken off
        self._token = secrets.token_hex(8)
        #: Whether pasted bytes are left alone only when asked for (tmux 3.7 and newer).
        self.cleans_pastes = False

    @classmethod
    async def open(cls, tmux: Tmux, path: Path) -> Control:
        """Attach to the session `main` of the server at a socket. Raises Lost when there is none."""
        flags = ["-f", "no-output,ignore-size"] if tmux.version() >= (3, 2) else []
        argv = [tmux.path(), "-u", "-S", str(path), "-C", "attach-session", "-t", "=main", *flags]
        ours, theirs = socket.socketpair()
        with theirs:
            end = theirs.fileno()
            child = Child(argv, {}, stdin=end, stdout=end, stderr=subprocess.DEVNULL)
        control = cls(child, *await asyncio.open_unix_connection(sock=ours, limit=_LINE))
        try:
            await control._prepare([] if flags else [["refresh-client", "-F", "no-output"]])
        except BaseException:
            await control.close()
            raise
        return control

    async def _prepare(self, commands: list[list[str]]) -> None:
        for command in commands:
            await self.request(quoting.line(command))
        # The server is asked, not the program: it may have been upgraded since the server was started.
        usage = await self.request(quoting.line(["list-commands"]))
        pastes = [line for block in usage for line in block.lines if line.startswith("paste-buffer ")]
        self.cleans_pastes = any("S" in line.split("]")[0] for line in pastes)

    @property
    def lost(self) -> bool:
        return self._broken or self._child.ended.is_set() or self._reader.at_eof()

    async def request(self, *lines: bytes) -> list[Block]:
        """Have the lines carried out; the blocks of all their commands, in order.

        A command may answer with any number of blocks, so a last one is sent that is known by its answer.
        Not to be called by two at once. Raises Lost, or Unavailable when there is no answer.
        """
        self._broken = True  # until all answers were read: the next request would take them for its own
        try:
            async with asyncio.timeout(TIMEOUT):
                last = quoting.line(["display-message", "-p", self._token])
                self._writer.write(b"".join(line + b"\n" for line in (*lines, last)))
                await self._writer.drain()
                blocks = await self._blocks()
        except TimeoutError:
            raise Unavailable(f"tmux did not answer within {TIMEOUT:g} s.") from None
        except (ConnectionError, ValueError) as error:  # ValueError: a line beyond all bounds
            raise Lost(str(error)) from error
        self._broken = False
        return blocks

    async def _blocks(self) -> list[Block]:
        blocks: list[Block] = []
        while True:
            block = await self._block()
            if block.lines == [self._token]:
                return blocks
            blocks.append(block)

    async def _block(self) -> Block:
        while not (line := await self._line()).startswith(b"%begin "):
            pass
        ends = {line.replace(b"%begin", b"%end", 1): True, line.replace(b"%begin", b"%error", 1): False}
        lines: list[str] = []
        while (line := await self._line()) not in ends:
            lines.append(line.decode(errors="replace"))
        return Block(ends[line], lines)

    async def _line(self) -> bytes:
        line = await self._reader.readline()
        if not line.endswith(b"\n"):
            raise Lost("tmux closed the connection")
        return line[:-1]

    async def close(self) -> None:
        """Leave the session. It stays."""
        try:
            if self.lost:
                self._child.kill()
            else:
                self._writer.write_eof()  # the end of the input detaches
            async with asyncio.timeout(_DETACH):
                await self._child.ended.wait()
        except (TimeoutError, OSError):
            self._child.kill()
        finally:
            self._writer.close()
