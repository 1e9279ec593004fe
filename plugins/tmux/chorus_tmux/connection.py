"""The connection to a task's server: opened by its first use, closed when nobody uses it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path

from chorus.errors import Conflict, Unavailable
from chorus_tmux import quoting
from chorus_tmux.control import Block, Control, Lost
from chorus_tmux.program import Tmux, failure

#: Seconds it stays open after its last use.
IDLE = 10.0


class Connection:
    """Not to be used by two at once. When nobody used it, it calls `on_idle`, which may close it."""

    def __init__(self, tmux: Tmux, socket: Path, on_idle: Callable[[], Coroutine[None, None, None]]) -> None:
        self._tmux = tmux
        self._socket = socket
        self._on_idle = on_idle
        self._control: Control | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._closing: asyncio.Task[None] | None = None

    @property
    def is_open(self) -> bool:
        return self._control is not None and not self._control.lost

    @property
    def raw_paste(self) -> list[str]:
        """What paste-buffer needs to leave bytes alone."""
        return ["-S"] if self._control is not None and self._control.cleans_pastes else []

    async def open(self) -> None:
        """Raises Unavailable."""
        if not self.is_open:
            await self.close()
            try:
                self._control = await Control.open(self._tmux, self._socket)
            except (Lost, OSError) as error:
                raise Unavailable(f"There is no connection to the task's tmux server: {error}.") from error
        self._start_timer()

    async def ask(self, *commands: Sequence[str | bytes]) -> list[str]:
        """Carry out commands, all or none, and return what they say. Raises ChorusErrors, Lost, Absent."""
        return answer(await self.request(quoting.line(*commands)))

    async def request(self, *lines: bytes) -> list[Block]:
        if self._control is None:
            raise Lost("not connected")
        return await self._control.request(*lines)

    async def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._control is not None:
            control, self._control = self._control, None
            await control.close()

    def _start_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(IDLE, self._expire)

    def _expire(self) -> None:
        self._timer = None
        self._closing = asyncio.create_task(self._on_idle())

    @property
    def unused(self) -> bool:
        """Whether nobody used it since it was found idle."""
        return self._timer is None


def answer(blocks: Sequence[Block]) -> list[str]:
    """What commands said. Raises what their failure means."""
    for block in blocks:
        if not block.ok:
            text = " ".join(block.lines)
            raise ended() if "can't find pane" in text else failure(text)
    return [line for block in blocks for line in block.lines]


def ended() -> Conflict:
    return Conflict("The program in this task's terminal has ended: start the task again.")
