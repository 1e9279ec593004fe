"""Configuration files for the tests of settings."""

from __future__ import annotations

from pathlib import Path

from chorus.settings import Settings, load_settings


def configured(home: Path, project: str = "", user: str = "", **variables: str) -> Settings:
    """Return the settings of a project in `home`, with its file, the user's file and these variables."""
    config, folder = home / ".config" / "chorus", home / "project"
    for place, name, text in ((config, "config.toml", user), (folder, "chorus.toml", project)):
        place.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text)
    return load_settings(folder, environ={"HOME": str(home), **variables})
