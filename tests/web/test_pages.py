"""Documents, system, GraphiQL and the palette; both widths, both schemes, and accessibility of every page."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from tests.support.axe import violations
from tests.support.browser import DESKTOP, PHONE, Site
from tests.support.web_scenes import RESULTS, questions, scene, settled

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]


async def test_a_section_and_lines_are_given_to_a_task(site: Site) -> None:
    task = await site.api.create("Greet kindly", projectId=site.project)
    page = await site.open("/documents")
    await page.get_by_role("link", name="guide.md").click()
    await expect(page.get_by_role("article", name="Guide")).to_contain_text("Be kind.")
    await page.get_by_role("button", name="Give the section Tone to a task").click()
    dialog = page.get_by_role("dialog", name="Give to a task")
    await dialog.get_by_label("Note for the agent").fill("This matters")
    await dialog.get_by_role("button", name="Give").click()
    await expect(page.get_by_text("Given to “Greet kindly”.")).to_be_visible()

    await page.get_by_role("button", name="Choose lines").click()
    await page.get_by_role("button", name="Line 5", exact=True).click()
    await page.get_by_role("button", name="Line 7", exact=True).click(modifiers=["Shift"])
    await page.get_by_role("button", name="Give to a task…").last.click()
    await dialog.get_by_role("button", name="Give").click()
    await expect(dialog).to_have_count(0)

    await page.goto(f"{site.api.url}/tasks/{task}?view=documents")
    references = page.get_by_role("listitem").filter(has_text="docs/guide.md")
    await expect(references).to_have_count(2)
    await expect(references.first).to_contain_text("This matters")
    await expect(references.last).to_contain_text("lines 5 to 7")
    (site.repo / "docs" / "guide.md").write_text("# Guide\n\nAll is different now.\n")
    await expect(page.get_by_text("changed since").first).to_be_visible()


async def test_a_document_is_found_for_a_new_task(site: Site) -> None:
    page = await site.open()
    await page.keyboard.press("n")
    dialog = page.get_by_role("dialog", name="New task")
    await dialog.get_by_label("Title").fill("Read first")
    finder = dialog.get_by_role("combobox", name="Documents for the agent")
    await finder.fill("gui")
    await expect(dialog.get_by_role("listbox", name="Documents").get_by_role("option")).to_have_count(1)
    await finder.press("Enter")
    await dialog.get_by_role("button", name="Add to the queue").click()
    await page.wait_for_url(re.compile(r"/tasks/\w+"))
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Read first")
    await page.keyboard.press("5")
    await expect(page.get_by_role("link", name="docs/guide.md")).to_be_visible()


async def test_the_palette_goes_anywhere(site: Site) -> None:
    await site.api.create("Somewhere", projectId=site.project)
    page = await site.open("/system")
    await page.keyboard.press("Control+k")
    await page.get_by_placeholder("Go to a task").fill("somew")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Somewhere")
    await page.keyboard.press("Shift+?")
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


async def test_plugins_are_shown_with_their_reasons(site: Site) -> None:
    page = await site.open("/system?view=plugins")
    plugins = (await site.api.call("{ plugins { name error } }"))["plugins"]
    section = page.get_by_role("region", name="Plugins")
    await expect(section.get_by_role("listitem")).to_have_count(len(plugins))
    for plugin in plugins:
        await expect(section).to_contain_text(plugin["error"] or plugin["name"])


async def test_a_backend_says_what_it_would_change(site: Site) -> None:
    page = await site.open("/system")
    await page.get_by_role("button", name="Version control…").click()
    dialog = page.get_by_role("dialog", name="Version control of repo")
    await dialog.get_by_label("Backend").select_option("gitbutler")
    await dialog.get_by_role("button", name="What would change?").click()
    # Either its explanation, or why it cannot work here; never a change without consent.
    await expect(
        page.get_by_role("status").or_(page.locator("[data-sonner-toast]")).filter(has_text="but")
    ).not_to_have_count(0)
    await expect(dialog.get_by_role("button", name="Set up", exact=True)).to_be_visible()


async def test_settings_and_a_check_up_are_shown(site: Site) -> None:
    settings = (await site.api.call("{ settings { name source } }"))["settings"]
    page = await site.open("/system?view=settings")
    section = page.get_by_role("region", name="Settings")
    await expect(section.locator("dt")).to_have_count(len(settings))
    await expect(section).to_contain_text("defaults.agent")
    await page.get_by_role("link", name="Check-up").click()
    checks = page.get_by_role("region", name="Check-up").get_by_role("listitem")
    await expect(checks.filter(has_text="git").first).to_be_visible()
    await page.get_by_role("button", name="Check again").click()
    await expect(page.get_by_role("button", name="Check again")).to_be_enabled()


async def test_the_audit_log_goes_back_and_is_filtered(site: Site) -> None:
    for number in range(60):
        await site.api.create(f"Task {number}", projectId=site.project)
    page = await site.open("/system?view=log")
    events = page.get_by_role("list", name="Events").get_by_role("listitem")
    await expect(events).to_have_count(50)
    await page.get_by_role("button", name="Older").click()
    await expect(page.get_by_role("button", name="Older")).to_have_count(0)
    await expect(events.last).to_contain_text("project.added")

    await page.get_by_label("Or one kind").fill("project.added")
    await expect(events).to_have_count(1)
    await page.get_by_label("What", exact=True).select_option("Tasks")
    await site.api.create("The newest", projectId=site.project)
    await expect(events.first).to_contain_text("The newest")
    await events.first.locator("summary").click()
    await page.get_by_role("link", name="Open the task").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("The newest")


async def test_graphiql_asks_with_the_page_s_login(site: Site) -> None:
    page = await site.open()
    await page.goto(f"{site.api.url}/graphiql")
    # The editor comes after its page; a query that is not in it yet cannot be sent.
    await expect(page.locator(".graphiql-query-editor .view-lines")).to_contain_text("totalCount")
    await page.get_by_role("button", name=re.compile("Execute query")).click()
    await expect(page.locator(".result-window")).to_contain_text("totalCount")


async def pages_of(site: Site) -> dict[str, str]:
    task = await scene(site)
    views = ("timeline", "terminal", "changes", "commits", "documents", "details")
    return {
        "tasks": "/",
        "inbox": "/inbox",
        "documents": "/documents?path=docs/guide.md",
        **{f"system-{view}": f"/system?view={view}" for view in SYSTEM},
        **{f"task-{view}": f"/tasks/{task}?view={view}" for view in views},
    }


SYSTEM = ("projects", "plugins", "permissions", "settings", "checkup", "log")


@pytest.mark.parametrize(
    ("size", "scheme"), [(DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "light"), (PHONE, "dark")]
)
async def test_every_page_is_accessible_and_fits(site: Site, size: tuple[int, int], scheme: str) -> None:
    """Axe finds nothing, nothing is wider than the window; pictures of all are in `test-results/web`."""
    pages = await pages_of(site)
    waiting = await questions(site)
    page = await site.open("/inbox", size, scheme)
    await expect(page.get_by_role("article", name="Permission")).to_have_count(3)
    found: dict[str, list[str]] = {}
    for name, path in pages.items():
        await page.goto(site.api.url + path)
        await settled(page)
        await page.screenshot(path=RESULTS / f"{name}-{size[0]}-{scheme}.png")
        wrong = await violations(page)
        if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wrong.append("wider than the window")
        if wrong:
            found[name] = wrong
    await page.keyboard.press("n")
    await page.get_by_role("dialog", name="New task").wait_for()
    if wrong := await violations(page):
        found["new task"] = wrong
    for each in waiting:
        each.cancel()
    assert found == {}


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
async def test_dialogs_are_accessible(site: Site, size: tuple[int, int]) -> None:
    task = await scene(site)
    page = await site.open("/inbox", size)
    await page.get_by_role("button", name="More…").click()
    await page.get_by_role("menuitem", name="Answer and remember").click()
    found = {"remember": await seen(page)}
    await site.reload(page)
    await page.keyboard.press("Shift+?")
    found["help"] = await seen(page)
    await page.keyboard.press("Control+k")
    found["palette"] = await seen(page)
    await page.goto(f"{site.api.url}/system?view=permissions")
    await page.get_by_role("button", name="Add a rule").click()
    found["rule"] = await seen(page)
    await page.goto(f"{site.api.url}/tasks/{task}?view=details")
    await page.get_by_role("button", name="Edit…").click()
    found["edit"] = await seen(page)
    await site.reload(page)
    await page.get_by_role("button", name="More actions").click()
    await page.get_by_role("menuitem", name="Give up").click()
    found["confirm"] = await seen(page)
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


async def seen(page: Page) -> list[str]:
    """What is wrong with the dialog that is open."""
    await page.get_by_role("dialog").first.wait_for()
    return await violations(page)


async def test_a_phone_answers_and_writes(site: Site) -> None:
    task = await scene(site)
    page = await site.open("/inbox", PHONE, "dark")
    await page.get_by_role("button", name="Allow once").click()
    await expect(page.get_by_text("Nobody is waiting for you")).to_be_visible()
    await site.api.until(task, lambda one: one["runs"][-1]["end"] == "FINISHED")
    await page.get_by_role("link", name="Tasks").click()
    await page.get_by_role("link", name=re.compile("Trim names")).click()
    await page.get_by_label("Message to the agent").fill("Thank you")
    await page.get_by_role("button", name="Send").click()
    await site.api.until(task, lambda one: one["messages"] and one["messages"][-1]["text"] == "Thank you")
