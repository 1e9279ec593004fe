"""Terminals of tasks: the run that is there, then those that follow, and no keys for nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from chorus.errors import BadInput, Conflict, NotFound
from tests.support.services import Core, services


@pytest.fixture
async def core(tmp_path: Path) -> AsyncIterator[Core]:
    async with services(tmp_path) as core:
        yield core


async def test_keys_and_sizes_reach_an_agent_that_lives(core: Core) -> None:
    task, terminals = await core.running(), core.services.terminals
    await terminals.input(task.id, b"y\r")
    await terminals.resize(task.id, 100, 30)
    assert core.host.written == b"y\r"
    assert core.host.asked[-1] == "resize 100x30"
    await core.ended(task.id)
    for late in (terminals.input(task.id, b"n"), terminals.resize(task.id, 80, 24)):
        with pytest.raises(Conflict, match="no running agent"):
            await late
    assert core.host.written == b"y\r"
    with pytest.raises(Conflict, match="no running agent"):
        await terminals.input((await core.new()).id, b"n")
    with pytest.raises(NotFound, match="no task"):
        await terminals.input("nobody", b"n")


async def test_following_goes_from_run_to_run(core: Core) -> None:
    task = await core.running()
    first = await core.run(task.id)
    async with aclosing(core.services.terminals.follow(task.id, 7)) as pieces:
        start = await anext(pieces)
        assert (start.kind, start.run_id, start.offset) == ("start", first.id, 7)
        assert (start.cols, start.rows) == (80, 24)
        assert (await anext(pieces)).kind == "end"
        await core.ended(task.id)
        await core.services.agents.restart(task.id, actor="ada", prompt="go on")
        start = await anext(pieces)
        assert (start.kind, start.run_id, start.offset) == ("start", (await core.run(task.id)).id, 0)
    assert len(core.database.bus) == 0


async def test_following_a_task_that_has_not_begun_waits_for_its_first_run(core: Core) -> None:
    task = await core.new()
    async with aclosing(core.services.terminals.follow(task.id)) as pieces:
        coming = asyncio.ensure_future(anext(pieces))
        while not len(core.database.bus):
            await asyncio.sleep(0)
        assert not coming.done()
        await core.services.starter.start(task.id, actor="ada")
        assert (await coming).run_id == (await core.run(task.id)).id


async def test_an_offset_is_never_negative(core: Core) -> None:
    task = await core.running()
    with pytest.raises(BadInput, match="counts bytes from 0"):
        await anext(core.services.terminals.follow(task.id, -1))
