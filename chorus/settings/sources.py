"""Sources of settings: TOML files, variables of the environment, and plain tables.

Each source gives tables of plain values and can tell where it says something, which is asked only for errors.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from msgspec import inspect

from chorus.errors import BadInput
from chorus.settings.kinds import Kind, kinds_of

#: The name of the environment as a source, as people see it.
ENVIRONMENT = "the environment"

#: The way to a table or key; a number is a position in a list.
Keys = tuple[str | int, ...]


class Source(Protocol):
    @property
    def name(self) -> str:
        """Where people find it."""

    def table(self, path: Keys, model: type) -> Any:
        """Return what it says at this path, read as `model`; None for nothing."""

    def place(self, path: Keys) -> str:
        """Return the exact place where it says something."""


@dataclass(frozen=True)
class File:
    """A TOML file."""

    name: str
    text: str
    tree: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path) -> File:
        """Raise BadInput if the file cannot be read or is not TOML."""
        try:
            text = path.read_text(encoding="utf-8")
            return cls(str(path), text, tomllib.loads(text))
        except (OSError, ValueError, RecursionError) as error:
            raise BadInput(f"{path} cannot be read: {error}") from error

    def table(self, path: Keys, model: type) -> Any:
        value: Any = self.tree
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        return value

    def place(self, path: Keys) -> str:
        lengths = range(len(path), 0, -1)
        line = next((self._lines[path[:length]] for length in lengths if path[:length] in self._lines), None)
        return f"{self.name}:{line}" if line else self.name

    @cached_property
    def _lines(self) -> Mapping[tuple[str | int, ...], int]:
        from chorus.settings.toml_lines import key_lines

        return key_lines(self.text)


@dataclass(frozen=True)
class Environment:
    """The variables `CHORUS_<TABLE>_<KEY>`; each belongs to the one key of this name."""

    variables: Mapping[str, str]
    name: str = ENVIRONMENT

    def table(self, path: Keys, model: type) -> Any:
        tree: dict[str, Any] = {}
        for key, kind in kinds_of(model).items():
            here = (*path, key)
            value = self.table(here, kind.model) if kind.model else self._value(variable(here), kind)
            if value is not None:
                tree[key] = value
        return tree or None

    def place(self, path: Keys) -> str:
        lengths = range(len(path), 0, -1)
        names = (variable(path[:length]) for length in lengths)
        return next((name for name in names if name in self.variables), variable(path))

    def _value(self, name: str, kind: Kind) -> Any:
        text = self.variables.get(name)
        return None if text is None else _decoded(text, kind.info)


@dataclass(frozen=True)
class Table:
    """A table that comes from no file."""

    path: Keys
    tree: Mapping[str, Any]
    name: str = "a program"

    def table(self, path: Keys, model: type) -> Any:
        return self.tree if path == self.path else None

    def place(self, path: Keys) -> str:
        return ""


def variable(path: Keys) -> str:
    """Return the name of the variable of a key."""
    return re.sub(r"[^A-Z0-9]", "_", "_".join(("chorus", *map(str, path))).upper())


def _decoded(text: str, info: inspect.Type) -> Any:
    """Return the value that a variable stands for, or its text if there is none."""
    match info:
        case inspect.BoolType():
            return {"true": True, "false": False}.get(text.lower(), text)
        case inspect.IntType() | inspect.FloatType():
            return _number(text)
        case inspect.VarTupleType() if not text.startswith("["):
            return text.split(",") if text else []
        case inspect.VarTupleType() | inspect.DictType():
            return _toml_value(text)
        case _:
            return text


def _number(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text
