"""One task in the browser: what its agent did, what waits for it, its terminal in several windows."""

from __future__ import annotations

import asyncio
import re

import pytest
from playwright.async_api import Locator, expect

from tests.support.browser import PHONE, Site, shell

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]

PATCH = [
    {
        "oldStart": 1,
        "oldLines": 2,
        "newStart": 1,
        "newLines": 2,
        "lines": [" import sys", "-old = 1", "+new = 2"],
    }
]


async def test_tools_show_what_they_were_asked_and_did(site: Site) -> None:
    task, agent = await shell(site, "Tools")
    page = await site.open(f"/tasks/{task}")
    await agent.report("UserPromptSubmit", prompt="Rename it")
    given = {"file_path": str(site.repo / "greet.py"), "old_string": "old = 1", "new_string": "new = 2"}
    await agent.tool("Edit", given, {"filePath": given["file_path"], "structuredPatch": PATCH}, "use-1")
    await agent.tool("Bash", {"command": "ls -l | wc -l"}, {"stdout": "42 lines\n", "stderr": ""}, "use-2")
    timeline = page.get_by_role("region", name="Timeline")
    change = timeline.get_by_role("group", name=re.compile("Change of"))
    await expect(change.locator("del")).to_contain_text("old = 1")
    await expect(change.locator("ins")).to_contain_text("new = 2")

    await expect(timeline.get_by_text("42 lines")).to_have_count(0)
    await timeline.get_by_role("group").filter(has_text="Bash").locator("summary").press("Enter")
    await expect(timeline.get_by_text("42 lines")).to_be_visible()

    # A kind of report that nobody knows is shown as it is.
    await agent.report("MoonPhase", phase="full")
    await expect(timeline.get_by_text("agent.report")).to_be_visible()

    await page.get_by_role("link", name="Details").click()
    did = page.get_by_role("region", name="What the agent did")
    await expect(did).to_contain_text("Running ls -l | wc -l")
    await expect(did.get_by_role("listitem").first).to_contain_text("now")


async def press(button: Locator) -> None:
    """Press it by keyboard as soon as it can be: not while another change is under way."""
    await expect(button).to_be_enabled()
    await button.press("Enter")


async def test_queued_messages_are_changed_moved_and_removed(site: Site) -> None:
    task, agent = await shell(site, "Busy")
    await agent.report("UserPromptSubmit", prompt="a long job")
    await site.api.until(task, lambda one: one["agentStatus"] == "THINKING")
    page = await site.open(f"/tasks/{task}")
    for text in ("first", "second", "third"):
        await page.get_by_label("Message to the agent").fill(text)
        await page.keyboard.press("Enter")
        await expect(page.get_by_label("Message to the agent")).to_have_value("")
    queue = page.get_by_role("list", name="Messages on their way").get_by_role("listitem")
    await expect(queue).to_contain_text(["first", "second", "third"])

    await queue.nth(2).get_by_role("button", name="Move up").press("Enter")
    await expect(queue).to_contain_text(["first", "third", "second"])
    await queue.nth(2).drag_to(queue.nth(0), target_position={"x": 60, "y": 3})
    await expect(queue).to_contain_text(["second", "first", "third"])

    await press(queue.nth(1).get_by_role("button", name="Edit"))
    await page.get_by_role("textbox", name="Queued message").fill("first, but better")
    await page.keyboard.press("Enter")
    await expect(queue).to_contain_text(["second", "first, but better", "third"])
    await press(queue.nth(0).get_by_role("button", name="Remove"))
    await expect(queue).to_contain_text(["first, but better", "third"])

    timeline = page.get_by_role("region", name="Timeline")
    await expect(timeline.get_by_role("article").filter(has_text="second")).to_contain_text("removed")
    found = await site.api.task(task, "messages { text state }")
    assert [one["text"] for one in found["messages"][-2:]] == ["first, but better", "third"]


async def test_a_message_that_is_not_sent_survives_a_reload(site: Site) -> None:
    task, _ = await shell(site, "Draft")
    page = await site.open(f"/tasks/{task}")
    await page.get_by_label("Message to the agent").fill("half a thought")
    await site.reload(page)
    await expect(page.get_by_label("Message to the agent")).to_have_value("half a thought")


async def test_a_question_and_a_plan_are_answered(site: Site) -> None:
    task, agent = await shell(site, "Ask")
    page = await site.open("/inbox")
    question: dict[str, object] = {
        "question": "Which colour?",
        "header": "Colour",
        "options": [{"label": "Red", "description": "warm"}, {"label": "Blue", "description": "cold"}],
    }
    given = {"questions": [question]}
    asked = asyncio.create_task(
        agent.report("PermissionRequest", tool_name="AskUserQuestion", tool_input=given)
    )
    request = page.get_by_role("article", name="Permission")
    await expect(request.get_by_role("button", name="Answer", exact=True)).to_be_disabled()
    await page.keyboard.press("a")  # a question cannot be allowed: it is gone to
    await expect(request.get_by_role("radio", name="Red")).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    assert "Blue" in str(await asked)

    sizes: dict[str, object] = {
        "question": "Which sizes?",
        "multiSelect": True,
        "options": [{"label": "S"}, {"label": "L"}],
    }
    given = {"questions": [question, sizes]}
    asked = asyncio.create_task(
        agent.report("PermissionRequest", tool_name="AskUserQuestion", tool_input=given)
    )
    for label in ("L", "S"):
        await request.get_by_role("checkbox", name=label, exact=True).check()
    await expect(request.get_by_role("button", name="Answer", exact=True)).to_be_disabled()
    await request.get_by_label("Your own answer to: Which colour?").fill("Green")
    await request.get_by_role("button", name="Answer", exact=True).click()
    answer = str(await asked)
    assert "Green" in answer
    assert "S, L" in answer

    plan = {"plan": "# The plan\n\n1. Think\n2. **Act**\n"}
    asked = asyncio.create_task(agent.report("PermissionRequest", tool_name="ExitPlanMode", tool_input=plan))
    await expect(request.get_by_role("heading", name="The plan")).to_be_visible()
    await request.get_by_role("button", name="Send back…").click()
    await request.get_by_label("What should be different?").fill("Think twice")
    await page.keyboard.press("Enter")
    assert "Think twice" in str(await asked)
    await expect(page.get_by_text("Nobody is waiting for you")).to_be_visible()
    found = await site.api.task(task, "permissionRequests { state }")
    assert [one["state"] for one in found["permissionRequests"]] == ["ALLOWED", "ALLOWED", "DENIED"]


async def test_two_windows_share_one_terminal(site: Site) -> None:
    task, _ = await shell(site, "Shared")
    wide = await site.open(f"/tasks/{task}?view=terminal")
    await wide.get_by_role("checkbox", name="Screen reader").check()
    await expect(wide.get_by_test_id("terminal")).to_contain_text("ready>")
    small = await site.open(f"/tasks/{task}?view=terminal", PHONE)
    await expect(small.get_by_text("Another window sets the size")).to_be_visible()

    await small.get_by_role("button", name="Fit to this window").click()
    await expect(wide.get_by_text("Another window sets the size")).to_be_visible()
    await expect(small.get_by_text("Another window sets the size")).to_have_count(0)
    await wide.get_by_test_id("terminal").click()
    await wide.keyboard.type("echo narrow-$(($(tput cols) < 80))")
    await wide.keyboard.press("Enter")
    await expect(wide.get_by_test_id("terminal")).to_contain_text("narrow-1")

    # When the window that set the size is gone, the one that is left fits it to itself.
    await small.context.close()
    await expect(wide.get_by_text("Another window sets the size")).to_have_count(0)
    await wide.keyboard.type("echo wide-$(($(tput cols) > 80))")
    await wide.keyboard.press("Enter")
    await expect(wide.get_by_test_id("terminal")).to_contain_text("wide-1")


async def test_the_terminal_is_searched_and_copied(site: Site) -> None:
    task, _ = await shell(site, "Search")
    page = await site.open(f"/tasks/{task}?view=terminal")
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.get_by_role("checkbox", name="Screen reader").check()
    terminal = page.get_by_test_id("terminal")
    await expect(terminal).to_contain_text("ready>")
    await terminal.click()
    await page.keyboard.type("for n in 1 2 3; do echo needle-$n; done")
    await page.keyboard.press("Enter")
    await expect(terminal).to_contain_text("needle-3")
    await page.keyboard.press("Control+Shift+F")
    await page.keyboard.type("needle-")
    matches = page.get_by_role("status", name="Matches")
    await expect(matches).to_have_text(re.compile(r"^\d/4$"))
    before = await matches.text_content()
    await page.get_by_role("button", name="Next match").press("Enter")
    await expect(matches).not_to_have_text(before or "")

    await page.get_by_role("button", name="Copy the selection, or everything").click()
    await expect(page.get_by_text("The selection is copied.")).to_be_visible()
    assert await page.evaluate("navigator.clipboard.readText()") == "needle-"
