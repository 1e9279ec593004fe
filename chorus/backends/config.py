"""What a plugin is given when it is asked for its backends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    OptionsT = TypeVar("OptionsT", default=Mapping[str, Any], covariant=True)
else:
    from typing import TypeVar  # knows no defaults yet

    OptionsT = TypeVar("OptionsT", covariant=True)


@dataclass(frozen=True, slots=True)
class PluginConfig(Generic[OptionsT]):
    """What a plugin is given when it is asked for its backends.

    `options` is its own table `[plugins.<name>]`: an instance of the class that its hook `chorus_settings`
    returns (then it is a `PluginConfig[Options]`), or the plain table if it has no such hook. `state_dir`
    lasts and `runtime_dir` is for sockets (its path is short enough for a socket below it: at most 80
    bytes); both are private (0700). `settings` is the whole configuration as plain data, for plugins that
    serve tables of their own.
    """

    options: OptionsT
    state_dir: Path
    runtime_dir: Path
    settings: Mapping[str, Any] = field(default_factory=dict)
