"""Services for tests of permissions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chorus.settings import ProfileSettings
from tests.support.services import Core, services

PROFILES = {
    "strict": ProfileSettings(timeout_seconds=3600, on_timeout="deny"),
    "lenient": ProfileSettings(timeout_seconds=1800, on_timeout="allow"),
    "patient": ProfileSettings(timeout_seconds=3600, on_timeout="wait"),
    "planning": ProfileSettings(mode="plan"),
    "no_asking": ProfileSettings(mode="dontAsk", allow=("Read",)),
}


@pytest.fixture
async def core(tmp_path: Path) -> AsyncIterator[Core]:
    async with services(tmp_path, profiles=PROFILES) as core:
        yield core
