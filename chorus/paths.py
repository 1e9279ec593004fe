"""Where the built web client and the migrations are: copies in a wheel, the originals in a checkout."""

from __future__ import annotations

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
