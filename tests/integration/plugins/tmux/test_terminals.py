"""Agents' terminals in tmux: what reaches a program, what is kept of it, and people who look in."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from chorus_tmux import TmuxBackend

from chorus.backends import SessionSpec
from chorus.errors import BadInput, Conflict
from chorus.host.runs import wrapper
from chorus.host.terminal import log_writer
from chorus.host.terminal.output_log import OutputLog
from chorus.testing.sessions import Run
from chorus.testing.terminal import Terminal
from chorus.testing.waiting import eventually
from tests.support.tmux import Ground, status

WAIT = "print('here', flush=True); input()"


# --- input --------------------------------------------------------------------------------------


async def reading(backend: TmuxBackend, ground: Ground) -> Run:
    """A program that reads raw input."""
    run = ground.run()
    await backend.start(run.raw())
    await run.until(b"ready")
    return run


async def test_nul_is_refused_and_nothing_of_it_arrives(ground: Ground, backend: TmuxBackend) -> None:
    run = await reading(backend, ground)
    with pytest.raises(BadInput, match="NUL"):
        await backend.input("task-1", b"before\0after")
    await backend.input("task-1", b"next")
    await eventually(lambda: run.received() == b"next")


async def test_too_much_at_once_is_refused(ground: Ground, backend: TmuxBackend) -> None:
    await reading(backend, ground)
    with pytest.raises(BadInput, match="At most 4194304 bytes"):
        await backend.input("task-1", b"x" * (4 * 1024 * 1024 + 1))


async def test_a_megabyte_arrives(ground: Ground, backend: TmuxBackend) -> None:
    run = await reading(backend, ground)
    data = bytes(1 + number * 7 % 255 for number in range(1_000_000))
    await backend.input("task-1", data)
    await eventually(lambda: len(run.received()) >= len(data))
    assert run.received() == data


async def test_an_input_that_was_broken_off_does_not_confuse_the_next(
    ground: Ground, backend: TmuxBackend
) -> None:
    """A client may go away at any moment; what is asked next gets its own answer."""
    run = await reading(backend, ground)
    await backend.input("task-1", b"1")
    for step in range(30):
        asked = asyncio.create_task(backend.screen("task-1"))
        for _ in range(step % 6):
            await asyncio.sleep(0)
        asked.cancel()
        await asyncio.wait([asked])
        state = await backend.observe("task-1")
        assert state is not None
        assert (await backend.screen("task-1")).strip() == "ready"
    await backend.input("task-1", b"2")
    await eventually(lambda: run.received() == b"12")


async def test_input_cannot_be_a_command(ground: Ground, backend: TmuxBackend) -> None:
    """0xff ends a quoted string in control mode, and a line feed begins a new command."""
    run = await reading(backend, ground)
    data = b'\xff"\nset-option -g @owned yes\n"; set-option -g @owned yes ; \n\n#(touch owned)'
    await backend.input("task-1", data)
    await eventually(lambda: run.received() == data)
    assert await ground.tmux("show-options", "-gqv", "@owned") == ""
    assert await ground.tmux("list-buffers") == ""


async def test_input_arrives_while_somebody_scrolls_back(ground: Ground, backend: TmuxBackend) -> None:
    run = await reading(backend, ground)
    await ground.tmux("copy-mode", "-t", "=main:")
    await backend.input("task-1", b"tf:q\x03\x1b\n")
    await eventually(lambda: run.received() == b"tf:q\x03\x1b\n")
    assert await ground.tmux("display-message", "-p", "-t", "=main:", "#{pane_in_mode}") == "1"


async def test_a_dead_pane_is_not_typed_into(ground: Ground, backend: TmuxBackend) -> None:
    """tmux 3.3a crashes when something is pasted into one. Also when it dies between two inputs."""
    run = ground.run()
    await backend.start(run.spec("print('\\n\\nhere', flush=True); input()"))
    await run.until(b"here")
    await backend.input("task-1", b"\n")
    await eventually(lambda: _pane_is(ground, "#{pane_dead}", "1"))
    for _ in range(3):
        with pytest.raises(Conflict, match="has ended"):
            await backend.input("task-1", b"x")
    assert "here" in await backend.screen("task-1")
    await backend.resize("task-1", 60, 20)
    state = await backend.observe("task-1")
    assert state is not None
    assert (state.run_id, state.alive, state.cols) == ("run-1", False, 60)


async def _pane_is(ground: Ground, what: str, value: str) -> bool:
    return await ground.tmux("display-message", "-p", "-t", "=main:", what) == value


async def test_what_is_typed_at_a_pane_that_was_closed(ground: Ground, backend: TmuxBackend) -> None:
    """While connected, and with another window open so that the session stays."""
    run = await reading(backend, ground)
    await backend.input("task-1", b"x")
    await eventually(lambda: run.received() == b"x")
    await ground.tmux("new-window", "-t", "=main:", "cat")
    await ground.tmux("kill-window", "-t", "=main:agent")
    for _ in range(2):
        with pytest.raises(Conflict, match="has ended"):
            await backend.input("task-1", b"y")
    state = await backend.observe("task-1")
    assert state is not None
    assert (state.run_id, state.alive, state.pid) == (None, False, None)
    assert run.received() == b"x"


@pytest.mark.parametrize(
    ("asked", "given"), [((1, 1), (20, 5)), ((9999, 9999), (500, 300)), ((-5, 0), (20, 5))]
)
async def test_sizes_are_kept_within_reason(
    ground: Ground, backend: TmuxBackend, asked: tuple[int, int], given: tuple[int, int]
) -> None:
    await reading(backend, ground)
    await backend.resize("task-1", *asked)
    state = await backend.observe("task-1")
    assert state is not None
    assert (state.cols, state.rows) == given


# --- output -------------------------------------------------------------------------------------


async def launched(
    backend: TmuxBackend, ground: Ground, argv: Sequence[str], run_id: str = "run-1", **options: int
) -> Path:
    """A program under the launcher of Chorus; the folder of its run."""
    folder = ground.home / run_id
    folder.mkdir()
    launch = {"argv": argv, "cwd": "/", "env": {"PATH": os.environ["PATH"]}, "stdin": None}
    (folder / "launch.json").write_text(json.dumps(launch))
    ground.tasks.add("task-1")
    log_argv = log_writer.argv(folder / "log", **options)
    await backend.start(
        SessionSpec("task-1", run_id, wrapper.argv(folder), log_argv, {"PATH": os.environ["PATH"]})
    )
    return folder


async def ended(folder: Path) -> dict[str, Any]:
    await eventually((folder / "exit.json").exists)
    data = json.loads((folder / "exit.json").read_bytes())
    assert isinstance(data, dict)
    return data


@pytest.mark.parametrize(
    ("program", "code", "name", "seen"),
    [
        ("exit 3", 3, None, "3 "),
        ("kill -KILL $$", None, "SIGKILL", " 9"),
        ("kill -SEGV $$", None, "SIGSEGV", " 11"),
    ],
)
async def test_the_end_is_on_record(
    ground: Ground, backend: TmuxBackend, program: str, code: int | None, name: str | None, seen: str
) -> None:
    end = await ended(await launched(backend, ground, ["sh", "-c", program]))
    assert (end["exit_code"], end["signal"]) == (code, name)

    async def tmux_knows_too() -> bool:
        await backend.observe("task-1")  # wakes a tmux that has overlooked it
        return await _pane_is(ground, "#{pane_dead_status} #{pane_dead_signal}", seen)

    await eventually(tmux_knows_too)
    assert "This run has ended" in await backend.screen("task-1")


async def test_the_last_line_is_kept(ground: Ground, backend: TmuxBackend) -> None:
    """tmux 3.3a drops what a program prints as it ends, in most runs of this size."""
    everything = b"".join(b"line %d\r\n" % (line + 1) for line in range(20000))
    for number in range(5):
        folder = await launched(backend, ground, ["seq", "-f", "line %g", "20000"], f"run-{number}")
        await ended(folder)
        log = OutputLog(folder / "log")
        await eventually(partial(_reaches, log, len(everything)))
        assert log.read(0, log.end()).data == everything


def _reaches(log: OutputLog, offset: int) -> bool:
    return log.end() >= offset


async def test_the_agent_has_the_terminal_in_tmux_too(ground: Ground, backend: TmuxBackend) -> None:
    program = "import os, sys; print(os.getpgrp() == os.tcgetpgrp(0), os.environ['TERM'], sorted(os.environ))"
    folder = await launched(backend, ground, [sys.executable, "-I", "-S", "-c", program])
    await ended(folder)
    await eventually(lambda: b"\n" in OutputLog(folder / "log").read(0).data)
    said = OutputLog(folder / "log").read(0).data.decode()
    assert said.startswith("True ")
    assert "TMUX" not in said


async def test_a_flood_is_capped_and_tmux_stays_small(ground: Ground, backend: TmuxBackend) -> None:
    program = (
        "import os\n"
        "data = os.urandom(30000).hex().encode() + b'\\r\\n'\n"
        "for _ in range(500): os.write(1, data)"
    )
    folder = await launched(
        backend, ground, [sys.executable, "-I", "-S", "-c", program], segment_bytes=1024 * 1024, keep=4
    )
    await ended(folder)
    log = OutputLog(folder / "log")
    await eventually(lambda: log.end() >= 500 * 60_002)
    kept = sum(path.stat().st_size for path in (folder / "log").glob("*.log"))
    assert kept <= 4 * 1024 * 1024
    assert log.read(0).truncated_from == 0
    memory = int(status(await ground.server_pid())["VmRSS"].split()[0])
    assert memory < 20_000  # KiB


async def test_folders_with_odd_names_are_no_commands(ground: Ground, backend: TmuxBackend) -> None:
    name = "a #{pid} #(touch owned) %H ; $HOME `id` ' \" \\ é ##[x] "
    folder = ground.home / name
    run = Run(ground.home, name, "task-1")
    ground.tasks.add("task-1")
    spec = run.spec(WAIT)
    await backend.start(SessionSpec("task-1", "run-1", spec.argv, spec.log_argv, spec.environment))
    await run.until(b"here")
    assert folder.is_dir()
    assert sorted(path.name for path in ground.home.iterdir()) == [name, "run", "state"]


async def test_a_title_is_text_and_nothing_else(ground: Ground, backend: TmuxBackend) -> None:
    run = ground.run()
    title = "✳ Fixing #(touch owned) #{pid} ; it"
    await backend.start(run.spec(f"print('\\x1b]2;{title}\\x07here', flush=True); input()"))
    await run.until(b"here")

    async def titled() -> bool:
        state = await backend.observe("task-1")
        return state is not None and state.title == title

    await eventually(titled)
    assert await backend.sessions() != []
    assert not (Path("/") / "owned").exists()
    assert sorted(path.name for path in ground.home.iterdir()) == ["run", "state"]


async def test_a_very_long_title_does_no_harm(ground: Ground, backend: TmuxBackend) -> None:
    run = ground.run()
    program = "print('\\x1b]2;' + 'title ' * 100000 + '\\x07here', flush=True); input()"
    await backend.start(run.spec(program))
    await run.until(b"here")
    await backend.screen("task-1")
    state = await backend.observe("task-1")
    assert state is not None
    assert len(state.title) <= 250


async def test_a_program_without_a_title_has_none(ground: Ground, backend: TmuxBackend) -> None:
    """tmux would give it the name of the machine."""
    state = await backend.start(ground.run().spec(WAIT))
    assert state.title == ""


async def test_a_screen_that_imitates_tmux_is_only_text(ground: Ground, backend: TmuxBackend) -> None:
    run = ground.run()
    lines = "%end 1 1 1\\n%begin 1 1 1\\n%error 1 1 1\\n%exit"
    await backend.start(run.spec(f"print('{lines}\\nhere', flush=True); input()"))
    await run.until(b"here")
    expected = ["%end 1 1 1", "%begin 1 1 1", "%error 1 1 1", "%exit", "here"]
    assert (await backend.screen("task-1")).splitlines() == expected


# --- environment --------------------------------------------------------------------------------


async def test_the_servers_environment_is_only_what_was_given(
    ground: Ground, backend: TmuxBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHORUS_TEST_SECRET", "s3cr3t")
    monkeypatch.setenv("TMUX", "/somewhere/else,1,0")
    await backend.start(ground.run().spec(WAIT))
    await backend.screen("task-1")
    server = await ground.server_pid()
    assert b"s3cr3t" not in Path(f"/proc/{server}/environ").read_bytes()
    assert "s3cr3t" not in await ground.tmux("show-environment", "-g")
    for client in (await ground.tmux("list-clients", "-F", "#{client_pid}")).split():
        assert b"s3cr3t" not in Path(f"/proc/{client}/environ").read_bytes()


async def test_a_new_run_has_its_own_environment(ground: Ground, backend: TmuxBackend) -> None:
    program = "import os; print('<', *map(os.environ.get, ('OLD', 'BOTH', 'NEW')), '>'); input()"
    first, second = ground.run(), ground.run("run-2")
    await backend.start(first.spec(program, env={"OLD": "o\nlder=1", "BOTH": "1"}))
    assert b"< o\r\nlder=1 1 None >" in await first.until(b">")
    await backend.start(second.spec(program, env={"BOTH": "2;", "NEW": "-x #{pid} \"'$HOME"}))
    assert b"< None 2; -x #{pid} \"'$HOME >" in await second.until(b">")


# --- people -------------------------------------------------------------------------------------


async def attached(ground: Ground, backend: TmuxBackend, size: tuple[int, int] = (60, 15)) -> Terminal:
    """A person in a terminal of their own."""
    argv = backend.attach_command("task-1")
    environment = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "PERSONS_SECRET": "p"}
    terminal = await Terminal.start(argv, environment, size=size)
    await terminal.until(b"here")
    return terminal


async def test_a_person_can_attach_and_changes_nothing(ground: Ground, backend: TmuxBackend) -> None:
    run = ground.run()
    await backend.start(run.spec("print('here')\nwhile True: print(f'got {input()}')"))
    person = await attached(ground, backend)
    state = await backend.observe("task-1")
    assert state is not None
    assert (state.cols, state.rows) == (90, 30)
    assert "PERSONS_SECRET" not in await ground.tmux("show-environment", "-t", "=main:")
    await person.write(b"typed by hand\r")
    await run.until(b"got typed by hand")
    await backend.input("task-1", b"typed by Chorus\n")
    await person.until(b"got typed by Chorus")
    for key in (b"\x02", b"d"):
        await asyncio.sleep(0.1)  # tmux takes what comes within a millisecond for a paste: assume-paste-time
        await person.write(key)
    assert await person.finished() == 0
    state = await backend.observe("task-1")
    assert state is not None
    assert state.alive


async def test_who_is_attached_stays_for_the_next_run(ground: Ground, backend: TmuxBackend) -> None:
    await backend.start(ground.run().spec(WAIT))
    person = await attached(ground, backend)
    second = ground.run("run-2")
    state = await backend.start(second.spec("print('another agent', flush=True); input()", size=(100, 33)))
    assert (state.run_id, state.cols, state.rows) == ("run-2", 100, 33)
    await person.until(b"another agent")
    assert person.process.returncode is None
    await person.end()


async def test_windows_people_opened_are_theirs(ground: Ground, backend: TmuxBackend) -> None:
    run = ground.run()
    await backend.start(run.raw())
    await run.until(b"ready")
    await ground.tmux("split-window", "-t", "=main:", "cat")
    await ground.tmux("new-window", "-t", "=main:", "cat")
    await backend.input("task-1", b"for the agent")
    await eventually(lambda: run.received() == b"for the agent")
    state = await backend.start(ground.run("run-2").spec(WAIT))
    assert state.run_id == "run-2"
    panes = (await ground.tmux("list-panes", "-s", "-F", "<#{@chorus_run}>")).split()
    assert sorted(panes) == ["<>", "<>", "<run-2>"]
    await ground.run("run-2").until(b"here")


async def test_a_pane_that_was_closed_ends_the_session(ground: Ground, backend: TmuxBackend) -> None:
    await backend.start(ground.run().spec(WAIT))
    await ground.tmux("kill-pane", "-t", "=main:")

    async def gone() -> bool:
        return await backend.observe("task-1") is None

    await eventually(gone)
