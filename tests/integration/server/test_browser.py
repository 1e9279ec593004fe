"""Signing in with a real Chromium, and what a page of another origin can do from inside it: nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, async_playwright

from tests.support.browser import QUIET
from tests.support.paths import chromium
from tests.support.server_fakes import EFFECTS
from tests.support.site import MakeSite, Ready, serving

PAGE = '<link rel="icon" href="data:,"><title>client</title><script src="/assets/own.js"></script>'

pytestmark = pytest.mark.skipif(chromium() is None, reason="there is no Chromium on this machine")


@pytest.fixture
async def context() -> AsyncIterator[BrowserContext]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=QUIET)
        yield await browser.new_context()
        await browser.close()


@pytest.fixture
async def site(make_site: MakeSite, web: Path) -> AsyncIterator[Ready]:
    (web / "index.html").write_text(PAGE)
    (web / "assets" / "own.js").write_text("document.title += ' runs'")
    async with serving(make_site) as (ready, _):
        yield ready


@asynccontextmanager
async def other_site(html: str) -> AsyncIterator[str]:
    """A page of another origin on this machine; the answer is its address."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = html.encode()
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: %d\r\n" % len(body))
        writer.write(b"connection: close\r\n\r\n" + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def sign_in(context: BrowserContext, site: Ready) -> Page:
    page = await context.new_page()
    await page.goto(site.site.login.link())
    await page.wait_for_url(f"{site.url}/")
    return page


async def test_the_link_signs_in_and_the_code_is_gone(context: BrowserContext, site: Ready) -> None:
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    link = site.site.login.link()
    await page.goto(link.replace("/login", "/login?next=/task/1"))
    await page.wait_for_url(f"{site.url}/task/1")
    assert await page.title() == "client runs"
    assert complaints == []
    cookie = (await context.cookies())[0]
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Strict", "/")
    assert await page.evaluate("document.cookie") == ""
    assert await page.evaluate("history.length") <= 2
    await page.go_back()
    assert link.partition("#")[2] not in page.url
    await page.goto(link)
    await page.get_by_text("This link was used before").wait_for()


async def test_a_link_without_a_code_and_a_page_without_a_session_say_what_to_do(
    context: BrowserContext, site: Ready
) -> None:
    page = await context.new_page()
    await page.goto(f"{site.url}/login")
    await page.get_by_text("has no login code").wait_for()
    answer = await page.goto(f"{site.url}/task/1")
    assert answer is not None
    assert answer.status == 401
    await page.get_by_text("chorus login").wait_for()


async def test_a_link_from_another_site_leads_in_with_one_click(context: BrowserContext, site: Ready) -> None:
    await sign_in(context, site)
    async with other_site(f'<a href="{site.url}/">go</a>') as address:
        page = await context.new_page()
        await page.goto(address.replace("127.0.0.1", "localhost"))
        await page.get_by_text("go").click()
        await page.get_by_text("Open Chorus").click()
        await page.wait_for_function("document.title === 'client runs'")


ATTACKS = """<!doctype html><title>other</title><script>
const url = "URL", tries = []
const json = {"content-type": "application/json", "x-chorus-csrf": "1"}
const act = JSON.stringify({query: "mutation { act }"})
for (const headers of [json, {"content-type": "text/plain"}, {}])
  for (const mode of ["cors", "no-cors"])
    tries.push(fetch(url + "/graphql", {method: "POST", mode, credentials: "include", headers, body: act})
      .then(answer => answer.type === "opaque" ? "blind" : "read", () => "refused"))
for (const path of ["/", "/metrics", "/healthz", "/login"])
  tries.push(fetch(url + path, {credentials: "include"}).then(() => "read", () => "refused"))
for (const path of ["/graphql", "/terminal/t1"])
  tries.push(new Promise(done => {
    const protocols = path === "/graphql" ? ["graphql-transport-ws"] : []
    const socket = new WebSocket(url.replace("http", "ws") + path, protocols)
    socket.onopen = () => done("open")
    socket.onerror = () => done("refused")
  }))
tries.push(new Promise(done => {
  const script = document.createElement("script")
  script.src = url + "/assets/own.js"
  script.onload = () => done("loaded")
  script.onerror = () => done("refused")
  document.head.append(script)
}))
Promise.all(tries).then(results => { window.results = results; document.title = "done" })
</script>
<iframe name="frame" src="URL/"></iframe>
<form id="form" method="post" action="URL/graphql" enctype="text/plain" target="frame">
<input name='{"query": "mutation { act }", "x": "' value='"}'></form>
<script>document.getElementById("form").submit()</script>"""


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
async def test_a_page_of_another_origin_reaches_nothing(
    context: BrowserContext, site: Ready, name: str
) -> None:
    """By the same host name it counts as the same site: the browser sends the cookie along."""
    ours = await sign_in(context, site)
    async with other_site(ATTACKS.replace("URL", site.url)) as address:
        page = await context.new_page()
        await page.goto(address.replace("127.0.0.1", name))
        await page.wait_for_function("document.title === 'done'")
        results = await page.evaluate("window.results")
        framed = page.frame("frame")
        assert framed is not None
        with pytest.raises(Exception, match=r"(?i)cross-origin|blocked|SecurityError|origin"):
            await page.evaluate("document.querySelector('iframe').contentWindow.document.title")
    assert set(results) <= {"refused", "blind"}
    assert EFFECTS == []
    script = """fetch("/graphql", {method: "POST", body: JSON.stringify({query: "mutation { act }"}),
      headers: {"content-type": "application/json", "x-chorus-csrf": "1"}}).then(answer => answer.json())"""
    assert await ours.evaluate(script) == {"data": {"act": "act"}}
    assert EFFECTS == ["act"]


async def test_our_page_runs_no_foreign_or_inline_code(
    context: BrowserContext, site: Ready, web: Path
) -> None:
    async with other_site("window.hacked = 1") as address:
        (web / "index.html").write_text(
            f"<title>client</title><script>window.hacked = 1</script><script src='{address}/x.js'></script>"
            f"<img src=x onerror='window.hacked = 1'><base href='{address}'>"
            "<script src='/assets/own.js'></script>"
        )
        page = await sign_in(context, site)
        assert await page.title() == "client runs"
        assert await page.evaluate("window.hacked") is None
        refused = "fetch(ADDRESS).then(() => 'sent', () => 'refused')".replace("ADDRESS", json.dumps(address))
        assert await page.evaluate(refused) == "refused"
