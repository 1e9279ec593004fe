"""On the event loop that the server of Chorus uses, whose processes and pipes are not asyncio's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from pathlib import Path

import pytest
import uvloop

from chorus.backends import SessionBackend
from chorus.testing.sessions import Run, SessionBackendContract
from chorus.testing.waiting import eventually
from tests.support.tmux import Ground, runs

contract = SessionBackendContract()

#: Rows of the contract, each with as many runs as it takes.
ROWS: list[Callable[..., Coroutine[None, None, None]]] = [
    contract.test_output_is_kept_byte_for_byte,
    contract.test_the_same_run_is_started_once,
    contract.test_much_input_arrives,
    contract.test_inputs_do_not_mix,
    contract.test_the_program_learns_its_new_size,
    contract.test_stopping_ends_everything,
    contract.test_sessions_stay_when_the_connection_is_closed,
]


def on_uvloop(home: Path, runs: Path, work: Callable[[SessionBackend, Ground], Awaitable[None]]) -> None:
    async def main() -> None:
        assert isinstance(asyncio.get_running_loop(), uvloop.Loop)
        ground = Ground(home, runs)
        backend = ground.backend()
        try:
            await work(backend, ground)
        finally:
            await backend.stop("task-1")
            await backend.close()

    uvloop.run(main())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.__name__)
def test_the_contract_holds(
    home: Path, tmp_path: Path, row: Callable[..., Coroutine[None, None, None]]
) -> None:
    on_uvloop(home, tmp_path, lambda backend, ground: row(backend, ground.run()))


def test_a_new_run_replaces_the_one_before(home: Path, tmp_path: Path) -> None:
    async def work(backend: SessionBackend, ground: Ground) -> None:
        await contract.test_a_new_run_replaces_the_one_before(backend, ground.run(), ground.run("run-2"))

    on_uvloop(home, tmp_path, work)


def test_a_dead_server_is_noticed_and_replaced(home: Path, tmp_path: Path) -> None:
    async def work(backend: SessionBackend, ground: Ground) -> None:
        for run in (ground.run("run-1"), ground.run("run-2")):
            state = await backend.start(run.raw())
            await run.until(b"ready")
            await typed(backend, run)
            await ground.tmux("kill-server")
            assert state.pid is not None
            await eventually(partial(_over, state.pid))
            assert await backend.observe("task-1") is None

    on_uvloop(home, tmp_path, work)


async def typed(backend: SessionBackend, run: Run) -> None:
    await backend.input("task-1", b"\xffx")
    await eventually(lambda: run.received() == b"\xffx")


def _over(pid: int) -> bool:
    return not runs(pid)()
