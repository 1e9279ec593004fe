"""Servers that die, hang or cannot end, and what is then known and done."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess

import pytest
from chorus_tmux import TmuxBackend

from chorus.errors import Conflict, Unavailable
from chorus.testing.waiting import eventually
from tests.support.tmux import WAIT, Ground, clients, runs, started


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a server that never answers does not cost 10 s each time."""
    monkeypatch.setattr("chorus_tmux.program.TIMEOUT", 0.3)
    monkeypatch.setattr("chorus_tmux.control.TIMEOUT", 0.3)
    monkeypatch.setattr("chorus_tmux.server.END", 0.5)


@pytest.mark.parametrize("connected", [False, True], ids=["idle", "connected"])
@pytest.mark.parametrize(
    "number", [None, signal.SIGKILL, signal.SIGSEGV], ids=["kill-server", "KILL", "SEGV"]
)
async def test_a_dead_server_is_one_death(
    ground: Ground, backend: TmuxBackend, number: signal.Signals | None, connected: bool
) -> None:
    agent = await started(backend, ground.run())
    await started(backend, ground.run("run-2", "task-2"))
    if connected:
        await backend.input("task-1", b"x")
    if number is None:
        await ground.tmux("kill-server")
    else:
        os.kill(await ground.server_pid(), number)
    await eventually(lambda: not runs(agent)())
    assert await backend.observe("task-1") is None
    with pytest.raises(Conflict, match="has no terminal"):
        await backend.input("task-1", b"x")
    other = await backend.observe("task-2")
    assert other is not None
    assert other.alive
    assert [state.task_id for state in await backend.sessions()] == ["task-2"]
    await started(backend, ground.run("run-4"))


async def test_a_start_right_after_a_death_works(ground: Ground, backend: TmuxBackend) -> None:
    """For a moment the former server answers that it has exited."""
    for number in range(5):
        await started(backend, ground.run(f"run-{number}"))
        await ground.tmux("kill-server")


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("connected", [False, True], ids=["idle", "connected"])
async def test_a_server_that_hangs_is_not_called_dead(
    ground: Ground, backend: TmuxBackend, connected: bool
) -> None:
    await started(backend, ground.run())
    await started(backend, ground.run("run-2", "task-2"))
    server = await ground.server_pid()
    if connected:
        await backend.screen("task-1")
    os.kill(server, signal.SIGSTOP)
    try:
        with pytest.raises(Unavailable, match="did not answer"):
            await backend.observe("task-1")
        with pytest.raises(Unavailable, match="did not answer"):
            await backend.start(ground.run("run-3").spec(WAIT))
        with pytest.raises(Unavailable):
            await backend.input("task-1", b"x")
        assert [state.task_id for state in await backend.sessions()] == ["task-2"]
    finally:
        os.kill(server, signal.SIGCONT)
    state = await backend.observe("task-1")
    assert state is not None
    assert (state.run_id, state.alive) == ("run-1", True)


@pytest.mark.usefixtures("impatient")
async def test_a_server_that_hangs_can_be_stopped(ground: Ground, backend: TmuxBackend) -> None:
    agent = await started(backend, ground.run())
    server = await ground.server_pid()
    os.kill(server, signal.SIGSTOP)
    await backend.stop("task-1")
    assert not runs(server)()
    assert not runs(agent)()
    assert await backend.observe("task-1") is None


@pytest.mark.usefixtures("impatient")
async def test_a_client_that_does_not_read_cannot_keep_a_server(ground: Ground, backend: TmuxBackend) -> None:
    """tmux 3.3a waits for ever for such a client, and tells everybody else that it has exited."""
    program = "print('here', flush=True); input()\nwhile True: print('x' * 4000)"
    run = ground.run()
    await started(backend, run, program)
    server = await ground.server_pid()
    client = subprocess.Popen(
        ["tmux", "-S", ground.socket(), "-C", "attach"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with client:
        await eventually(clients(ground, 1))
        os.kill(client.pid, signal.SIGSTOP)
        await backend.input("task-1", b"\n")
        await eventually(lambda: run.log.end() > 10_000_000)
        await backend.stop("task-1")
        assert not runs(server)()
        client.kill()
    await started(backend, ground.run("run-2"))


async def test_a_session_that_ends_while_it_is_replaced(ground: Ground, backend: TmuxBackend) -> None:
    await started(backend, ground.run())
    run = ground.run("run-2")
    starting = asyncio.create_task(backend.start(run.spec(WAIT)))
    await ground.tmux("kill-server")
    state = await starting
    assert (state.run_id, state.alive) == ("run-2", True)
    await run.until(b"here")


async def test_nothing_is_left_behind(ground: Ground, backend: TmuxBackend) -> None:
    await started(backend, ground.run())
    await backend.stop("task-1")
    await started(backend, ground.run("run-2", "task-2"))
    await ground.tmux("kill-server", task_id="task-2")
    await eventually(lambda: _gone(backend))
    assert list((ground.home / "run").iterdir()) == []
    assert [path.name for path in (ground.home / "state" / "tmux").iterdir()] == ["tmux.conf"]


async def _gone(backend: TmuxBackend) -> bool:
    return await backend.sessions() == []


async def test_twenty_tasks_start_at_once(ground: Ground, backend: TmuxBackend) -> None:
    tasks = [ground.run(f"run-{number}", f"many-{number}") for number in range(20)]
    await asyncio.gather(*(backend.start(run.spec(WAIT)) for run in tasks))
    await asyncio.gather(*(run.until(b"here") for run in tasks))
    states = await backend.sessions()
    assert sorted(state.task_id for state in states) == sorted(run.task_id for run in tasks)
    await asyncio.gather(*(backend.stop(run.task_id) for run in tasks))
    assert await backend.sessions() == []
