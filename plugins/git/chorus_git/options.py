"""The plugin's own table of the configuration, `[plugins.git]`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chorus.backends import PluginConfig
from chorus.errors import BadInput


@dataclass(frozen=True, slots=True)
class Options:
    """How git is used.

    `command` is the program: a name on PATH or a path. `timeout` is the most that one call of it may
    take, `checkout_timeout` the most for one that writes or reads many files (filling a new worktree),
    `lock_timeout` how long a lock that somebody else holds is waited for, all in seconds. `worktrees` is
    the folder below which all worktrees are made. `base` is the branch where tasks begin when they do not
    say, in repositories that have it. Files of more than `max_file_mib` MiB are not committed, except
    those of Git LFS: hosting services refuse them (GitHub at 100 MiB), and a history that has one never
    gets rid of it.
    """

    worktrees: Path
    command: str = "git"
    timeout: float = 30.0
    checkout_timeout: float = 300.0
    lock_timeout: float = 10.0
    base: str = ""
    max_file_mib: float = 100.0


def read_options(config: PluginConfig) -> Options:
    """The options as configured. Raises BadInput naming the key that cannot be used."""
    unknown = sorted(set(config.options) - set(_READERS))
    if unknown:
        raise BadInput(
            f"[plugins.git] does not know `{unknown[0]}` (it knows: {', '.join(sorted(_READERS))})."
        )
    values = {key: _READERS[key](config.options, key) for key in config.options}
    return Options(**{"worktrees": config.state_dir / "worktrees", **values})


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table[key]
    if not isinstance(value, str) or "\0" in value:
        raise BadInput(f"[plugins.git] {key} must be a text.")
    return value


def _command(table: Mapping[str, Any], key: str) -> str:
    value = _text(table, key)
    if not value or value.startswith("-"):
        raise BadInput(f'[plugins.git] {key} must be a program, for example {key} = "git".')
    return value


def _number(table: Mapping[str, Any], key: str) -> float:
    value = table[key]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or value <= 0:
        raise BadInput(f"[plugins.git] {key} must be a number greater than 0.")
    return float(value)


def _folder(table: Mapping[str, Any], key: str) -> Path:
    path = Path(_text(table, key)).expanduser()
    if not path.is_absolute():
        raise BadInput(f'[plugins.git] {key} must be an absolute path, for example "~/worktrees".')
    return path


_READERS: dict[str, Callable[[Mapping[str, Any], str], Any]] = {
    "base": _text,
    "checkout_timeout": _number,
    "command": _command,
    "lock_timeout": _number,
    "max_file_mib": _number,
    "timeout": _number,
    "worktrees": _folder,
}
