"""What the page does when the server, the network or the login goes away."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.support.browser import Site

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]


async def test_a_killed_server_is_seen_and_recovered_from(site: Site) -> None:
    page = await site.open()
    await site.api.create("Before", projectId=site.project)
    await expect(page.locator("[data-task]", has_text="Before")).to_be_visible()
    await page.evaluate("window.same = true")

    site.server.kill()
    await expect(page.locator('[data-link="offline"]:visible')).to_be_visible()
    await expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
    async with site.server.start() as api:
        await api.create("After", projectId=site.project)
        await expect(page.locator("[data-task]", has_text="After")).to_be_visible()
        await expect(page.locator('[data-link="live"]:visible')).to_be_visible()
    assert await page.evaluate("window.same"), "the page was not reloaded"


async def test_what_happened_while_offline_is_caught_up(site: Site) -> None:
    page = await site.open()
    task = await site.api.create("Note", description="remember", projectId=site.project)
    await expect(page.locator("[data-task]", has_text="Note")).to_be_visible()
    await page.context.set_offline(True)
    await page.evaluate("dispatchEvent(new Event('offline'))")
    await site.api.start(task)
    await site.api.until(task, lambda one: one["runs"] and one["runs"][-1]["end"] == "FINISHED")
    await page.context.set_offline(False)
    await expect(page.get_by_role("region", name="Idle")).to_contain_text("Note")


async def test_signing_out_says_how_to_come_back(site: Site) -> None:
    page = await site.open()
    other = await page.context.new_page()
    await other.goto(site.api.url)
    await expect(other.get_by_role("heading", name="Tasks")).to_be_visible()
    await page.get_by_role("button", name="Sign out").click()
    for window in (page, other):
        await expect(window.get_by_role("heading", name="You are signed out")).to_be_visible()
        await expect(window.get_by_text("chorus login")).to_be_visible()
    await page.goto(site.login_link())
    await expect(page.get_by_role("heading", name="Tasks")).to_be_visible()
    # Chromium reports refused requests by itself; here they were meant to be refused.
    site.complaints[:] = [one for one in site.complaints if "401" not in one]


async def test_scripts_can_see_no_token(site: Site) -> None:
    page = await site.open()
    assert await page.evaluate("document.cookie") == ""
    stored = await page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert site.api.token not in stored
