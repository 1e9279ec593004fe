"""A real Chromium on a real server with real tmux; what a person sees is what is tested."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.support.browser import (
    CONFIG,
    QUIET,
    Site,
    serving_site,
)
from tests.support.paths import chromium


# One browser for all tests; each has windows of its own.
@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    program = chromium()
    if program is None:
        pytest.skip("no Chromium here: `make test` installs it where it can")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=QUIET)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def site(home: Path, browser: Browser) -> AsyncIterator[Site]:
    async with serving_site(home, browser, CONFIG) as found:
        yield found
