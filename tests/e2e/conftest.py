"""One server for a module of tests, with agents that cost nothing: scripts in a terminal."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.live import Api, Server, repository, running

#: `shell` is typed to, `sleeper` takes its prompt as an argument and stays, `missing` is not installed.
AGENTS = f"""
[agents.shell]
command = ["{sys.executable}", "-i", "-q"]

[agents.sleeper]
command = ["sh", "-c", "echo $0; exec sleep 600", "{{prompt}}"]

[agents.missing]
command = ["a-program-that-is-not-there", "{{prompt}}"]
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    home = Path(tempfile.mkdtemp(prefix="ch-"))
    try:
        with running(home, AGENTS, CHORUS_DEMO_PACE="0") as server:
            yield server
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
async def api(server: Server) -> AsyncIterator[Api]:
    async with server.api() as api:
        yield api


@pytest.fixture
async def project(api: Api, tmp_path: Path) -> str:
    """The id of a project on a new repository, `tmp_path / "repo"`."""
    return await api.add_project(repository(tmp_path / "repo", **{"app.py": "one\n"}))
