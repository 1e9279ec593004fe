"""One server for a module of tests, with agents that write down their prompts, and documents to read."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.documents import GUIDE, agents, watched
from tests.support.live import Api, Server, repository, running


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    home = Path(tempfile.mkdtemp(prefix="ch-"))
    try:
        with running(home, agents(home)) as server:
            yield server
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo", **{"docs/guide.md": GUIDE, "docs/notes.md": "# Notes\n\nPlain.\n"})


@pytest.fixture
async def project(api: Api, repo: Path) -> str:
    """The id of a project on `repo` whose documents are watched."""
    project = await api.add_project(repo)
    await watched(api, repo)
    return project
