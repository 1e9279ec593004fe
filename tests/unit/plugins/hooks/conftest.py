"""Fixtures for the plugin's tests."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def transcripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder for the transcripts of some repository, in a configuration directory."""
    folder = tmp_path_factory.mktemp("config") / "projects" / "-some-repository"
    folder.mkdir(parents=True)
    return folder
