"""Processes in a session: the one that keeps its output, and those that do not end as they should."""

from __future__ import annotations

import os
import signal
from functools import partial
from pathlib import Path

import pytest
from chorus_tmux import TmuxBackend

from chorus.testing.sessions import Run
from chorus.testing.waiting import eventually
from tests.support.tmux import Ground, runs, status


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
