"""A site made of fakes, in process, and the same behind a real uvicorn on a loopback port."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from chorus.server.connections.listen import Server, bind, make_server
from chorus.server.metrics import Metrics
from chorus.server.site import Parts, Site
from tests.support.server_fakes import EFFECTS, FakeHookHandler, FakeTerminals, fake_graphql

PORT = 8420

URL = f"http://127.0.0.1:{PORT}"


@dataclass
class Ready:
    """A site and the fakes behind it."""

    site: Site
    hooks: FakeHookHandler
    terminals: FakeTerminals
    url: str
    state_dir: Path
    port: int

    @property
    def bearer(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.site.token}"}

    async def cookie(self, client: httpx.AsyncClient) -> str:
        """Sign in as a browser does; the answer is the `Cookie` header."""
        code = self.site.login.link().partition("#")[2]
        answer = await client.post("/login", json={"code": code})
        assert answer.status_code == 200
        return answer.headers["set-cookie"].partition(";")[0]


MakeSite = Callable[..., Ready]


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """A folder like that of the built client."""
    folder = tmp_path / "web"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<title>client</title>")
    (folder / "graphiql.html").write_text("<title>graphiql</title>")
    (folder / "assets" / "app-1.js").write_text("const client = 1\n" * 100)
    (tmp_path / "outside.txt").write_text("outside")
    return folder


@pytest.fixture
def make_site(tmp_path: Path, web: Path) -> MakeSite:
    def make(port: int = PORT, **options: object) -> Ready:
        state = tmp_path / "state"
        state.mkdir(mode=0o700, exist_ok=True)
        hooks, terminals = FakeHookHandler(), FakeTerminals()
        deadlines = {name: options[name] for name in ("init_deadline", "send_deadline") if name in options}
        options.pop("init_deadline", None)
        folder = options.pop("web", web)
        parts = Parts(fake_graphql(**deadlines), hooks, terminals, Metrics(), folder)  # type: ignore[arg-type]
        site = Site(parts, state, "127.0.0.1", port, **options)  # type: ignore[arg-type]
        return Ready(site, hooks, terminals, f"http://127.0.0.1:{port}", state, port)

    return make


@pytest.fixture
def ready(make_site: MakeSite) -> Ready:
    return make_site()


@pytest.fixture
async def client(ready: Ready) -> AsyncIterator[httpx.AsyncClient]:
    """A client without credentials, in process."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(ready.site.app), base_url=URL) as client:
        yield client


@contextlib.asynccontextmanager
async def serving(make_site: MakeSite, **options: object) -> AsyncIterator[tuple[Ready, Server]]:
    """The site behind a real uvicorn, on a port of its own."""
    listener = bind("127.0.0.1", 0)
    ready = make_site(listener.getsockname()[1], **options)
    started = asyncio.Event()
    server = make_server(ready.site.app, started.set, ready.site.stop)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await asyncio.wait({task, asyncio.ensure_future(started.wait())}, return_when="FIRST_COMPLETED")
        yield ready, server
    finally:
        server.should_exit = True
        await task


@pytest.fixture
async def live(make_site: MakeSite) -> AsyncIterator[Ready]:
    async with serving(make_site) as (ready, _):
        yield ready


@pytest.fixture
async def browser(live: Ready) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the real server, without credentials."""
    async with httpx.AsyncClient(base_url=live.url, trust_env=False) as client:
        yield client


@pytest.fixture(autouse=True)
def no_effects() -> None:
    EFFECTS.clear()
