"""The settings as people may see them: each value with where it was set, and nothing that is a secret."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from typing import Any

from chorus.settings import Settings

#: What is shown for a value that may be a secret.
HIDDEN = "(not shown)"

#: Names of values that are secrets by what they are called.
_SECRET = re.compile(r"(token|secret|password|passwd|api_?key|credential)s?$", re.IGNORECASE)

#: The password in `scheme://user:password@host`.
_PASSWORD = re.compile(r"(://[^/@:]*:)[^/@]*@")

#: Tables with fixed keys; the others are tables of tables.
_SECTIONS = tuple(item.name for item in fields(Settings) if is_dataclass(item.default_factory))


@dataclass(frozen=True, slots=True)
class Setting:
    """One key. `source` is a file, "the environment", or "default"."""

    name: str
    value: Any
    source: str


def listed(settings: Settings) -> list[Setting]:
    """Every setting of the server, in the order of the documentation. The values of `env` tables and
    passwords in addresses are hidden: they are other programs' secrets.
    """
    found = [Setting("state_dir", str(settings.state_dir), "default or --state-dir")]
    return found + [
        Setting(name, _shown(name, value), settings.origins.get(name, "default"))
        for name, value in _values(settings)
    ]


def _values(settings: Settings) -> Iterator[tuple[str, Any]]:
    for section in _SECTIONS:
        for key, value in asdict(getattr(settings, section)).items():
            yield f"{section}.{key}", value
    tables = {"agents": settings.agents, "permissions.profiles": settings.profiles}
    for table, entries in tables.items():
        for name, entry in entries.items():
            yield f"{table}.{name}", _fields(entry)
    for name, options in settings.plugins.items():
        yield f"plugins.{name}", dict(options)
    yield "plugins.disabled", list(settings.disabled_plugins)


def _fields(entry: Any) -> dict[str, Any]:
    return asdict(entry)


def _shown(name: str, value: Any) -> Any:
    if name in ("database.url", "bus.url") and value:
        return _without_password(str(value))
    if isinstance(value, Mapping):
        return {key: _entry(key, part) for key, part in value.items()}
    return list(value) if isinstance(value, tuple) else value


def _entry(key: str, value: Any) -> Any:
    if _SECRET.search(key):
        return HIDDEN
    if key == "env" and isinstance(value, Mapping):
        return dict.fromkeys(value, HIDDEN)
    return list(value) if isinstance(value, tuple) else value


def _without_password(url: str) -> str:
    return _PASSWORD.sub(r"\1***@", url)
