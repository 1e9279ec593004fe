"""Printing for people and for programs. Text that came from a server is data: escapes are shown, not
obeyed.
"""

from __future__ import annotations

import json
import os
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from chorus import paths
from chorus.cli.client import Client

F = TypeVar("F", bound=Callable[..., Any])


def state_dir_option(command: F) -> F:
    return click.option(
        "--state-dir",
        type=click.Path(path_type=Path, file_okay=False),
        help="Where Chorus keeps its state (default: $XDG_STATE_HOME/chorus).",
    )(command)


def json_option(command: F) -> F:
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def state_folder(given: Path | None) -> Path:
    """Return the folder of the state. A client of a server needs no more of the configuration than this."""
    return (given or paths.state_dir(os.environ)).absolute()


def with_client(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give the command a client of the running server as its first argument."""

    @state_dir_option
    @wraps(command)
    def run(state_dir: Path | None, **arguments: Any) -> Any:
        return command(Client.of(state_folder(state_dir)), **arguments)

    return run


def printable(text: object, *, lines: bool = False) -> str:
    """A string that cannot move the cursor, recolour the terminal or forge a line."""
    kept = "\n\t" if lines else ""
    return "".join(
        char if char in kept or unicodedata.category(char) not in ("Cc", "Cf", "Cs") else ascii(char)[1:-1]
        for char in str(text)
    )


def show_json(value: object) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def show_table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    cells = [[printable("" if cell is None else cell) for cell in row] for row in rows]
    widths = [max(len(row[at]) for row in [list(headings), *cells]) for at in range(len(headings))]
    for row in [list(headings), *cells]:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def show_fields(fields: Mapping[str, object]) -> None:
    width = max(len(name) for name in fields)
    for name, value in fields.items():
        if value is not None and value != "":
            click.echo(f"{name.ljust(width)}  {printable(value)}")
