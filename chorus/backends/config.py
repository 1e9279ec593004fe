"""What a plugin is given when it is asked for its backends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class PluginConfig:
    """What a plugin is given when it is asked for its backends.

    `options` is its own `[plugins.<name>]` table. `state_dir` lasts and `runtime_dir` is for sockets
    (its path is short enough for a socket below it: at most 80 bytes); both are private (0700).
    `settings` is the whole configuration as plain data, for plugins that serve tables of their own.
    """

    options: Mapping[str, Any]
    state_dir: Path
    runtime_dir: Path
    settings: Mapping[str, Any] = field(default_factory=dict)
