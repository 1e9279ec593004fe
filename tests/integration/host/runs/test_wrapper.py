"""The launcher that runs in every terminal: a real terminal, real processes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from chorus.host.runs import wrapper
from chorus.testing.terminal import Terminal
from chorus.testing.waiting import eventually

Start = Callable[..., Awaitable[Terminal]]

PYTHON = [sys.executable, "-I", "-S", "-c"]


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    path = tmp_path / "run"
    path.mkdir()
    return path


@pytest.fixture
async def start(run_dir: Path) -> AsyncIterator[Start]:
    terminals: list[Terminal] = []

    async def start(*argv: str, launcher_env: dict[str, str] | None = None, **launch: Any) -> Terminal:
        content = {"argv": argv, "cwd": "/", "env": {"PATH": os.defpath}, "stdin": None, **launch}
        (run_dir / "launch.json").write_text(json.dumps(content))
        terminals.append(await Terminal.start(wrapper.argv(run_dir), launcher_env))
        return terminals[-1]

    yield start
    for terminal in terminals:
        await terminal.end()


def read(path: Path) -> dict[str, Any]:
    data = json.loads(path.read_bytes())
    assert isinstance(data, dict)
    return data


async def test_records_the_agent_and_its_exit_code(start: Start, run_dir: Path) -> None:
    program = (
        "import os, sys; print('pid', os.getpid(), open('/proc/self/stat').read().split()[21]); sys.exit(7)"
    )
    terminal = await start(*PYTHON, program)
    assert await terminal.finished() == 7
    agent, end = read(run_dir / "agent.json"), read(run_dir / "exit.json")
    assert f"pid {agent['pid']} {agent['start_time']}".encode() in terminal.output
    assert end["exit_code"] == 7
    assert end["signal"] is None
    assert agent["started_at"] <= end["ended_at"]
    assert "error" not in end


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM], ids=lambda n: n.name)
async def test_records_the_signal_that_ended_the_agent(
    start: Start, run_dir: Path, number: signal.Signals
) -> None:
    terminal = await start(*PYTHON, f"import os; os.kill(os.getpid(), {number.value})")
    assert await terminal.finished() == -number
    end = read(run_dir / "exit.json")
    assert (end["exit_code"], end["signal"]) == (None, number.name)


async def test_files_are_private(start: Start, run_dir: Path) -> None:
    await (await start("true")).finished()
    for name in ("started", "agent.json", "exit.json"):
        assert (run_dir / name).stat().st_mode & 0o777 == 0o600, name


async def test_a_second_start_starts_nothing(start: Start, run_dir: Path) -> None:
    await (await start("sh", "-c", "echo run >> $0; exit 3", str(run_dir / "count"))).finished()
    before = (run_dir / "exit.json").read_bytes()
    again = await Terminal.start(wrapper.argv(run_dir))
    assert await again.finished() == wrapper.NOT_STARTED
    assert b"was started before" in again.output
    assert (run_dir / "count").read_text() == "run\n"
    assert (run_dir / "exit.json").read_bytes() == before


async def test_the_agent_has_the_terminal_for_itself(start: Start, run_dir: Path) -> None:
    program = "import os; print('own', os.getpgrp() == os.getpid() == os.tcgetpgrp(0), os.isatty(0))"
    terminal = await start(*PYTHON, program)
    await terminal.finished()
    assert b"own True True" in terminal.output


async def test_ctrl_c_reaches_the_agent_and_not_the_launcher(start: Start, run_dir: Path) -> None:
    terminal = await start("sh", "-c", "trap 'echo caught; exit 5' INT; echo ready; while :; do read x; done")
    await terminal.until(b"ready")
    await terminal.write(b"\x03")
    assert await terminal.finished() == 5
    assert read(run_dir / "exit.json")["exit_code"] == 5


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT], ids=lambda n: n.name)
async def test_signals_are_passed_on_to_the_whole_group(
    start: Start, run_dir: Path, number: signal.Signals
) -> None:
    # The child of the agent must get it too: the agent itself only leaves when the child has.
    program = (
        "import os, signal, subprocess, sys; number = int(sys.argv[1]);"
        "signal.signal(number, lambda *_: None);"
        "child = subprocess.Popen(['sh', '-c', 'echo ready; exec sleep 1000']);"
        "sys.exit(child.wait() == -number)"
    )
    terminal = await start(*PYTHON, program, str(number.value))
    await terminal.until(b"ready")
    terminal.process.send_signal(number)
    assert await terminal.finished() == 1


async def test_python_hands_on_no_ignored_signals(start: Start, run_dir: Path) -> None:
    terminal = await start("grep", "-E", "Sig(Blk|Ign)", "/proc/self/status")
    await terminal.finished()
    blocked, ignored = terminal.output.split()[1::2]
    # Signals 32 and 33 belong to the C library, which lets no program change them (signal(7)).
    assert [int(mask, 16) & ~(0b11 << 31) for mask in (blocked, ignored)] == [0, 0]


async def test_a_stop_from_the_keyboard_does_not_hang_the_agent(start: Start, run_dir: Path) -> None:
    terminal = await start("sh", "-c", "trap 'echo resumed' CONT; echo ready; while :; do read x; done")
    await terminal.until(b"ready")
    await terminal.write(b"\x1a")
    await terminal.until(b"resumed")


async def test_a_missing_program_is_said_and_recorded(start: Start, run_dir: Path) -> None:
    terminal = await start("no-such-agent", "--flag")
    assert await terminal.finished() == 127
    assert b"no-such-agent was not found" in terminal.output
    end = read(run_dir / "exit.json")
    assert end["exit_code"] == 127
    assert "no-such-agent was not found" in end["error"]
    assert not (run_dir / "agent.json").exists()


@pytest.mark.parametrize(
    ("launch", "words"),
    [
        ({"argv": ["/etc/passwd"]}, "Permission denied"),
        ({"argv": ["x" * 10_000]}, "File name too long"),
        ({"argv": ["true", "x" * 3_000_000]}, "Argument list too long"),
        ({"argv": ["true", "a\0b"]}, "null byte"),
        ({"argv": []}, "launch.json cannot be used"),
        ({"argv": ["true"], "env": {"A=B": "c"}}, "illegal environment variable name"),
        ({"argv": ["true"], "cwd": "/no/such/folder"}, "the folder /no/such/folder cannot be used"),
        ({"argv": ["true"], "stdin": "nothing"}, "the input nothing cannot be used"),
    ],
    ids=["not executable", "long name", "long argument", "nul", "empty", "bad name", "no folder", "no input"],
)
async def test_what_cannot_be_started_is_explained(
    start: Start, run_dir: Path, launch: dict[str, Any], words: str
) -> None:
    terminal = await start(**launch)
    assert await terminal.finished() == 127
    end = read(run_dir / "exit.json")
    assert end["exit_code"] == 127
    assert words in end["error"]
    assert words.encode() in terminal.output


async def test_without_a_launch_file_it_says_so(run_dir: Path) -> None:
    terminal = await Terminal.start(wrapper.argv(run_dir))
    assert await terminal.finished() == 127
    assert "launch.json cannot be used" in read(run_dir / "exit.json")["error"]


async def test_arguments_environment_and_folder_arrive_as_they_are(start: Start, run_dir: Path) -> None:
    words = ["", "-x", "a;b", "#{pid}", "$HOME `id` \\", "line\nbreak", "grüße 🎻", "\udcff\udc80"]
    env = {"PATH": os.defpath, "ODD": "x;\n=é\udcfe"}
    program = (
        "import json, os, sys;"
        "json.dump([[os.fsencode(w).hex() for w in sys.argv[1:]],"
        " {os.fsdecode(k): v.hex() for k, v in os.environb.items()}, os.getcwd()], open('seen', 'w'))"
    )
    terminal = await start(
        *PYTHON, program, *words, cwd=str(run_dir), env=env, launcher_env={"TERM": "vt52", "SECRET": "s"}
    )
    assert await terminal.finished() == 0
    argv, seen, cwd = json.loads((run_dir / "seen").read_text())
    expected = {name: os.fsencode(value).hex() for name, value in {**env, "TERM": "vt52"}.items()}
    assert [bytes.fromhex(word) for word in argv] == [os.fsencode(word) for word in words]
    # LC_CTYPE is what Python itself adds where no locale is set.
    assert {name: value for name, value in seen.items() if name != "LC_CTYPE"} == expected
    assert cwd == str(run_dir)


async def test_standard_input_can_be_a_file(start: Start, run_dir: Path) -> None:
    (run_dir / "prompt").write_bytes(b"line 1\nline 2\n")
    terminal = await start("sh", "-c", "cat; test -t 1 && echo to a terminal", stdin="prompt")
    await terminal.finished()
    assert terminal.output == b"line 1\r\nline 2\r\nto a terminal\r\n"


async def test_a_closed_terminal_ends_the_agent_and_is_recorded(start: Start, run_dir: Path) -> None:
    terminal = await start("sh", "-c", "echo ready; exec sleep 1000")
    await terminal.until(b"ready")
    await terminal.end()
    end = read(run_dir / "exit.json")
    assert end["signal"] == "SIGHUP"
    assert end["terminal_gone"]


async def test_an_agent_may_end_by_itself_when_its_terminal_is_closed(start: Start, run_dir: Path) -> None:
    terminal = await start("sh", "-c", "trap '' HUP; echo ready; while read line; do :; done; exit 7")
    await terminal.until(b"ready")
    await terminal.end()
    end = read(run_dir / "exit.json")
    assert end["exit_code"] == 7
    assert end["terminal_gone"], "it did not end for reasons of its own"


async def test_background_processes_do_not_keep_it(start: Start, run_dir: Path) -> None:
    terminal = await start("sh", "-c", "sleep 1000 & echo started; exit 4")
    assert await terminal.finished() == 4
    end = read(run_dir / "exit.json")
    assert end["exit_code"] == 4
    assert not end["terminal_gone"]


async def test_the_end_is_recorded_on_a_full_disk(start: Start, small_disk: Path, tmp_path: Path) -> None:
    """The file's room is taken while there is some."""
    run = small_disk / "run"
    run.mkdir()
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    launch = {"argv": ["cat", str(gate)], "cwd": "/", "env": {"PATH": os.defpath}, "stdin": None}
    (run / "launch.json").write_text(json.dumps(launch))
    terminal = await Terminal.start(wrapper.argv(run))
    await eventually((run / "exit.json.part").exists)
    fill(small_disk)
    await asyncio.to_thread(gate.write_bytes, b"")
    await terminal.finished()
    assert read(run / "exit.json")["exit_code"] == 0


def fill(folder: Path) -> None:
    with open(folder / "filler", "wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"x" * 4096):
            pass
