"""The plugin's own table of the configuration, `[plugins.tmux]`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from chorus.errors import BadInput

#: Columns and rows a terminal can have. Programs misbehave in smaller ones, and a larger one is a mistake.
COLS = (20, 500)
ROWS = (5, 300)
#: Lines of history: tmux 3.3a keeps about 8.4 bytes per cell, 0.7 KB per line of 80 columns.
HISTORY = (0, 100_000)


@dataclass(frozen=True, slots=True)
class Options:
    command: str = "tmux"
    history: int = 2000
    cols: int = 120
    rows: int = 40


def read_options(table: Mapping[str, Any]) -> Options:
    """Check the table. Raises BadInput that names the key and what it may be."""
    known = {field.name for field in fields(Options)}
    for name in table:
        if name not in known:
            raise BadInput(f"[plugins.tmux] has no `{name}` (known: {', '.join(sorted(known))}).")
    usual = Options()
    command = table.get("command", usual.command)
    if not isinstance(command, str) or not command or "\0" in command:
        raise BadInput('[plugins.tmux] command must be the name or path of a program, such as "tmux".')
    return Options(
        command=command,
        history=_number(table, "history", usual.history, HISTORY),
        cols=_number(table, "cols", usual.cols, COLS),
        rows=_number(table, "rows", usual.rows, ROWS),
    )


def _number(table: Mapping[str, Any], name: str, default: int, bounds: tuple[int, int]) -> int:
    value = table.get(name, default)
    if type(value) is not int or not bounds[0] <= value <= bounds[1]:
        raise BadInput(f"[plugins.tmux] {name} must be a whole number from {bounds[0]} to {bounds[1]}.")
    return value


def clamped(value: int, bounds: tuple[int, int]) -> int:
    return max(bounds[0], min(bounds[1], value))
