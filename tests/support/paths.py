"""Where the repository, its tools and the fakes are."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

#: A fake of GitButler's command, or the real one where somebody names it.
FAKE_BUT = ROOT / "tests" / "support" / "fakes" / "but"
BUT = os.environ.get("CHORUS_TEST_BUT") or str(FAKE_BUT)


def tools() -> Mapping[str, Any]:
    """What set-up found and installed; install_tools.py says what is in it."""
    try:
        found = json.loads((ROOT / ".tools" / "tools.json").read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def chromium() -> str | None:
    """The browser that set-up found or installed, or the one on PATH."""
    return tools().get("chromium") or shutil.which("chromium") or shutil.which("chromium-browser")
