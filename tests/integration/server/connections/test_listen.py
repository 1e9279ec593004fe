"""Starting, refusing to start, and stopping."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket as sockets
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from chorus.errors import BadInput, Conflict
from chorus.platform.ports import port_owner
from chorus.server.connections.listen import announce, bind, withdraw
from chorus.server.state.lock import hold_state_dir
from chorus.server.state.private_files import make_private_dir
from tests.support.paths import ROOT


async def start(state_dir: Path, host: str = "127.0.0.1", port: int = 0) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.support.fake_server", str(state_dir), host, str(port),
        cwd=ROOT, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


@asynccontextmanager
async def running(state_dir: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, dict[str, Any]]]:
    process = await start(state_dir)
    try:
        yield process, await announced(state_dir, process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def announced(state_dir: Path, process: asyncio.subprocess.Process) -> dict[str, Any]:
    async with asyncio.timeout(45):
        while not (state_dir / "server.json").exists():
            assert process.returncode is None
            await asyncio.sleep(0.02)
    found: dict[str, Any] = json.loads((state_dir / "server.json").read_bytes())
    return found


async def test_a_server_says_where_it_is_and_cleans_up(tmp_path: Path) -> None:
    state = tmp_path / "state"
    async with running(state) as (process, where):
        assert where["pid"] == process.pid
        async with httpx.AsyncClient(base_url=where["url"], trust_env=False) as client:
            assert (await client.get("/healthz")).text == "ok\n"
            token = (state / "token").read_text().strip()
            answer = await client.get("/metrics", headers={"authorization": f"Bearer {token}"})
            assert "chorus_sockets 0" in answer.text
        modes = {path.name: path.stat().st_mode & 0o777 for path in (state, *state.iterdir())}
        assert modes.pop("state") == 0o700
        assert set(modes.values()) == {0o600}
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(45):
            _, errors = await process.communicate()
    assert process.returncode == 0
    assert errors == b""
    assert not (state / "server.json").exists()


async def test_sigterm_ends_it_with_clients_connected(tmp_path: Path) -> None:
    async with running(tmp_path) as (process, where):
        port = int(where["url"].rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            b"POST /hook HTTP/1.1\r\nhost: 127.0.0.1:%d\r\nauthorization: Bearer live\r\n"
            b'content-length: 40\r\n\r\n{"hook_event_name": "PermissionRequest" }' % port
        )
        writer.write(b"POST /hook HTTP/1.1\r\nhost: ")
        await writer.drain()
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(45):
            await process.wait()
        writer.transport.abort()
    assert process.returncode == 0


async def test_a_second_server_names_the_first(tmp_path: Path) -> None:
    async with running(tmp_path) as (first, where):
        second = await start(tmp_path)
        async with asyncio.timeout(45):
            _, errors = await second.communicate()
        assert second.returncode == 1
        assert str(first.pid) in errors.decode()
        assert where["url"] in errors.decode()
        async with httpx.AsyncClient(base_url=where["url"], trust_env=False) as client:
            assert (await client.get("/healthz")).status_code == 200


async def test_a_killed_server_leaves_the_way_free(tmp_path: Path) -> None:
    async with running(tmp_path) as (first, before):
        first.kill()
        await first.wait()
    (tmp_path / "server.json").unlink()
    async with running(tmp_path) as (second, after):
        assert after["pid"] == second.pid != before["pid"]


async def test_a_taken_port_is_named_with_its_owner(tmp_path: Path) -> None:
    async with running(tmp_path) as (process, where):
        port = int(where["url"].rpartition(":")[2])
        assert port_owner(port) == process.pid
        with pytest.raises(Conflict, match=f"Port {port} .* process {process.pid}.*--port") as caught:
            bind("127.0.0.1", port)
        assert caught.value.details == {"port": port, "pid": process.pid}
        other = await start(tmp_path / "other", port=port)
        _, errors = await other.communicate()
        assert other.returncode == 1
        assert str(process.pid) in errors.decode()
        assert [path.name for path in (tmp_path / "other").iterdir()] == ["server.lock"]


def test_a_port_is_ours_from_the_first_moment() -> None:
    with bind("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        assert port > 0
        with pytest.raises(Conflict):
            bind("127.0.0.1", port)
    bind("127.0.0.1", port).close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.2"])
def test_loopback_addresses_are_served(host: str) -> None:
    with bind(host, 0) as listener:
        sockets.create_connection(listener.getsockname()[:2], timeout=5).close()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "::ffff:0.0.0.0", "192.0.2.1", "2001:db8::1"])
def test_other_addresses_are_refused_with_a_way_out(host: str) -> None:
    with pytest.raises(BadInput, match="ssh -L"):
        bind(host, 0)


@pytest.mark.parametrize(
    ("host", "port"), [("no.such.host.invalid", 0), ("127.0.0.1", 70000), ("127.0.0.1", -1)]
)
def test_impossible_addresses_are_refused(host: str, port: int) -> None:
    with pytest.raises(BadInput, match=r"127\.0\.0\.1|choose"):
        bind(host, port)


# --- the state folder --------------------------------------------------------------------------------


def test_the_folder_is_made_private_whatever_the_umask(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        make_private_dir(tmp_path / "a" / "b")
    finally:
        os.umask(umask)
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
    (tmp_path / "wide").mkdir(mode=0o755)
    make_private_dir(tmp_path / "wide")
    assert (tmp_path / "wide").stat().st_mode & 0o777 == 0o700


def test_a_link_or_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "file").touch()
    for name in ("link", "file"):
        with pytest.raises(BadInput, match=name), hold_state_dir(tmp_path / name):
            pass
    assert list((tmp_path / "real").iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="giving a folder to another user needs root")
def test_a_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    os.chown(tmp_path / "theirs", 12345, 12345)
    with pytest.raises(BadInput, match="another user"):
        make_private_dir(tmp_path / "theirs")


def test_the_lock_ends_with_the_block(tmp_path: Path) -> None:
    with hold_state_dir(tmp_path):
        starting = f"{os.getpid()}, which is still starting"
        with pytest.raises(Conflict, match=starting) as caught, hold_state_dir(tmp_path):
            pass
        assert caught.value.details["pid"] == os.getpid()
        announce(tmp_path, "http://127.0.0.1:1")
        with pytest.raises(Conflict, match="at http://127.0.0.1:1"), hold_state_dir(tmp_path):
            pass
    with hold_state_dir(tmp_path):
        pass


def test_only_our_own_address_is_withdrawn(tmp_path: Path) -> None:
    path = tmp_path / "server.json"
    announce(tmp_path, "http://127.0.0.1:1")
    assert json.loads(path.read_bytes()) == {"url": "http://127.0.0.1:1", "pid": os.getpid()}
    path.write_text('{"pid": 1}')
    withdraw(tmp_path)
    assert path.exists()
    announce(tmp_path, "http://127.0.0.1:1")
    withdraw(tmp_path)
    withdraw(tmp_path)
    assert list(tmp_path.iterdir()) == []


async def test_answers_are_not_delayed() -> None:
    """An answer of two writes would wait for the peer's kernel to confirm the first, 40 ms on Linux."""
    found: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def connected(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        socket: sockets.socket = writer.get_extra_info("socket")
        found.set_result(socket.getsockopt(sockets.IPPROTO_TCP, sockets.TCP_NODELAY))
        writer.close()

    with bind("127.0.0.1", 0) as listener:
        async with await asyncio.start_server(connected, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname())
            assert await found == 1
            writer.close()
