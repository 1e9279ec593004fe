"""Fixtures for the plugin's tests: an endpoint, a hook server, and a real Claude Code between them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.claude import Surroundings
from tests.support.claude_terminal import Claude
from tests.support.endpoint import Endpoint
from tests.support.hook_server import HookServer
from tests.support.terminal import run


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    async with Endpoint() as endpoint:
        yield endpoint


@pytest.fixture
async def hook_server() -> AsyncIterator[HookServer]:
    async with HookServer() as hook_server:
        yield hook_server


@pytest.fixture
def base() -> Iterator[Path]:
    """A folder with a path short enough for a socket in it."""
    folder = Path(tempfile.mkdtemp(prefix="chorus-", dir="/tmp"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def repo(base: Path) -> Path:
    folder = base / "repo"
    await run("git", "init", "--quiet", str(folder))
    (folder / "README.md").write_text("# demo\n")
    return folder


@pytest.fixture
async def claude(
    version: str, base: Path, repo: Path, endpoint: Endpoint, hook_server: HookServer
) -> AsyncIterator[Claude]:
    """The CLI of the test's `version`, in a repository it trusts; not started yet."""
    surroundings = Surroundings(base / "home", endpoint.url)
    surroundings.seed(trusted=[repo])
    claude = Claude(version, base, endpoint, hook_server, surroundings)
    yield claude
    await claude.terminal.close()
