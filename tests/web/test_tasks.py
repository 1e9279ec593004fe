"""Tasks in the browser: created, started, watched, answered, typed into, reviewed, ordered."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from tests.support.browser import Site

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]


async def new_task(page: Page, title: str, description: str, button: str) -> str:
    """Create a task as a person does, from the keyboard; its id."""
    await page.keyboard.press("n")
    dialog = page.get_by_role("dialog", name="New task")
    await dialog.get_by_label("Title").fill(title)
    await dialog.get_by_label("What should be done?").fill(description)
    await dialog.get_by_role("button", name=button).click()
    await page.wait_for_url(re.compile(r"/tasks/\w+"))
    return page.url.split("/tasks/")[1].split("?")[0]


async def test_a_task_from_the_dialog_to_its_end(site: Site) -> None:
    page = await site.open()
    watcher = await site.open()
    await new_task(page, "Trim names", "Make greet() trim the name.", "Create and start")

    # The other window sees it without a reload, and the question is in every title.
    await expect(watcher.get_by_role("region", name="Needs you")).to_contain_text("Trim names")
    await expect(watcher).to_have_title(re.compile(r"^\(1\) "))

    request = page.get_by_role("article", name="Permission")
    await expect(request).to_contain_text("unittest")
    await request.get_by_role("button", name="Allow once").click()
    await expect(page.get_by_label("Permission requests")).to_have_count(0)
    timeline = page.get_by_role("region", name="Timeline")
    await expect(timeline).to_contain_text("Names are trimmed before greeting")
    await expect(timeline).to_contain_text("allowed")
    await expect(watcher).not_to_have_title(re.compile(r"^\("))

    await page.get_by_role("link", name="Commits").click()
    await expect(page.get_by_role("listitem").filter(has_text="greet.py").first).to_be_visible()

    await page.get_by_role("button", name="Complete", exact=True).click()
    dialog = page.get_by_role("dialog", name="Complete")
    await dialog.get_by_label("What came of it?").fill("It **trims**.")
    await dialog.get_by_role("button", name="Complete").click()
    await expect(page.locator("[data-agent-status]")).to_contain_text("Completed")
    await expect(watcher.get_by_role("region", name="Done")).to_contain_text("Trim names")


async def test_a_permission_is_answered_by_keyboard(site: Site) -> None:
    first = await site.api.create("First", description="greet", projectId=site.project)
    second = await site.api.create("Second", description="greet", projectId=site.project)
    page = await site.open("/inbox")
    for task in (first, second):
        await site.api.start(task)
        await site.api.until(task, lambda one: one["agentStatus"] == "WAITING")
    requests = page.get_by_role("article", name="Permission")
    await expect(requests).to_have_count(2)

    await page.keyboard.press("j")
    await expect(requests.nth(1)).to_be_focused()
    await page.keyboard.press("d")
    await page.keyboard.type("Not today")
    await page.keyboard.press("Enter")
    await expect(requests).to_have_count(1)
    denied = await site.api.until(second, lambda one: one["agentStatus"] != "WAITING")
    assert [(one["state"], one["message"]) for one in denied["permissionRequests"]] == [
        ("DENIED", "Not today")
    ]

    await page.keyboard.press("a")
    await expect(page.get_by_text("Nobody is waiting for you")).to_be_visible()
    allowed = await site.api.until(first, lambda one: one["agentStatus"] != "WAITING")
    assert [one["state"] for one in allowed["permissionRequests"]] == ["ALLOWED"]


async def test_many_permissions_are_answered_at_once(site: Site) -> None:
    tasks = [
        await site.api.create(f"Task {number}", description="greet", projectId=site.project)
        for number in range(3)
    ]
    for task in tasks:
        await site.api.start(task)
        await site.api.until(task, lambda one: one["agentStatus"] == "WAITING")
    page = await site.open("/inbox")
    await expect(page.get_by_role("article", name="Permission")).to_have_count(3)
    for key in ("x", "j", "x", "j", "x"):
        await page.keyboard.press(key)
    await page.get_by_role("button", name="Allow all once").click()
    await expect(page.get_by_text("Nobody is waiting for you")).to_be_visible()
    for task in tasks:
        await site.api.until(task, lambda one: one["permissionRequests"][0]["state"] == "ALLOWED")


async def test_the_terminal_is_a_real_one(site: Site) -> None:
    task = await site.api.create("Shell", agent="shell", projectId=site.project, description="")
    await site.api.start(task)
    page = await site.open(f"/tasks/{task}?view=terminal")
    terminal = page.get_by_test_id("terminal")
    # As text for screen readers; otherwise it is drawn on a canvas.
    await page.get_by_role("checkbox", name="Screen reader").check()
    await expect(terminal).to_contain_text("ready>")
    await terminal.click()
    await page.keyboard.type("echo $((6*7))-$(tput cols)")
    await page.keyboard.press("Enter")
    await expect(terminal).to_contain_text(re.compile(r"42-\d+"))


async def test_a_message_brings_the_agent_back(site: Site) -> None:
    task = await site.api.create("Note", description="remember", projectId=site.project)
    await site.api.start(task)
    await site.api.until(
        task, lambda one: one["agentStatus"] == "STOPPED" and one["runs"][-1]["end"] == "FINISHED"
    )
    page = await site.open(f"/tasks/{task}")
    await expect(page.get_by_label("Message to the agent")).to_be_visible()
    await page.keyboard.press("m")
    await page.keyboard.type("Another note")
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Message to the agent")).to_have_value("")
    timeline = page.get_by_role("region", name="Timeline")
    await expect(timeline.get_by_role("article").filter(has_text="Another note").first).to_be_visible()
    await site.api.until(task, lambda one: len(one["runs"]) == 2 and one["runs"][-1]["end"] == "FINISHED")
    await expect(timeline.get_by_text("Agent started")).to_have_count(2)


async def test_comments_on_lines_reach_the_agent_as_one_message(site: Site) -> None:
    task = await site.api.create("Usage", description="readme", projectId=site.project)
    await site.api.start(task)
    await site.api.until(
        task, lambda one: one["runs"] and one["runs"][-1]["end"] == "FINISHED" and len(one["commits"]) == 2
    )
    page = await site.open(f"/tasks/{task}?view=changes")
    first = page.get_by_role("button", name="Comment on line 1", exact=True).first
    await first.focus()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await page.get_by_label("Comment", exact=True).fill("Please say why.")
    await page.keyboard.press("Control+Enter")

    await site.reload(page)  # a comment that was not sent survives
    await expect(page.get_by_text("1 comment", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Send to the agent").click()
    await expect(page.get_by_text("1 comment", exact=True)).to_have_count(0)
    told = await site.api.until(
        task, lambda one: one["messages"] and one["messages"][-1]["text"].endswith("Please say why.")
    )
    assert ".md, line " in told["messages"][-1]["text"]
    await site.api.until(
        task, lambda one: len(one["runs"]) == 2 and one["messages"][-1]["state"] == "ACCEPTED"
    )


async def test_the_queue_is_reordered_and_started_from(site: Site) -> None:
    for title in ("One", "Two", "Three"):
        await site.api.create(title, description="note", projectId=site.project)
    page = await site.open()
    queue = page.get_by_role("region", name="Queued").get_by_role("link")
    await expect(queue).to_have_text([re.compile("One"), re.compile("Two"), re.compile("Three")])

    await page.get_by_role("button", name="Queue: Three").press("Enter")
    await page.get_by_role("menuitem", name="Move to the top").press("Enter")
    await expect(queue).to_have_text([re.compile("Three"), re.compile("One"), re.compile("Two")])

    two, three = page.locator("[data-task]", has_text="Two"), page.locator("[data-task]", has_text="Three")
    await two.drag_to(three, target_position={"x": 60, "y": 5})
    await expect(queue).to_have_text([re.compile("Two"), re.compile("Three"), re.compile("One")])

    await page.locator("[data-task]", has_text="One").drag_to(page.locator('[data-column="working"]'))
    await expect(queue).to_have_text([re.compile("Two"), re.compile("Three")])
    tasks = (await site.api.call("{ tasks { edges { node { title status } } } }"))["tasks"]["edges"]
    assert {edge["node"]["title"]: edge["node"]["status"] for edge in tasks}["One"] != "PENDING"


async def test_selected_tasks_are_started_together(site: Site) -> None:
    for title in ("Left", "Right", "Other"):
        await site.api.create(title, description="note", projectId=site.project)
    page = await site.open()
    await page.keyboard.press("v")
    for title in ("Left", "Right"):
        await page.get_by_role("checkbox", name=f"Select {title}").check()
    await page.get_by_role("button", name="Start 2").click()
    await expect(page.get_by_text("Done for 2 tasks.")).to_be_visible()
    edges = (await site.api.call("{ tasks(status: [PENDING]) { edges { node { title } } } }"))["tasks"][
        "edges"
    ]
    assert [edge["node"]["title"] for edge in edges] == ["Other"]


async def test_search_finds_and_the_address_keeps_it(site: Site) -> None:
    for title in ("Parser speed", "Changelog"):
        await site.api.create(title, projectId=site.project)
    page = await site.open()
    await page.keyboard.press("/")
    await page.keyboard.type("speed")
    cards = page.locator("[data-task]")
    await expect(cards).to_have_count(1)
    await site.reload(page)
    await expect(cards).to_have_count(1)
    await expect(cards).to_contain_text("Parser speed")


async def test_a_draft_survives_a_reload(site: Site) -> None:
    page = await site.open()
    await page.keyboard.press("n")
    await page.get_by_label("Title").fill("Half a thought")
    await site.reload(page)
    await page.keyboard.press("n")
    await expect(page.get_by_label("Title")).to_have_value("Half a thought")


async def test_five_hundred_tasks_stay_few_in_the_page(site: Site) -> None:
    for start in range(0, 500, 25):
        created = (
            f'm{n}: createTask(input: {{title: "Task {n}"}}) {{ id }}' for n in range(start, start + 25)
        )
        await site.api.call(f"mutation {{ {' '.join(created)} }}")
    page = await site.open()
    queued = page.get_by_role("region", name="Queued")
    await expect(queued.get_by_role("heading")).to_have_text("Queued 500")
    assert await page.locator("[data-task]").count() < 60
    await page.keyboard.press("v")
    await expect(page.get_by_role("checkbox").first).to_be_visible()
    assert await page.get_by_role("checkbox").count() < 80


async def test_refusals_say_why(site: Site) -> None:
    page = await site.open("/system")
    await page.get_by_label("Add a repository").fill("/nowhere/at/all")
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(page.get_by_text("/nowhere/at/all").last).to_be_visible()
    await page.goto(f"{site.api.url}/tasks/doesnotexist")
    await expect(page.get_by_role("main")).to_contain_text(re.compile("no (such )?task", re.IGNORECASE))
