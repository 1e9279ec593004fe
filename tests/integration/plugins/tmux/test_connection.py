"""The connection that is typed through: lost, cut, idle and closed."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress

import pytest
from chorus_tmux import TmuxBackend

from chorus.errors import Unavailable
from chorus.testing.waiting import eventually
from tests.support.tmux import Ground, clients, started


async def test_a_lost_connection_is_made_again(
    ground: Ground, backend: TmuxBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chorus_tmux.connection.IDLE", 600.0)
    run = ground.run()
    await backend.start(run.raw())
    await run.until(b"ready")
    await backend.input("task-1", b"x")
    await eventually(clients(ground, 1))
    await ground.tmux("detach-client", "-s", "main")
    await eventually(clients(ground, 0))
    await backend.input("task-1", b"y")
    await eventually(clients(ground, 1))
    os.kill(int(await ground.tmux("list-clients", "-F", "#{client_pid}")), signal.SIGKILL)
    await eventually(clients(ground, 0))
    await backend.input("task-1", b"z")
    await eventually(lambda: run.received() == b"xyz")


async def test_input_arrives_once_when_the_connection_is_cut_again_and_again(
    ground: Ground, backend: TmuxBackend
) -> None:
    run = ground.run()
    await backend.start(run.raw())
    await run.until(b"ready")
    done = asyncio.Event()

    async def cut() -> None:
        while not done.is_set():
            for pid in (await ground.tmux("list-clients", "-F", "#{client_pid}")).split():
                with suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)

    cutting = asyncio.create_task(cut())
    certain = []
    for number in range(25):
        with suppress(Unavailable):  # cut twice in a row: then it says so, and nobody knows
            await backend.input("task-1", b"%d," % number)
            certain.append(number)
    done.set()
    await cutting
    await backend.input("task-1", b"end,")
    await eventually(lambda: run.received().endswith(b"end,"))
    arrived = [int(word) for word in run.received().split(b",")[:-2]]
    assert arrived == sorted(set(arrived))
    assert set(certain) <= set(arrived)


async def test_what_was_typed_before_the_connection_was_cut_is_not_typed_again(
    ground: Ground, backend: TmuxBackend
) -> None:
    """Cut between the last command of an input and its answer: a hook of tmux makes it wait there."""
    run = ground.run()
    await backend.start(run.raw())
    await run.until(b"ready")
    await backend.input("task-1", b"1")
    await ground.tmux("set-hook", "-g", "after-set-option", "wait-for never")
    typing = asyncio.create_task(backend.input("task-1", b"2"))
    await eventually(lambda: run.received() == b"12")
    await eventually(clients(ground, 1))
    os.kill(int(await ground.tmux("list-clients", "-F", "#{client_pid}")), signal.SIGKILL)
    await ground.tmux("set-hook", "-gu", "after-set-option")
    await typing
    await backend.input("task-1", b"3")
    await eventually(lambda: run.received().endswith(b"3"))
    assert run.received() == b"123"


async def test_an_idle_connection_is_closed(
    ground: Ground, backend: TmuxBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chorus_tmux.connection.IDLE", 0.2)
    await started(backend, ground.run())
    assert await ground.tmux("list-clients") == ""  # looking and starting need none
    await backend.screen("task-1")
    await eventually(clients(ground, 0))
    assert "here" in await backend.screen("task-1")


async def test_a_closed_backend_leaves_no_clients(ground: Ground, backend: TmuxBackend) -> None:
    await started(backend, ground.run())
    await backend.screen("task-1")
    await backend.close()
    await eventually(clients(ground, 0))
