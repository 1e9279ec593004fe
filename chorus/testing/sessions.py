"""For authors of session backends: the contract as a test class, and a fake.

    class TestMySessions(SessionBackendContract):
        @pytest.fixture
        async def backend(self, tmp_path: Path) -> AsyncIterator[SessionBackend]:
            backend = MySessions(...)
            yield backend
            for task_id in self.TASKS:
                await backend.stop(task_id)
            await backend.close()

Every test starts real programs in the backend's terminals. Needs pytest and pytest-asyncio.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from contextlib import aclosing, suppress
from pathlib import Path

import pytest

from chorus.backends import SessionBackend, SessionSpec, SessionState
from chorus.errors import BadInput, Conflict
from chorus.host.terminal import log_writer
from chorus.host.terminal.output_log import OutputLog
from chorus.testing.memory_sessions import MemorySessionBackend
from chorus.testing.waiting import eventually

__all__ = ["MemorySessionBackend", "Run", "SessionBackendContract"]

#: Seconds until something that was asked for must have happened.
PATIENCE = 40.0

#: Reads its terminal raw (no echo, no line editing, no signals from keys) into the file it is given.
_RAW = (
    "import os, sys, termios, tty; tty.setraw(0); file = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT);"
    "os.write(1, b'ready\\r\\n')\n"
    "while True: os.write(file, os.read(0, 65536))"
)


class Run:
    """A run to start: a Python program, and the log of its terminal."""

    def __init__(self, folder: Path, run_id: str, task_id: str) -> None:
        self.id = run_id
        self.task_id = task_id
        self.folder = folder / run_id
        self.folder.mkdir(exist_ok=True)
        self.log = OutputLog(self.folder / "log")

    def spec(
        self,
        program: str,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        size: tuple[int, int] = (90, 30),
    ) -> SessionSpec:
        environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **(env or {})}
        return SessionSpec(
            task_id=self.task_id,
            run_id=self.id,
            argv=[sys.executable, "-I", "-S", "-u", "-c", program, *arguments],
            log_argv=log_writer.argv(self.log.folder),
            environment=environment,
            cols=size[0],
            rows=size[1],
        )

    async def until(self, text: bytes) -> bytes:
        """Wait until this was printed; all that was printed so far."""
        printed = b""
        async with asyncio.timeout(PATIENCE), aclosing(self.log.follow(0)) as chunks:
            async for chunk in chunks:
                printed += chunk.data
                if text in printed:
                    break
        return printed

    def received(self) -> bytes:
        """What the program in `_RAW` has read."""
        with suppress(FileNotFoundError):
            return (self.folder / "input").read_bytes()
        return b""

    def raw(self) -> SessionSpec:
        return self.spec(_RAW, str(self.folder / "input"))


class SessionBackendContract:
    """What every session backend does. Give a `backend`."""

    TASKS = ("task-1", "task-2")

    @pytest.fixture
    def backend(self) -> SessionBackend:
        raise NotImplementedError("override the fixture `backend`")

    @pytest.fixture
    def run(self, tmp_path: Path) -> Run:
        return Run(tmp_path, "run-1", "task-1")

    @pytest.fixture
    def next_run(self, tmp_path: Path) -> Run:
        """Another run of the same task."""
        return Run(tmp_path, "run-2", "task-1")

    @pytest.fixture
    def other_run(self, tmp_path: Path) -> Run:
        """A run of another task."""
        return Run(tmp_path, "run-3", "task-2")

    async def _ended(self, backend: SessionBackend, task_id: str) -> SessionState:
        """Wait until the task's program has ended; what is seen of the session then."""

        async def over() -> bool:
            state = await backend.observe(task_id)
            return state is not None and not state.alive

        await eventually(over, PATIENCE)
        state = await backend.observe(task_id)
        assert state is not None
        return state

    def test_it_has_a_name_and_works_here(self, backend: SessionBackend) -> None:
        assert isinstance(backend, SessionBackend)
        assert backend.name
        assert backend.check() is None

    async def test_a_program_runs_in_a_terminal_of_its_own(self, backend: SessionBackend, run: Run) -> None:
        program = (
            "import os; print(os.getsid(0) == os.getpid(), os.isatty(0), os.get_terminal_size()); input()"
        )
        state = await backend.start(run.spec(program, size=(91, 31)))
        assert (state.task_id, state.run_id, state.alive) == ("task-1", "run-1", True)
        assert (state.cols, state.rows) == (91, 31)
        printed = await run.until(b"lines")
        assert b"True True os.terminal_size(columns=91, lines=31)" in printed
        assert await backend.observe("task-1") == state

    async def test_output_is_kept_from_the_first_byte(self, backend: SessionBackend, run: Run) -> None:
        await backend.start(run.spec("print('first', flush=True); print('second'); input()"))
        assert await run.until(b"second\r\n") == b"first\r\nsecond\r\n"

    async def test_output_is_kept_byte_for_byte(self, backend: SessionBackend, run: Run) -> None:
        """Bytes that are no text, an unfinished escape sequence, a line of 1 MB."""
        program = (
            "import os, sys, tty, random; tty.setraw(1)\n"
            "data = bytes(range(256)) * 20 + b'gr\\xc3' + b'\\x1bPopen' + b'x' * 1000000 + b'\\x1b\\\\END'\n"
            "while data: data = data[os.write(1, data):]\n"
            "os.read(0, 1)"
        )
        await backend.start(run.spec(program))
        expected = bytes(range(256)) * 20 + b"gr\xc3" + b"\x1bPopen" + b"x" * 1000000 + b"\x1b\\END"
        assert await run.until(b"\x1b\\END") == expected

    async def test_the_same_run_is_started_once(self, backend: SessionBackend, run: Run) -> None:
        spec = run.spec("print('started', flush=True); input()")
        states = await asyncio.gather(*(backend.start(spec) for _ in range(4)))
        assert len({state.pid for state in states}) == 1
        assert await backend.start(spec) == states[0]
        assert await run.until(b"started\r\n") == b"started\r\n"
        assert [state.run_id for state in await backend.sessions()] == ["run-1"]

    async def test_a_run_that_ended_is_not_started_again(self, backend: SessionBackend, run: Run) -> None:
        spec = run.spec("print('started', flush=True)")
        await backend.start(spec)
        ended = await self._ended(backend, "task-1")
        state = await backend.start(spec)
        assert (state.run_id, state.alive, state.pid) == ("run-1", False, ended.pid)
        assert await run.until(b"started\r\n") == b"started\r\n"

    async def test_a_new_run_replaces_the_one_before(
        self, backend: SessionBackend, run: Run, next_run: Run
    ) -> None:
        first = await backend.start(run.spec("print('one', flush=True); input()"))
        await run.until(b"one")
        second = await backend.start(next_run.spec("print('two', flush=True); input()"))
        assert (second.run_id, second.alive) == ("run-2", True)
        assert await next_run.until(b"two\r\n") == b"two\r\n"
        assert [state.run_id for state in await backend.sessions()] == ["run-2"]
        assert first.pid is not None
        assert not _runs(first.pid)

    async def test_an_end_is_seen_and_the_mark_stays(self, backend: SessionBackend, run: Run) -> None:
        await backend.start(run.spec("raise SystemExit(3)"))
        state = await self._ended(backend, "task-1")
        assert (state.task_id, state.run_id) == ("task-1", "run-1")

    async def test_no_session_is_no_session(self, backend: SessionBackend) -> None:
        assert await backend.observe("task-1") is None
        assert await backend.sessions() == []
        await backend.stop("task-1")

    async def test_input_arrives_byte_for_byte(self, backend: SessionBackend, run: Run) -> None:
        await backend.start(run.raw())
        await run.until(b"ready")
        pieces = [
            bytes(range(1, 256)),
            b";",
            b"ls;",
            b"-l -- ;",
            b"C-c Enter",
            b"#{pid} #(id) $HOME `id` ~ \\ \" '",
            b"\x1b[200~paste\x1b[201~",
            b"\xff\xfe\xffset-option -g @x y\n",
            "grüße 🎻\r\n".encode(),
            b"\x03\x04\x1a\x1c\x11\x13\r\n\t",
            b"%end 1 1 1\n%begin 1 1 1\n",
            b"",
            b"z",
        ]
        for piece in pieces:
            await backend.input("task-1", piece)
        await eventually(lambda: len(run.received()) >= len(b"".join(pieces)))
        assert run.received() == b"".join(pieces)

    async def test_nul_is_typed_or_refused_but_never_cuts_text(
        self, backend: SessionBackend, run: Run
    ) -> None:
        await backend.start(run.raw())
        await run.until(b"ready")
        expected = b"a\0b"
        try:
            await backend.input("task-1", b"a\0b")
        except BadInput:
            expected = b""
        await backend.input("task-1", b"after")
        await eventually(lambda: run.received().endswith(b"after"))
        assert run.received() == expected + b"after"

    async def test_much_input_arrives(self, backend: SessionBackend, run: Run) -> None:
        await backend.start(run.raw())
        await run.until(b"ready")
        data = bytes(1 + number % 255 for number in range(100_000))
        await backend.input("task-1", data)
        await eventually(lambda: len(run.received()) >= len(data))
        assert run.received() == data

    async def test_inputs_do_not_mix(self, backend: SessionBackend, run: Run) -> None:
        await backend.start(run.raw())
        await run.until(b"ready")
        pieces = [bytes([65 + number]) * 40_000 for number in range(4)]
        await asyncio.gather(*(backend.input("task-1", piece) for piece in pieces))
        await eventually(lambda: len(run.received()) >= 160_000)
        received = run.received()
        assert sorted(received[at : at + 40_000] for at in range(0, 160_000, 40_000)) == pieces

    async def test_no_input_for_what_has_ended(self, backend: SessionBackend, run: Run) -> None:
        with pytest.raises(Conflict):
            await backend.input("task-1", b"x")
        await backend.start(run.spec("pass"))
        await self._ended(backend, "task-1")
        with pytest.raises(Conflict):
            await backend.input("task-1", b"x")
        assert await backend.observe("task-1") is not None

    async def test_the_program_learns_its_new_size(self, backend: SessionBackend, run: Run) -> None:
        program = (
            "import os, signal\n"
            "signal.signal(signal.SIGWINCH, lambda *_: print(os.get_terminal_size(), flush=True))\n"
            "print('ready', flush=True)\n"
            "while True: signal.pause()"
        )
        await backend.start(run.spec(program))
        await run.until(b"ready")
        await backend.resize("task-1", 100, 25)
        await run.until(b"os.terminal_size(columns=100, lines=25)")
        state = await backend.observe("task-1")
        assert state is not None
        assert (state.cols, state.rows) == (100, 25)

    async def test_the_screen_can_be_read(self, backend: SessionBackend, run: Run) -> None:
        await backend.start(run.spec("print('grüße 🎻'); print('second line', flush=True); input()"))
        await run.until(b"second line")
        lines = (await backend.screen("task-1")).splitlines()
        assert lines[:2] == ["grüße 🎻", "second line"]

    async def test_stopping_ends_everything(self, backend: SessionBackend, run: Run) -> None:
        program = "import os; os.fork(); os.write(1, b'%d\\n' % os.getpid()); input()"
        await backend.start(run.spec(program))
        await eventually(lambda: run.log.read(0).data.count(b"\r\n") == 2)
        pids = [int(line) for line in run.log.read(0).data.split()]
        await backend.stop("task-1")
        assert [pid for pid in pids if _runs(pid)] == []
        assert await backend.observe("task-1") is None
        assert await backend.sessions() == []
        await backend.stop("task-1")

    async def test_a_stopped_task_can_be_started_again(
        self, backend: SessionBackend, run: Run, next_run: Run
    ) -> None:
        for each in (run, next_run):
            await backend.start(each.spec("print('here', flush=True); input()"))
            await each.until(b"here")
            await backend.stop("task-1")

    async def test_tasks_are_apart(self, backend: SessionBackend, run: Run, other_run: Run) -> None:
        await backend.start(run.raw())
        await backend.start(other_run.raw())
        await run.until(b"ready")
        await other_run.until(b"ready")
        await backend.input("task-1", b"one")
        await backend.input("task-2", b"two")
        await eventually(lambda: (run.received(), other_run.received()) == (b"one", b"two"))
        assert {state.task_id: state.run_id for state in await backend.sessions()} == {
            "task-1": "run-1",
            "task-2": "run-3",
        }
        await backend.stop("task-1")
        state = await backend.observe("task-2")
        assert state is not None
        assert state.alive

    async def test_nothing_of_the_server_is_inherited(
        self, backend: SessionBackend, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CHORUS_TEST_SECRET", "s3cr3t")
        odd = {"EMPTY": "", "ODD": "a;", "MORE": "x=y #{pid} $HOME\n'\"\\ é;"}
        program = (
            "import os, sys; print({name: os.environ.get(name) for name in sys.argv[1:]}, dict(os.environ));"
            "input()"
        )
        await backend.start(run.spec(program, *odd, env=odd))
        printed = await run.until(b"}\r\n")
        assert b"s3cr3t" not in printed
        assert repr(odd).encode() in printed

    async def test_arguments_arrive_as_they_are(self, backend: SessionBackend, run: Run) -> None:
        words = [
            "",
            ";",
            "a;",
            "a\\;",
            "-x",
            "#{pid}",
            "#(id)",
            "%H",
            "$HOME",
            "'\"",
            "a b\nc",
            "é🎻",
            "{",
            "}",
        ]
        await backend.start(run.spec("import sys; print(sys.argv[1:], 'END'); input()", *words))
        assert repr(words).encode() in await run.until(b"END")

    async def test_sessions_stay_when_the_connection_is_closed(
        self, backend: SessionBackend, run: Run
    ) -> None:
        await backend.start(run.raw())
        await run.until(b"ready")
        await backend.input("task-1", b"before ")
        await backend.close()
        state = await backend.observe("task-1")
        assert state is not None
        assert state.alive
        await backend.input("task-1", b"after")
        await eventually(lambda: run.received() == b"before after")

    def test_there_is_a_command_to_join(self, backend: SessionBackend) -> None:
        command = backend.attach_command("task-1")
        assert command
        assert all(isinstance(word, str) for word in command)


def _runs(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"
