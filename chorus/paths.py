"""Folders: of the state and the sockets, of the built web client and the migrations.

The last two are copies in a wheel and the originals in a checkout. Nothing here needs the configuration.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parent


def migrations() -> Path:
    """The folder of Alembic's `env.py` and `versions`."""
    packaged = _PACKAGE / "_alembic"
    return packaged if packaged.is_dir() else _CHECKOUT / "alembic"


def web_client() -> Path | None:
    """The folder of the built client's `index.html`, or None when Chorus was installed without it."""
    places = (_PACKAGE / "_web", _CHECKOUT / "web" / "dist")
    return next((place for place in places if (place / "index.html").is_file()), None)


def state_dir(environ: Mapping[str, str]) -> Path:
    """Return the folder of the record, the token and the worktrees."""
    if environ.get("CHORUS_STATE_DIR"):
        return Path(environ["CHORUS_STATE_DIR"])
    home = Path(environ.get("HOME") or Path.home())
    return Path(environ.get("XDG_STATE_HOME") or home / ".local" / "state") / "chorus"


def runtime_dir(environ: Mapping[str, str], state: Path) -> Path:
    """Return the folder of sockets: one for each state directory.

    It is short enough for the path of a socket, which has at most 107 bytes on Linux.
    """
    base = Path(environ.get("XDG_RUNTIME_DIR") or "")
    if not environ.get("XDG_RUNTIME_DIR") or len(str(base)) > 50 or not os.access(base, os.W_OK):
        base = Path("/tmp") / f"chorus-{os.getuid()}"
    return base / "chorus" / hashlib.sha256(str(state).encode()).hexdigest()[:8]
