"""A project in a folder, and a provider that reads it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from chorus_documents import MarkdownProvider

Write = Callable[[str, str | bytes], Path]


Link = Callable[[str, str | Path], None]


@pytest.fixture
def provider() -> MarkdownProvider:
    return MarkdownProvider()


@pytest.fixture
def root(tmp_path: Path) -> str:
    (tmp_path / "project").mkdir()
    return str(tmp_path / "project")


@pytest.fixture
def write(root: str) -> Write:
    """Write a file of the project, with the folders it needs."""

    def write(path: str, content: str | bytes = "# Title\n") -> Path:
        file = Path(root, path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    return write


@pytest.fixture
def link(root: str) -> Link:
    """Put a symbolic link into the project."""
    return lambda path, target: Path(root, path).symlink_to(target)
