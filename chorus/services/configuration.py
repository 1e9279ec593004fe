"""The settings as people may see them: each value with where it was set, and nothing that is a secret."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from enum import Enum
from typing import Any

from chorus.settings import Configuration, Settings, is_secret

#: What is shown for a value that may be a secret.
HIDDEN = "(not shown)"

#: The password in `scheme://user:password@host`.
_PASSWORD = re.compile(r"(://[^/@:]*:)[^/@]*@")


@dataclass(frozen=True, slots=True)
class Setting:
    """One key. `source` is a file, "the environment", or "default"."""

    name: str
    value: Any
    source: str


def listed(settings: Settings) -> list[Setting]:
    """Return every setting of the server and its plugins.

    The values of `env` tables and passwords in addresses are hidden: they are other programs' secrets.
    """
    found = [Setting("state_dir", str(settings.state_dir), "default or --state-dir")]
    return found + [
        Setting(name, _shown(name, value), settings.origins.get(name, "default"))
        for name, value in _values(settings)
    ]


def _values(settings: Settings) -> Iterator[tuple[str, Any]]:
    for item in fields(Configuration):
        table = getattr(settings, item.name)
        if item.name == "permissions":
            yield from _entries("permissions.profiles", settings.profiles)
        elif is_dataclass(table):
            yield from _keys(item.name, table)
        else:
            yield from _entries(item.name, table)
    for plugin, options in settings.options.items():
        name = f"plugins.{plugin}"
        yield from _keys(name, options) if is_dataclass(options) else _entries(name, options)


def _keys(table: str, values: Any) -> Iterator[tuple[str, Any]]:
    for item in fields(values):
        value = getattr(values, item.name)
        yield f"{table}.{item.name}", value


def _entries(table: str, entries: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, entry in entries.items():
        yield f"{table}.{name}", entry


def _shown(name: str, value: Any) -> Any:
    """Return plain data without secrets; a table named `env` shows its names only."""
    key = name.rpartition(".")[2]
    if is_secret(key) and value:
        return HIDDEN
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, Mapping):
        return {one: HIDDEN if key == "env" else _shown(one, part) for one, part in value.items()}
    if isinstance(value, list | tuple):
        return [_shown("", part) for part in value]
    plain = value.value if isinstance(value, Enum) else value
    return _PASSWORD.sub(r"\1***@", plain) if isinstance(plain, str) else plain
