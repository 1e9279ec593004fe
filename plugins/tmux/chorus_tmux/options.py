"""The plugin's own table of the configuration, `[plugins.tmux]`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from chorus.settings import Meta, Program

#: Columns and rows a terminal can have. Programs misbehave in smaller ones, and a larger one is a mistake.
COLS = (20, 500)
ROWS = (5, 300)
#: Lines of history: tmux 3.3a keeps about 8.4 bytes per cell, 0.7 KB per line of 80 columns.
HISTORY = (0, 100_000)


@dataclass(frozen=True, slots=True)
class Options:
    """`[plugins.tmux]`: the terminals of tasks."""

    command: Annotated[Program, Meta(description="The tmux program, by name or path.", examples=["tmux"])] = (
        "tmux"
    )
    history: Annotated[
        int, Meta(ge=HISTORY[0], le=HISTORY[1], description="Lines that can be scrolled back.")
    ] = 2000
    cols: Annotated[int, Meta(ge=COLS[0], le=COLS[1], description="Columns of a new terminal.")] = 120
    rows: Annotated[int, Meta(ge=ROWS[0], le=ROWS[1], description="Rows of a new terminal.")] = 40


def clamped(value: int, bounds: tuple[int, int]) -> int:
    return max(bounds[0], min(bounds[1], value))
