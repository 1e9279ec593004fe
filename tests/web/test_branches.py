"""A task's branch in the browser: pushed, and a conflict between two tasks resolved."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from chorus.demo.agent import hunks
from tests.support.agent_hooks import AgentHooks
from tests.support.browser import CONFIG, Site, serving_site, shell
from tests.support.live import git
from tests.support.paths import BUT

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]

STACKS = f"""
[plugins.gitbutler]
command = {json.dumps(BUT)}
[plugins.gitbutler.env]
FAKE_BUT_GENERATION = "0.22"
"""


async def test_how_to_push_is_said_where_chorus_does_not(site: Site) -> None:
    task = await site.api.create("Note", description="remember", projectId=site.project)
    await site.api.start(task)
    done = await site.api.until(task, lambda one: one["runs"][-1]["end"] == "FINISHED" and one["commits"])
    page = await site.open(f"/tasks/{task}?view=commits")
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.get_by_role("button", name="Copy the command").click()
    copied = await page.evaluate("navigator.clipboard.readText()")
    assert copied == f"git -C {site.repo} push -u origin {done['branch']}"


@pytest_asyncio.fixture(loop_scope="session")
async def stacks(home: Path, browser: Browser) -> AsyncIterator[Site]:
    """A server that can keep tasks as GitButler stacks."""
    async with serving_site(home, browser, CONFIG + STACKS) as found:
        git(found.repo, "remote", "add", "origin", str(found.repo))
        git(found.repo, "fetch", "--quiet", "origin")
        git(found.repo, "config", "user.name", "Test")
        git(found.repo, "config", "user.email", "test@localhost")
        yield found


async def edit(agent: AgentHooks, path: Path, old: str, new: str) -> None:
    """Change a file and report it, as an agent that edits does."""
    before = path.read_text()
    after = before.replace(old, new)
    path.write_text(after)
    given = {"file_path": str(path), "old_string": old, "new_string": new}
    answer = {"filePath": str(path), "structuredPatch": hunks(before, after)}
    await agent.tool("Edit", given, answer, f"use-{new}")


async def test_a_project_is_set_up_and_a_conflict_resolved(stacks: Site) -> None:
    page = await stacks.open("/system")
    await page.get_by_role("button", name="Version control…").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Backend").select_option("gitbutler")
    await dialog.get_by_role("button", name="What would change?").click()
    await expect(dialog.get_by_role("status")).to_contain_text("gitbutler/workspace")
    await dialog.get_by_role("button", name="Set up", exact=True).click()
    await expect(dialog.get_by_role("button", name="Set up", exact=True)).to_be_enabled()
    assert "gitbutler/workspace" in git(stacks.repo, "symbolic-ref", "HEAD")

    file = stacks.repo / "greet.py"
    first, one = await shell(stacks, "The first")
    await edit(one, file, "Hello, {name}", "Good day, {name}")
    below = await stacks.api.until(first, lambda it: len(it["commits"]) == 1)
    second, other = await shell(stacks, "The second")
    await edit(other, file, "Good day, {name}", "Good day to you, {name}")

    await page.goto(f"{stacks.api.url}/tasks/{second}?view=commits")
    conflict = page.get_by_role("region", name="Conflict")
    await expect(conflict).to_contain_text(below["branch"])
    await conflict.get_by_role("button", name="Stack").click()
    await expect(conflict).to_have_count(0)
    commits = page.get_by_role("list", name=re.compile("Commits on")).get_by_role("listitem")
    await expect(commits.filter(has_text="greet.py").first).to_be_visible()

    await page.get_by_role("button", name="Push").click()
    await expect(page.get_by_text(re.compile("Pushed as origin/"))).to_be_visible()
