"""Fixtures that all tests share."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder with a short path: a socket's path has 107 bytes at most, and pytest's own are longer."""
    folder = Path(tempfile.mkdtemp(prefix="ch-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
