"""`make run` in a fresh clone and a clean home leads to a working page."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.support.browser import QUIET
from tests.support.live import git
from tests.support.paths import ROOT, chromium

#: Seconds for everything a new machine has to fetch and build.
SET_UP_SECONDS = 600

pytestmark = [
    pytest.mark.timeout(SET_UP_SECONDS + 120),
    pytest.mark.skipif(chromium() is None, reason="no Chromium: `make test` installs it"),
    pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed"),
    pytest.mark.skipif(not (ROOT / ".git").exists(), reason="only a checkout can be cloned"),
]


@contextmanager
def make_run(clone: Path, home: Path) -> Iterator[Path]:
    """`make run` as a person runs it; the file it prints to. Ctrl-C at the end."""
    runtime = home / "run"
    runtime.mkdir(mode=0o700)
    log = home / "make.log"
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    # The registries of this machine may be configured by variables; nothing else of ours is passed on.
    kept |= {
        name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_INDEX", "SSL_"))
    }
    env = {
        **kept,
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(runtime),
        "CHORUS_SERVER_PORT": "0",
        "CHORUS_DEMO_PACE": "0",
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["make", "run"],
            cwd=clone,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield log
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=30)
        for socket in runtime.rglob("*"):
            if socket.is_socket():
                subprocess.run(["tmux", "-S", str(socket), "kill-server"], capture_output=True, check=False)


def login_link(log: Path) -> str:
    """The link that is printed, as soon as it is."""
    deadline = time.monotonic() + SET_UP_SECONDS
    while time.monotonic() < deadline:
        found = re.search(r"Open (http://\S+/login#\S+)", log.read_text())
        if found:
            return found[1]
        if "Error" in (text := log.read_text()) and "make: ***" in text:
            break
        time.sleep(0.2)  # make has no other way to tell
    raise AssertionError(f"make run printed no link:\n{log.read_text()[-5000:]}")


async def work_through(page: Page) -> None:
    """What the README says to do first."""
    await page.get_by_role("button", name="New task").first.click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Title", exact=True).fill("Try it")
    await dialog.get_by_label("Agent", exact=True).select_option("demo")
    await dialog.get_by_role("button", name=re.compile("start", re.IGNORECASE)).first.click()
    await expect(page.get_by_text("Try it").first).to_be_visible()
    await expect(page.get_by_text("Finished").first).to_be_visible(timeout=60_000)


async def test_make_run_in_a_fresh_clone(home: Path) -> None:
    clone = home / "chorus"
    git(home, "clone", "--quiet", "--no-hardlinks", str(ROOT), str(clone))
    with make_run(clone, home) as log:
        link = login_link(log)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium(), args=QUIET)
            page = await browser.new_page()
            elsewhere: list[str] = []
            page.on("request", lambda one: elsewhere.append(one.url) if "127.0.0.1" not in one.url else None)
            await page.goto(link)
            await expect(page).to_have_title(re.compile("Chorus"))
            await work_through(page)
            await browser.close()
    assert elsewhere == []
