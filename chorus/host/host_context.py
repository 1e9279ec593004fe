"""Context that every part of the host agent shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chorus.host.port import ControlPlane
from chorus.plugins import Plugins


@dataclass(frozen=True, slots=True)
class HostContext:
    """`environ` is the environment of the server, of which agents inherit a part."""

    control: ControlPlane
    plugins: Plugins
    host_id: str
    state_dir: Path
    environ: Mapping[str, str]
