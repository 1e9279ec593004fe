"""What can be configured: the `[documents]` table and `[plugins.documents]`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from chorus import PluginConfig
from chorus.errors import BadInput

INCLUDE = ("*.md", "docs/**/*.md", ".claude/**/*.md")


@dataclass(frozen=True, slots=True)
class Options:
    """`include` and `exclude` come from `[documents]`, the rest from `[plugins.documents]`.

    `max_bytes` is the size over which a file is no document, `max_documents` how many a project may have,
    `max_watches` how many folders of a project are watched by inotify (the others are looked at every ten
    seconds), and `gitignore` whether what git ignores is left out.
    """

    include: tuple[str, ...] = INCLUDE
    exclude: tuple[str, ...] = ()
    max_bytes: int = 2 * 1024 * 1024
    max_documents: int = 20_000
    max_watches: int = 4_096
    gitignore: bool = True

    @classmethod
    def read(cls, config: PluginConfig) -> Options:
        """Raises BadInput naming the table and the key that cannot be used."""
        table: Mapping[str, Any] = config.settings.get("documents", {})
        return cls(
            include=_patterns(table.get("include", INCLUDE), "include"),
            exclude=_patterns(table.get("exclude", ()), "exclude"),
            **_options(config.options),
        )


def _patterns(value: object, key: str) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise BadInput(f'[documents] {key} must be a list of patterns, for example {key} = ["docs/**/*.md"]')
    return tuple(value)


def _options(table: Mapping[str, Any]) -> dict[str, Any]:
    known: dict[str, Any] = {
        one.name: one.default for one in fields(Options) if one.name not in ("include", "exclude")
    }
    for key, value in table.items():
        if key not in known:
            raise BadInput(f"[plugins.documents] unknown key `{key}` (known: {', '.join(sorted(known))})")
        if type(value) is not type(known[key]):
            kind = "true or false" if key == "gitignore" else "a whole number"
            raise BadInput(f"[plugins.documents] {key} must be {kind}")
        if value is not False and value < 1:
            raise BadInput(f"[plugins.documents] {key} must be at least 1")
    return dict(table)
