"""Size of a terminal that several people look at.

A terminal has one size. Whoever set it last keeps it until they leave; the others are told, and can take
it over by setting another one. Nothing is stored: it is about windows that are open now.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

SizedBy = Literal["you", "other", "nobody"]


@dataclass(eq=False, slots=True)
class _SharedSize:
    viewers: set[Viewer] = field(default_factory=set)
    holder: Viewer | None = None
    size: tuple[int, int] = (0, 0)  #: columns and rows; 0: nobody here has set it


class Viewer:
    """One of those who look at a terminal."""

    def __init__(self, shared: _SharedSize) -> None:
        self._shared = shared
        self._changed = asyncio.Event()

    @property
    def sized_by(self) -> SizedBy:
        holder = self._shared.holder
        return "nobody" if holder is None else "you" if holder is self else "other"

    @property
    def size(self) -> tuple[int, int]:
        return self._shared.size

    def set_size(self, cols: int, rows: int) -> None:
        """This viewer has set the size; the others get to know."""
        self._shared.holder, self._shared.size = self, (cols, rows)
        self._tell_others()

    async def changed(self) -> None:
        """Wait until another viewer sets the size or lets go of it; only the last of several counts."""
        await self._changed.wait()
        self._changed.clear()

    def leave(self) -> None:
        self._shared.viewers.discard(self)
        if self._shared.holder is self:
            self._shared.holder = None
            self._tell_others()

    def _tell_others(self) -> None:
        for viewer in self._shared.viewers - {self}:
            viewer._changed.set()


class TerminalSizes:
    """The sizes of the terminals that are looked at, by task."""

    def __init__(self) -> None:
        self._sizes: dict[str, _SharedSize] = {}

    @contextmanager
    def join(self, task_id: str) -> Iterator[Viewer]:
        shared = self._sizes.setdefault(task_id, _SharedSize())
        viewer = Viewer(shared)
        shared.viewers.add(viewer)
        try:
            yield viewer
        finally:
            viewer.leave()
            if not shared.viewers:
                self._sizes.pop(task_id, None)
