"""The start queue in the browser: what waits for a place is seen, moved, taken out and started in turn."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.support.browser import CONFIG, Site, serving_site, shell

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]


@pytest_asyncio.fixture(loop_scope="session")
async def small(home: Path, browser: Browser) -> AsyncIterator[Site]:
    """A server with room for one agent."""
    async with serving_site(
        home, browser, f"{CONFIG}\n[limits]\nagents = 1\nmin_free_memory_mb = 0\n"
    ) as found:
        yield found


async def test_what_waits_for_a_place_is_moved_and_started_in_turn(small: Site) -> None:
    running, _ = await shell(small, "Runs")
    for title in ("One", "Two", "Three"):
        await small.api.create(title, agent="shell", description="", projectId=small.project)
    page = await small.open()
    queued = page.get_by_role("region", name="Queued")
    for title in ("One", "Two", "Three"):
        await page.get_by_role("button", name=f"Queue: {title}").press("Enter")
        await page.get_by_role("menuitem", name="Start now").press("Enter")
        card = queued.locator("[data-task]", has_text=title)
        await expect(card).to_contain_text("Waits for a free place: 1 of 1 agents are running")
    cards = queued.locator("[data-task]")
    await expect(cards).to_contain_text(["One", "Two", "Three"])

    await page.get_by_role("button", name="Queue: Three").press("Enter")
    await page.get_by_role("menuitem", name="Move up").press("Enter")
    await expect(cards).to_contain_text(["One", "Three", "Two"])
    await cards.nth(1).drag_to(cards.nth(0), target_position={"x": 60, "y": 5})
    await expect(cards).to_contain_text(["Three", "One", "Two"])
    await page.get_by_role("button", name="Queue: One").press("Enter")
    await page.get_by_role("menuitem", name="Take out of the queue").press("Enter")
    await expect(cards).to_contain_text(["Three", "Two", "One"])
    await expect(cards.nth(2)).to_contain_text("Not started")

    await small.api.act("completeTask", running)
    # One place is free: the first of the queue gets it.
    await expect(cards).to_contain_text(["Two", "One"])
    three = page.locator("[data-task]", has_text="Three")
    await three.get_by_role("link").click()
    await expect(page.locator("[data-agent-status]")).to_contain_text("Running")
    await page.get_by_role("link", name="Tasks").click()
    await page.locator("[data-task]", has_text="Two").get_by_role("link").click()
    await expect(page.locator("[data-agent-status]")).to_contain_text(re.compile("waits for a free place"))
    await page.get_by_role("button", name="Take out of the queue").click()
    await expect(page.locator("[data-agent-status]")).to_contain_text("Not started")


async def test_a_dragged_task_joins_the_queue_where_it_is_dropped(small: Site) -> None:
    await shell(small, "Runs")
    waiting = await small.api.create("Waits", agent="shell", description="", projectId=small.project)
    await small.api.start(waiting)
    await small.api.create("Joins", agent="shell", description="", projectId=small.project)
    page = await small.open()
    cards = page.get_by_role("region", name="Queued").locator("[data-task]")
    await expect(cards).to_contain_text(["Waits", "Joins"])
    await cards.nth(1).drag_to(cards.nth(0), target_position={"x": 60, "y": 5})
    await expect(cards).to_contain_text(["Joins", "Waits"])
    await expect(page.get_by_text("Queued: it waits for a free place")).to_be_visible()
    found = (await small.api.call("{ startQueue { title } }"))["startQueue"]
    assert [one["title"] for one in found] == ["Joins", "Waits"]
