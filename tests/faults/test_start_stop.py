"""Starting beside another server and on a taken port, and stopping while everything is under way."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.support.faults import SturdyServer, alive, begin, configuration, contents, refused, scene

pytestmark = pytest.mark.timeout(240)


async def test_sigterm_with_everything_under_way(home: Path) -> None:
    """Sockets are closed properly, held requests stay open, agents are not touched."""
    async with scene(home) as found:
        project = await found.api.add_project(found.repo)
        tasks = [await begin(found.api, project, text) for text in ("hello", "ask to go", "flood 60", "wait")]
        pids = [found.noted(task, "start")[0][0] for task in tasks]
        headers = {"Authorization": found.api.authorization}
        address = "ws" + found.api.url.removeprefix("http")
        protocols = [Subprotocol("graphql-transport-ws")]
        async with (
            connect(address + f"/terminal/{tasks[0]}", additional_headers=headers, proxy=None) as terminal,
            connect(address + "/graphql", subprotocols=protocols, proxy=None) as graphql,
        ):
            payload = {"Authorization": found.api.authorization}
            await graphql.send(json.dumps({"type": "connection_init", "payload": payload}))
            assert json.loads(await graphql.recv())["type"] == "connection_ack"
            document = {"query": "subscription { events { cursor } }"}
            await graphql.send(json.dumps({"id": "1", "type": "subscribe", "payload": document}))
            assert found.server.process is not None
            found.server.process.send_signal(signal.SIGTERM)
            codes = [await closed(terminal), await closed(graphql)]
            assert await asyncio.to_thread(found.server.died, 20)
        assert found.server.process.returncode == 0
        assert set(codes) <= {1000, 1001, 1012}, "closed with a close frame, not torn"
        assert "Traceback" not in found.server.log.read_text()
        assert all(alive(pid) for pid in pids)
        assert not (found.server.state_dir / "server.json").exists()


async def closed(connection: ClientConnection) -> int | None:
    try:
        while True:
            await connection.recv()
    except ConnectionClosed as end:
        return end.rcvd.code if end.rcvd else None


@pytest.mark.parametrize("where", ["the same state folder", "the same database"])
async def test_a_second_server_names_the_first(home: Path, where: str) -> None:
    async with scene(home) as found:
        first, env = found.server.state_dir, {}
        if where == "the same database":
            env = {"CHORUS_DATABASE_URL": f"sqlite:///{first / 'chorus.db'}"}
        second = SturdyServer(home / "other" if env else first, home, configuration(home), env)
        second_log = home / "second.log"
        with second_log.open("wb") as log:
            process = subprocess.Popen(
                second.command("serve", str(home), "--port", "0", "--state-dir", str(second.state_dir)),
                env=second.environment, cwd=home, stdout=log, stderr=log,
            )  # fmt: skip
            assert await asyncio.to_thread(process.wait, 20) == 1
        said = second_log.read_text()
        assert f"process {found.server.pid} at {found.api.url}" in said
        assert (await found.api.call("{ __typename }")) == {"__typename": "Query"}
        # The lock goes with the process, however it ends.
        await found.kill_and_restart()


async def test_a_taken_port_is_noticed_before_anything_is_changed(home: Path) -> None:
    async with scene(home) as found:
        project = await found.api.add_project(found.repo)
        task = await begin(found.api, project, "hello", "sleeper")
        found.server.stop()
        database = found.server.state_dir / "chorus.db"
        before = contents(database)
        with closing(socket.socket()) as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(("127.0.0.1", found.server.port))
            taken.listen()
            said = refused(found.server)
        assert f"Port {found.server.port} on 127.0.0.1 is taken by the process" in said
        assert contents(database) == before
        await found.restart()
        assert (await found.api.task(task))["runs"][0]["end"] is None
