"""Fixtures that all tests share."""

from __future__ import annotations

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder with a short path: a socket's path has 107 bytes at most, and pytest's own are longer."""
    folder = Path(tempfile.mkdtemp(prefix="ch-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files whose tests may take longest come first: no process is left alone with one of them at the end."""
    limits: dict[Path, float] = defaultdict(float)
    for item in items:
        mark = item.get_closest_marker("timeout")
        limits[item.path] = max(limits[item.path], float(mark.args[0]) if mark else 0.0)
    items.sort(key=lambda item: -limits[item.path])
