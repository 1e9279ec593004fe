"""The real Claude Code CLIs for the tests: where they are, and surroundings that keep them on this machine.

`make test` installs two of them (install_tools.py): the oldest supported version, and the newest that the
registry serves. A test asks for both with

    @pytest.mark.parametrize("version", CLAUDES)

and is skipped, with the reason, where one is missing. A CLI is only ever started with `Surroundings`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.paths import tools

#: The oldest supported version, and the newest; the keys of `claude` in tools.json.
VERSIONS = ("2.1.197", "latest")

#: Looks like a key and is none; the CLI remembers the last 20 characters of an approved one.
API_KEY = "sk-ant-scripted-endpoint-00000000000000000000"


def find_claude(version: str) -> Path | None:
    """The program of this version; None when it is not installed."""
    place = tools().get("claude", {}).get(version)
    return Path(place) if place and os.access(place, os.X_OK) else None


def why_missing(version: str) -> str:
    reason = tools().get("missing", {}).get(f"claude {version}", "`make test` installs it")
    return f"Claude Code {version} is not installed: {reason}"


def _parameter(version: str) -> Any:
    missing = find_claude(version) is None
    return pytest.param(version, marks=pytest.mark.skipif(missing, reason=why_missing(version)), id=version)


#: For `@pytest.mark.parametrize("version", CLAUDES)`.
CLAUDES = [_parameter(version) for version in VERSIONS]


@dataclass(frozen=True)
class Surroundings:
    """A home and a configuration directory of their own for one CLI, and the endpoint it talks to."""

    home: Path
    base_url: str

    @property
    def config_dir(self) -> Path:
        return self.home / ".claude"

    def seed(self, trusted: Iterable[Path] = (), **changes: Any) -> None:
        """Write the configuration of a person who is past the first-run dialogs and trusts these folders.

        A key changed to None is left out: `seed(theme=None, hasCompletedOnboarding=None)` is a new user.
        """
        self.config_dir.mkdir(parents=True, exist_ok=True)
        seed = {
            "hasCompletedOnboarding": True,
            "theme": "dark",
            "customApiKeyResponses": {"approved": [API_KEY[-20:]], "rejected": []},
            "projects": {str(folder): {"hasTrustDialogAccepted": True} for folder in trusted},
            **changes,
        }
        kept = {key: value for key, value in seed.items() if value is not None}
        (self.config_dir / ".claude.json").write_text(json.dumps(kept))

    @property
    def env(self) -> dict[str, str]:
        """What the CLI needs in its environment besides PATH: for `[plugins.hooks] env`, or as it is."""
        return {
            "HOME": str(self.home),
            "CLAUDE_CONFIG_DIR": str(self.config_dir),
            "ANTHROPIC_BASE_URL": self.base_url,
            "ANTHROPIC_API_KEY": API_KEY,
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "CLAUDE_CODE_DISABLE_OFFICIAL_MARKETPLACE_AUTOINSTALL": "1",
            "DISABLE_AUTOUPDATER": "1",
            "NO_PROXY": "127.0.0.1,localhost",
        }
