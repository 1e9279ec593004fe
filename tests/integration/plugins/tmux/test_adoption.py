"""Sessions that are found again: without a socket or a folder, after a restart, among those of others."""

from __future__ import annotations

import shutil
import subprocess

from chorus_tmux import TmuxBackend

from chorus.testing.waiting import eventually
from tests.support.tmux import Ground, runs, started


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
