"""A real Chromium on a real server with real tmux: what a person sees."""

from __future__ import annotations

import json
import re
import sys
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.support.agent_hooks import AgentHooks, agent_hooks
from tests.support.live import PATIENCE, Api, Server, repository
from tests.support.paths import ROOT

CLIENT = ROOT / "web" / "dist" / "index.html"

DEMO = ROOT / "chorus" / "demo" / "agent.py"

#: What people see on a desk and in a hand, in CSS pixels.
DESKTOP = (1280, 800)

PHONE = (390, 844)

#: Milliseconds for what should take a moment, on a machine that is busy with other tests.
expect.set_options(timeout=PATIENCE * 1000)

#: Chromium's own services would call other machines.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

#: The demo agent without its pauses, and a shell to type into.
CONFIG = f"""
[defaults]
agent = "script"
[agents.script]
command = [{json.dumps(sys.executable)}, {json.dumps(str(DEMO))}, "{{prompt}}"]
env = {{ CHORUS_DEMO_PACE = "0" }}
[agents.shell]
command = ["/bin/sh", "-i"]
env = {{ PS1 = "ready> " }}
"""

FILES = {
    "greet.py": (
        "import sys\n\n\ndef greet(name: str) -> str:\n"
        '    return f"Hello, {name}!"\n\n\nif __name__ == "__main__":\n    print(greet(sys.argv[1]))\n'
    ),
    "test_greet.py": "import unittest\n",
    "docs/guide.md": "# Guide\n\nHow to greet.\n\n## Names\n\nNames are trimmed.\n\n## Tone\n\nBe kind.\n",
}


class SteadyServer(Server):
    """A server that comes back at the address it had, as one with a configured port does."""

    port = "0"

    def command(self, *arguments: str) -> list[str]:
        found = [
            self.port if before == "--port" else one
            for before, one in zip(("", *arguments), arguments, strict=False)
        ]
        return super().command(*found)

    def api(self) -> Api:
        api = super().api()
        self.port = api.url.rpartition(":")[2]
        return api


@dataclass
class Site:
    """The server, its project and a browser."""

    server: SteadyServer
    api: Api
    repo: Path
    browser: Browser
    project: str = ""
    complaints: list[str] = field(default_factory=list)

    def login_link(self) -> str:
        done = self.server.cli("login")
        assert done.returncode == 0, done.stderr
        return done.stdout.split()[-1]

    async def open(self, path: str = "/", size: tuple[int, int] = DESKTOP, scheme: str = "light") -> Page:
        """A new window that is signed in and shows `path`."""
        context = await self.browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",
        )
        page = await context.new_page()
        self.watch(context, page)
        await page.goto(self.login_link())
        await page.wait_for_url(f"{self.api.url}/")
        if path != "/":
            await page.goto(self.api.url + path)
        await self.ready(page)
        return page

    async def ready(self, page: Page) -> None:
        """The page stands and follows the server: keys and clicks reach what they are meant for."""
        await page.locator('[data-link="live"]:visible').first.wait_for()
        await expect(page.get_by_text(re.compile("^Loading "))).to_have_count(0)

    async def reload(self, page: Page) -> None:
        await page.reload()
        await self.ready(page)

    def watch(self, context: BrowserContext, page: Page) -> None:
        """Nothing goes to another machine, and nothing is complained about."""

        def asked(request: Any) -> None:
            own = (self.api.url, "data:", "blob:")
            if not request.url.startswith(own):
                self.complaints.append(f"request to {request.url}")

        context.on("request", asked)
        page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        page.on("console", self._console)

    def _console(self, message: Any) -> None:
        # Chromium itself reports requests to a killed server, and asks for an icon of the login page.
        own = ("net::ERR_", "WebSocket", "favicon.ico")
        text = f"{message.text} {message.location}"
        if message.type == "error" and not any(part in text for part in own):
            self.complaints.append(f"console: {message.text} at {message.location}")


@asynccontextmanager
async def serving_site(home: Path, browser: Browser, config: str, **env: str) -> AsyncIterator[Site]:
    """A server with a project, to be opened in the browser; in the end there must be no complaints."""
    if not CLIENT.is_file():
        pytest.skip("the web client is not built here: `make test` builds it where it finds Node.js")
    server = SteadyServer(home / "state", home, config, env)
    try:
        async with server.start() as api:
            repo = repository(home / "repo", **FILES)
            site = Site(server, api, repo, browser)
            site.project = await api.add_project(repo)
            yield site
            for context in browser.contexts:
                await context.close()
            assert site.complaints == []
    finally:
        if server.process is not None and server.process.poll() is None:
            server.stop()
        server.end_sessions()


async def shell(site: Site, title: str) -> tuple[str, AgentHooks]:
    """A task with a shell in its terminal, and the hook endpoint at which the test reports in its place."""
    task = await site.api.create(title, agent="shell", projectId=site.project, description="")
    await site.api.start(task)
    seen = b""
    document = "subscription($id: ID!) { terminal(taskId: $id) { base64 } }"
    async with aclosing(site.api.subscribe(document, id=task)) as chunks:
        async for chunk in chunks:
            seen += b64decode(chunk["terminal"]["base64"])
            if b"ready>" in seen:
                break
    return task, agent_hooks(task)
