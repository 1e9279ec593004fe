"""The real Claude Code, seen and answered in the browser."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.support.browser import serving_site
from tests.support.claude import CLAUDES, Surroundings, find_claude
from tests.support.endpoint.server import Endpoint

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]


def configuration(version: str, surroundings: Surroundings) -> str:
    env = "\n".join(f"{name} = {json.dumps(value)}" for name, value in surroundings.env.items())
    return (
        f"[plugins.hooks]\ncommand = [{json.dumps(str(find_claude(version)))}]\n"
        f'[plugins.hooks.env]\n{env}\nIS_SANDBOX = "1"\n'
    )


MORE = [{"text": "Headless, too."}]


@pytest.mark.parametrize("version", CLAUDES[-1:])
async def test_a_task_of_claude_is_answered_in_the_page(home: Path, browser: Browser, version: str) -> None:
    steps = [
        {"tool": "Write", "input": {"file_path": "hello.txt", "content": "hello\n"}},
        {
            "tool": "Bash",
            "input": {"command": "python3 -c 'print(6*7)' > answer.txt", "description": "a test"},
        },
        {"text": "All **done**."},
    ]
    async with Endpoint() as endpoint:
        surroundings = Surroundings(home, endpoint.url)
        surroundings.seed(trusted=[home / "repo"])
        async with serving_site(home, browser, configuration(version, surroundings)) as site:
            task = await site.api.create(
                "Say hello",
                description=f"Say hello. @@{json.dumps(steps)}",
                permissionProfile="safe_edit",
                projectId=site.project,
            )
            page = await site.open(f"/tasks/{task}")
            await page.get_by_role("button", name="Start", exact=True).click()
            request = page.get_by_role("article", name="Permission")
            await expect(request).to_contain_text("answer.txt")
            await request.get_by_role("button", name="Allow once").click()
            timeline = page.get_by_role("region", name="Timeline")
            await expect(timeline.get_by_role("article").filter(has_text="All done.")).to_be_visible()

            # What it used is known from its transcript; a model of the endpoint may have no price.
            used = page.locator("[data-agent-status]").get_by_text(re.compile(r"\$|tokens"))
            await expect(used).to_be_visible()
            await page.get_by_role("link", name="Details").click()
            runs = page.get_by_role("region", name="Runs")
            await expect(runs).to_contain_text(re.compile(r" in.*, \d+ out"))

            await page.get_by_role("link", name="Changes").click()
            for name in ("hello.txt", "answer.txt"):
                await expect(page.get_by_role("group").filter(has_text=name)).to_be_visible()
            await page.get_by_role("link", name="Terminal").click()
            await page.get_by_role("checkbox", name="Screen reader").check()
            await expect(page.get_by_test_id("terminal")).to_contain_text("done")

            # The same conversation, headless and back.
            await page.get_by_role("button", name="More actions").click()
            await page.get_by_role("menuitem", name="Go on headless").click()
            await page.get_by_role("dialog").get_by_role("button", name="Go on headless").click()
            await expect(page.get_by_text("The agent runs headless")).to_be_visible()
            await page.get_by_label("Message to the agent").fill(f"And now? @@{json.dumps(MORE)}")
            await page.keyboard.press("Enter")
            await page.get_by_role("link", name="Timeline").click()
            await expect(timeline.get_by_role("article").filter(has_text="Headless, too.")).to_be_visible()
            await expect(timeline.get_by_text("Agent resumed")).to_be_visible()
            await page.get_by_role("link", name="Terminal").click()
            await page.get_by_role("button", name="Take over in the terminal").click()
            await page.get_by_role("dialog").get_by_role("button", name="Take over in the terminal").click()
            await expect(page.get_by_text("The agent runs headless")).to_have_count(0)
            found = await site.api.until(task, lambda one: len(one["runs"]) == 3)
            assert len({run["agentSessionId"] for run in found["runs"]}) == 1
