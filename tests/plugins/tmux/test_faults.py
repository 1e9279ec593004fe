"""What goes wrong with tmux servers, and what is then known and done."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from chorus_tmux import TmuxBackend

from chorus.errors import Conflict, Unavailable
from chorus.testing.sessions import Run
from chorus.testing.waiting import eventually
from tests.plugins.tmux.ground import Ground, runs, status

WAIT = "print('here', flush=True); input()"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a server that never answers does not cost 10 s each time."""
    monkeypatch.setattr("chorus_tmux.program.TIMEOUT", 0.3)
    monkeypatch.setattr("chorus_tmux.control.TIMEOUT", 0.3)
    monkeypatch.setattr("chorus_tmux.server.END", 0.5)


async def started(backend: TmuxBackend, run: Run, program: str = WAIT) -> int:
    state = await backend.start(run.spec(program))
    await run.until(b"here")
    assert state.pid is not None
    return state.pid


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
        await eventually(_clients(ground, 1))
        os.kill(client.pid, signal.SIGSTOP)
        await backend.input("task-1", b"\n")
        await eventually(lambda: run.log.end() > 10_000_000)
        await backend.stop("task-1")
        assert not runs(server)()
        client.kill()
    await started(backend, ground.run("run-2"))


def _clients(ground: Ground, number: int) -> Callable[[], Awaitable[bool]]:
    async def seen() -> bool:
        return len((await ground.tmux("list-clients")).splitlines()) == number

    return seen


async def test_a_removed_socket_does_not_lose_the_session(ground: Ground, backend: TmuxBackend) -> None:
    run = ground.run()
    await backend.start(run.raw())
    await run.until(b"ready")
    ground.socket().unlink()
    later = ground.backend()  # with nothing in memory
    state = await later.observe("task-1")
    assert state is not None
    assert (state.run_id, state.alive) == ("run-1", True)
    ground.socket().unlink()
    assert [state.task_id for state in await later.sessions()] == ["task-1"]
    await later.input("task-1", b"still there")
    await eventually(lambda: run.received() == b"still there")
    await later.close()


async def test_a_removed_socket_does_not_save_it_from_being_stopped(
    ground: Ground, backend: TmuxBackend
) -> None:
    agent = await started(backend, ground.run())
    ground.socket().unlink()
    await backend.stop("task-1")
    assert not runs(agent)()


async def test_a_runtime_folder_that_was_cleaned_away_comes_back(
    ground: Ground, backend: TmuxBackend
) -> None:
    await started(backend, ground.run())
    shutil.rmtree(ground.home / "run")
    state = await backend.observe("task-1")
    assert state is not None
    assert state.alive


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


async def test_a_restarted_server_finds_its_sessions(ground: Ground, backend: TmuxBackend) -> None:
    run = ground.run()
    await backend.start(run.raw())
    await backend.start(ground.run("run-2", "task-2").spec("pass"))
    await run.until(b"ready")
    await backend.input("task-1", b"before ")
    later = ground.backend()  # the former one is still connected, as after a kill -9
    await eventually(lambda: _seen(later, {"task-1": ("run-1", True), "task-2": ("run-2", False)}))
    await later.input("task-1", b"after")
    await eventually(lambda: run.received() == b"before after")
    await later.close()


async def _seen(backend: TmuxBackend, expected: dict[str, tuple[str, bool]]) -> bool:
    return {each.task_id: (each.run_id, each.alive) for each in await backend.sessions()} == expected


async def test_sessions_of_others_are_not_ours(ground: Ground, backend: TmuxBackend) -> None:
    """Same folder, a name like ours, no mark or the mark of another task: neither listed nor touched."""
    await started(backend, ground.run())
    folder = ground.socket().parent
    foreign = [folder / "0123456789abcdef", folder / "fedcba9876543210", folder / "mine"]
    for socket in foreign:
        subprocess.run(
            ["tmux", "-f", "/dev/null", "-S", socket, "new-session", "-d", "-s", "main"], check=True
        )
    subprocess.run(["tmux", "-S", foreign[1], "set-option", "@chorus_task", "task-1"], check=True)
    try:
        assert [state.task_id for state in await backend.sessions()] == ["task-1"]
        for socket in foreign:
            subprocess.run(["tmux", "-S", socket, "has-session"], check=True)
    finally:
        for socket in foreign:
            subprocess.run(["tmux", "-S", socket, "kill-server"], check=True)
    await eventually(lambda: _seen(backend, {"task-1": ("run-1", True)}))
    assert foreign[2].exists()


async def test_a_lost_connection_is_made_again(
    ground: Ground, backend: TmuxBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chorus_tmux.connection.IDLE", 600.0)
    run = ground.run()
    await backend.start(run.raw())
    await run.until(b"ready")
    await backend.input("task-1", b"x")
    await eventually(_clients(ground, 1))
    await ground.tmux("detach-client", "-s", "main")
    await eventually(_clients(ground, 0))
    await backend.input("task-1", b"y")
    await eventually(_clients(ground, 1))
    os.kill(int(await ground.tmux("list-clients", "-F", "#{client_pid}")), signal.SIGKILL)
    await eventually(_clients(ground, 0))
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
    await eventually(_clients(ground, 1))
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
    await eventually(_clients(ground, 0))
    assert "here" in await backend.screen("task-1")


async def test_a_closed_backend_leaves_no_clients(ground: Ground, backend: TmuxBackend) -> None:
    await started(backend, ground.run())
    await backend.screen("task-1")
    await backend.close()
    await eventually(_clients(ground, 0))


async def test_the_program_that_keeps_the_output_is_started_again(
    ground: Ground, backend: TmuxBackend
) -> None:
    """After a kill -9 a look brings it back, also by a server that did not start the session."""
    run = ground.run()
    await backend.start(run.spec("print('one', flush=True)\nwhile True: print(input(), flush=True)"))
    await run.until(b"one")
    [writer] = _writers(run)
    os.kill(writer, signal.SIGKILL)
    later = ground.backend()
    await later.input("task-1", b"lost\n")  # tmux notices when it has something to say

    async def back() -> bool:
        await later.observe("task-1")
        return bool(_writers(run))

    await eventually(back)
    await later.input("task-1", b"two\n")
    await run.until(b"two")
    assert (run.log.folder / "gaps.jsonl").exists()
    chunk = run.log.read(run.log.read(0).end)
    assert chunk.truncated_from == len(b"one\r\n")
    await later.close()


def _writers(run: Run) -> list[int]:
    """The processes that have the position of this log open."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                held = {os.readlink(handle) for handle in (entry / "fd").iterdir()}
            except OSError:
                continue
            if str(run.log.folder / "position") in held:
                found.append(int(entry.name))
    return found


async def test_programs_that_ignore_hang_up_end_with_the_session(
    ground: Ground, backend: TmuxBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chorus_tmux.server.END", 0.3)
    program = (
        "import os, signal, time\n"
        "for number in (signal.SIGHUP, signal.SIGTERM): signal.signal(number, signal.SIG_IGN)\n"
        "if os.fork() == 0: os.setpgid(0, 0)\n"
        "os.write(1, b'%d\\n' % os.getpid())\n"
        "time.sleep(1000)"
    )
    run = ground.run()
    await backend.start(run.spec(program))
    await eventually(lambda: run.log.read(0).data.count(b"\n") == 2)
    pids = [int(word) for word in run.log.read(0).data.split()]
    await backend.stop("task-1")
    assert [pid for pid in pids if runs(pid)()] == []


def _over(pid: int) -> bool:
    return not runs(pid)()


async def test_no_zombie_stays(ground: Ground, backend: TmuxBackend) -> None:
    """tmux 3.3a overlooks some of its children's ends; a look makes it see them."""
    for number in range(20):
        state = await backend.start(ground.run(f"run-{number}").spec("pass"))
        assert state.pid is not None
        pid = state.pid
        await eventually(partial(_over, pid))

        async def collected(pid: int = pid) -> bool:
            seen = await backend.observe("task-1")
            assert seen is not None
            assert not seen.alive
            return not status(pid)

        await eventually(collected)


async def test_a_program_that_left_others_behind_has_ended(ground: Ground, backend: TmuxBackend) -> None:
    """Its terminal is still held open."""
    run = ground.run()
    program = (
        "import os, signal, time\n"
        "if os.fork(): input(); os._exit(0)\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN); print('left', flush=True); time.sleep(60)"
    )
    await backend.start(run.spec(program))
    await run.until(b"left")
    await backend.input("task-1", b"\n")

    async def ended() -> bool:
        state = await backend.observe("task-1")
        return state is not None and not state.alive

    await eventually(ended)


async def test_twenty_tasks_start_at_once(ground: Ground, backend: TmuxBackend) -> None:
    tasks = [ground.run(f"run-{number}", f"many-{number}") for number in range(20)]
    await asyncio.gather(*(backend.start(run.spec(WAIT)) for run in tasks))
    await asyncio.gather(*(run.until(b"here") for run in tasks))
    states = await backend.sessions()
    assert sorted(state.task_id for state in states) == sorted(run.task_id for run in tasks)
    await asyncio.gather(*(backend.stop(run.task_id) for run in tasks))
    assert await backend.sessions() == []
