"""Who sets the size of a terminal that several people look at.

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
class _Screen:
    seats: set[Seat] = field(default_factory=set)
    holder: Seat | None = None
    size: tuple[int, int] = (0, 0)  #: columns and rows; 0: nobody here has set it


class Seat:
    """One viewer's place before a screen."""

    def __init__(self, screen: _Screen) -> None:
        self._screen = screen
        self._changed = asyncio.Event()

    @property
    def sized_by(self) -> SizedBy:
        holder = self._screen.holder
        return "nobody" if holder is None else "you" if holder is self else "other"

    @property
    def size(self) -> tuple[int, int]:
        return self._screen.size

    def set_size(self, cols: int, rows: int) -> None:
        """This viewer has set the size; the others get to know."""
        self._screen.holder, self._screen.size = self, (cols, rows)
        self._tell_others()

    async def changed(self) -> None:
        """Wait until another viewer sets the size or lets go of it; only the last of several counts."""
        await self._changed.wait()
        self._changed.clear()

    def leave(self) -> None:
        self._screen.seats.discard(self)
        if self._screen.holder is self:
            self._screen.holder = None
            self._tell_others()

    def _tell_others(self) -> None:
        for seat in self._screen.seats - {self}:
            seat._changed.set()


class Screens:
    """The screens that somebody looks at, by task."""

    def __init__(self) -> None:
        self._screens: dict[str, _Screen] = {}

    @contextmanager
    def seat(self, task_id: str) -> Iterator[Seat]:
        screen = self._screens.setdefault(task_id, _Screen())
        seat = Seat(screen)
        screen.seats.add(seat)
        try:
            yield seat
        finally:
            seat.leave()
            if not screen.seats:
                self._screens.pop(task_id, None)
