"""What there is to see in the pictures and in the tests of whole pages."""

from __future__ import annotations

import asyncio
import re

from playwright.async_api import Page, expect

from tests.support.browser import Site, shell
from tests.support.paths import ROOT

#: Where the pictures of a test run are.
RESULTS = ROOT / "test-results" / "web"

QUESTION = {
    "question": "Which greeting should be the default?",
    "header": "Greeting",
    "options": [
        {"label": "Hello", "description": "What it says now"},
        {"label": "Good day", "description": "A little more formal"},
    ],
}

PLAN = """# Translate the greetings

1. Collect the **texts**
2. Ask for the languages

| text | where |
|---|---|
| Hello | `greet.py` |
"""


async def scene(site: Site) -> str:
    """Something to look at on every page; the task that asks for a permission."""
    for title, text in (("Describe the usage", "readme"), ("Take a note", "note")):
        task = await site.api.create(title, description=text, projectId=site.project)
        await site.api.start(task)
        await site.api.until(task, lambda one: one["runs"] and one["runs"][-1]["end"] == "FINISHED")
    for title in ("Write the changelog", "Translate the messages"):
        await site.api.create(title, description="Some **text**.", projectId=site.project)
    task = await site.api.create(
        "Trim names before greeting", description="Make `greet()` trim names.", projectId=site.project
    )
    await site.api.start(task)
    await site.api.until(task, lambda one: one["agentStatus"] == "WAITING" and one["commits"])
    return task


async def questions(site: Site) -> list[asyncio.Task[object]]:
    """An agent with a question, and one with a plan; they wait for their answers."""
    _, agent = await shell(site, "Choose the greeting")
    asked = [
        agent.report("PermissionRequest", tool_name="AskUserQuestion", tool_input={"questions": [QUESTION]}),
        agent.report("PermissionRequest", tool_name="ExitPlanMode", tool_input={"plan": PLAN}),
    ]
    return [asyncio.create_task(each) for each in asked]


async def settled(page: Page) -> None:
    await expect(page.locator("h1")).to_be_visible()
    await expect(page.get_by_text(re.compile("^Loading "))).to_have_count(0)
    await expect(page.locator("[aria-busy=true]")).to_have_count(0)
