"""A third-party plugin in the browser: what it offers is chosen, run and watched without a new client."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.support.agent_hooks import agent_hooks
from tests.support.browser import CONFIG, Site, serving_site

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]

#: Plugin code as a third party would write it: an agent, where its status comes from, and a session backend.
PARROT = """
from chorus import hookimpl
from chorus.backends import Agent, Injection, Launch, StatusSource
from chorus.model import AgentStatus, StatusSeen, Unknown
from chorus.testing.memory_sessions import MemorySessionBackend


class Parrot(Agent):
    name = "parrot"
    status_source = "parrot-talk"
    resumes = False
    accepts_input = True

    def launch(self, request):
        return Launch(argv=["/bin/sh", "-i"], env={"PS1": "parrot> "}, prompt_given=True)

    def typing(self, text):
        return []


class Talk(StatusSource):
    name = "parrot-talk"

    def inject(self, request):
        return Injection()

    def interpret(self, report):
        if report.get("says"):
            return [StatusSeen(AgentStatus.RUNNING, f"Saying {report['says']}")]
        return [Unknown(f"parrot.{report.get('does')}")]

    def answer(self, report, verdict):
        return {}


class Cage(MemorySessionBackend):
    name = "cage"


@hookimpl
def chorus_agents(config):
    return [Parrot()]


@hookimpl
def chorus_status_sources(config):
    return [Talk()]


@hookimpl
def chorus_session_backends(config):
    return [Cage()]
"""


def install(folder: Path) -> None:
    """Put the plugin where Python finds it, as an installed distribution with an entry point."""
    folder.mkdir()
    (folder / "chorus_parrot.py").write_text(PARROT)
    info = folder / "chorus_parrot-2.5.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: chorus-parrot\nVersion: 2.5\n")
    (info / "entry_points.txt").write_text("[chorus]\nparrot = chorus_parrot\n")


@pytest_asyncio.fixture(loop_scope="session")
async def aviary(home: Path, browser: Browser) -> AsyncIterator[Site]:
    install(home / "plugins")
    async with serving_site(home, browser, CONFIG, PYTHONPATH=str(home / "plugins")) as found:
        yield found


async def test_what_a_plugin_adds_appears_by_itself(aviary: Site) -> None:
    page = await aviary.open("/system?view=plugins")
    entry = page.get_by_role("region", name="Plugins").get_by_role("listitem").filter(has_text="parrot")
    await expect(entry).to_contain_text("2.5")
    for offer in ("agent parrot", "status source parrot-talk", "session backend cage"):
        await expect(entry).to_contain_text(offer)

    await page.keyboard.press("n")
    dialog = page.get_by_role("dialog", name="New task")
    await dialog.get_by_label("Title").fill("Polly")
    await dialog.get_by_text("More options").click()
    await expect(dialog.get_by_label("Session backend").locator("option", has_text="cage")).to_have_count(1)
    await dialog.get_by_label("Agent", exact=True).select_option("parrot")
    await dialog.get_by_role("button", name="Create and start").click()
    await page.wait_for_url(re.compile(r"/tasks/\w+"))
    task = page.url.split("/tasks/")[1].split("?")[0]
    await page.get_by_role("link", name="Terminal").click()
    await page.get_by_role("checkbox", name="Screen reader").check()
    await expect(page.get_by_test_id("terminal")).to_contain_text("parrot>")

    agent = agent_hooks(task)
    await agent.report("Chatter", says="hello")
    standing = page.locator("[data-agent-status]")
    await expect(standing).to_contain_text("Saying hello")
    await expect(standing).to_contain_text("source: parrot-talk")
    await agent.report("Flutter", does="fly")
    await page.get_by_role("link", name="Timeline").click()
    unknown = page.get_by_role("region", name="Timeline").get_by_role("group").filter(has_text="agent.report")
    await unknown.locator("summary").click()
    await expect(unknown).to_contain_text("parrot.fly")
