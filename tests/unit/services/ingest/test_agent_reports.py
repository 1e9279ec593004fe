"""The endpoint for agents: a token, a raw report, and the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from chorus.errors import BadInput, Unauthenticated, Unavailable
from chorus.model import AgentStatus, PermissionDecision, PermissionState
from chorus.services.ingest.report_writer import RunOver
from chorus.services.permissions.answers import Answer
from tests.support.services import Core, services

ASKS = {"tool": "Bash", "input": {"command": "make"}, "asks": True}


async def token(core: Core) -> tuple[str, str]:
    """Start a task and return its id and the token of its agent."""
    task = await core.started()
    [start] = await core.commands("start", task.id)
    await core.up(task.id)
    return task.id, str(start.payload["token"])


async def receive(core: Core, token: str, body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    return await core.services.reports.receive(token, body, asyncio.Event())


async def test_a_token_belongs_to_its_run(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        id, secret = await token(core)
        assert await receive(core, secret, {"status": "RUNNING", "activity": "make"}) is None
        assert (await core.task(id)).activity == "make"
        with pytest.raises(Unauthenticated, match="belongs to no run"):
            await receive(core, "guessed", {"status": "IDLE"})


async def test_a_token_dies_with_its_run(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        id, secret = await token(core)
        await receive(core, secret, {"status": "RUNNING"})
        await core.ended(id)
        with pytest.raises(RunOver):
            await receive(core, secret, {"status": "IDLE"})
        assert (await core.task(id)).agent_status is AgentStatus.STOPPED


async def test_the_name_of_a_report(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        id, secret = await token(core)
        for activity in ("first", "again"):
            body = {"status": "RUNNING", "activity": activity, "chorus_report_id": "r1"}
            await receive(core, secret, body)
        assert (await core.task(id)).activity == "first"
        for wrong in ("", "x" * 101, 7):
            with pytest.raises(BadInput, match="chorus_report_id must be a text"):
                await receive(core, secret, {"status": "RUNNING", "chorus_report_id": wrong})


async def asked(core: Core) -> str:
    """Wait for the request of an agent and return its id."""
    with core.services.bus.subscription() as news:
        while not (found := await core.services.permissions.inbox.list(None, None)):
            await news.take()
    return found[0].id


async def test_a_request_is_answered_when_somebody_decides(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        _, secret = await token(core)
        waiting = asyncio.create_task(receive(core, secret, ASKS))
        answer = Answer(PermissionDecision.DENY, "Not now.")
        await core.services.permissions.respond(await asked(core), answer, actor="ann")
        assert await waiting == {"decision": "DENY", "message": "Not now."}


async def test_a_request_whose_agent_lets_go_is_withdrawn(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        id, secret = await token(core)
        gone = asyncio.Event()
        waiting = asyncio.create_task(core.services.reports.receive(secret, ASKS, gone))
        await asked(core)
        gone.set()
        assert await waiting is None
        [request] = await core.services.permissions.inbox.list(None, id)
        assert request.state is PermissionState.WITHDRAWN
        assert (await core.task(id)).agent_status is not AgentStatus.WAITING


async def test_a_request_stays_open_when_the_server_stops(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        id, secret = await token(core)
        gone = asyncio.Event()
        waiting = asyncio.create_task(core.services.reports.receive(secret, ASKS, gone))
        await asked(core)
        core.services.reports.stopping = True
        gone.set()
        with pytest.raises(Unavailable, match="the request stays open"):
            await waiting
        [request] = await core.services.permissions.inbox.list(None, id)
        assert request.state is PermissionState.PENDING


async def test_tools_in_a_shared_folder_are_told_to_the_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with services(tmp_path) as core:
        id, secret = await token(core)
        await receive(core, secret, {"tool": "Bash", "input": {"command": "make"}})
        assert f"heed {id}" not in core.host.asked
        monkeypatch.setattr(type(core.plugins), "shares_tree", lambda plugins, backend: backend == "memory")
        await receive(core, secret, {"status": "RUNNING"})
        assert f"heed {id}" not in core.host.asked
        await receive(core, secret, {"tool": "Bash", "input": {"command": "make"}})
        assert f"heed {id}" in core.host.asked


async def test_what_is_read_from_the_channel_of_a_run(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        id, _ = await token(core)
        run, control = (await core.run(id)).id, core.services.control
        for _ in range(2):
            await control.hear(run, "fake", {"status": "RUNNING", "activity": "make"}, "line 1")
            await control.lost(run, "fake", 10, 20)
        assert (await core.task(id)).activity == "make"
        assert len(await core.events("agent.lines_lost")) == 1
        with pytest.raises(Unauthenticated):
            await control.hear("gone", "fake", {"status": "RUNNING"}, "line 1")
