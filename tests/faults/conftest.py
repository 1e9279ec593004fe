"""One server for a module of tests whose faults leave it standing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.support.faults import Scene, SturdyServer, configuration, end_agents, new_home
from tests.support.live import repository


@pytest.fixture(scope="module")
def standing() -> Iterator[SturdyServer]:
    with new_home() as home:
        (home / "diaries").mkdir()
        repository(home / "repo", **{"app.py": "one\n"})
        server = SturdyServer(
            home / "state", home, configuration(home), {"CHORUS_STATUS_SILENT_SECONDS": "2"}
        )
        try:
            server.start()
            yield server
        finally:
            if server.process is not None and server.process.poll() is None:
                server.stop()
            server.end_sessions()
            end_agents(home)


@pytest.fixture
async def shared(standing: SturdyServer) -> AsyncIterator[Scene]:
    """The module's server and its repository; the tasks of other tests are there too."""
    async with standing.api() as api:
        yield Scene(standing, api, standing.home, standing.home / "repo")


@pytest.fixture
async def project(shared: Scene) -> str:
    return await shared.api.add_project(shared.repo)
