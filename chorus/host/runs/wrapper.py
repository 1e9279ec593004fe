"""Program that a task's terminal runs: it starts the agent, once, and keeps on record how it ended.

    python -I -S wrapper.py RUN_DIR

A script of its own that needs only the standard library, because it outlives the server that started
it: what it knows is in files of RUN_DIR (all JSON, all 0600, written whole or not at all).

    launch.json   read     {"argv": [...], "cwd": path, "env": {the whole environment}, "stdin": null | name}
                           `stdin` names a file of RUN_DIR that the agent reads instead of the terminal;
                           TERM is the terminal's own where `env` has none
    started       created  exclusively, before the agent: a second start of the same run starts nothing
    agent.json    written  {"pid": n, "start_time": clock ticks since boot, "started_at": s since the epoch}
                           `start_time` is field 22 of /proc/PID/stat (proc(5)); pid and start time name
                           one process, a pid alone does not
    exit.json     written  {"exit_code": n | null, "signal": "SIGKILL" | null, "ended_at": s since the epoch,
                           "terminal_gone": whether the terminal was closed before the agent ended}
                           with "error": text when the agent could not be started (exit code 127)

The agent has the terminal for itself: it is a process group of its own in the foreground, so keys such
as Ctrl-C reach it and not this script. SIGTERM, SIGHUP and SIGINT sent to this script are passed on to
that group. After the agent has ended the script stays for LINGER seconds: terminals may drop what was
printed in the moment their process goes (tmux 3.3a loses the last lines of one run in five).
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time

TYPE_CHECKING = False  # importing typing would double the time this script takes to start
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, NoReturn

#: Seconds between the end of the agent and of the terminal's process.
LINGER = 0.3

#: What a shell answers for a command it cannot run.
NOT_STARTED = 127

_NEW_FILE = os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW
_FORWARDED = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
_WAITED = {*_FORWARDED, signal.SIGCHLD, signal.SIGQUIT, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU}
#: Stops that a shell would end with `fg`; nobody can type that here. SIGSTOP stays what it is.
_JOB_CONTROL = (signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)


def argv(run_dir: str | os.PathLike[str]) -> list[str]:
    """The command that runs this script for a run."""
    return [sys.executable, "-I", "-S", os.path.abspath(__file__), os.fspath(run_dir)]


class NotStarted(Exception):
    """The agent cannot be started; the message is a sentence for the person at the terminal."""


class Launch:
    """What launch.json says, checked. Text becomes the bytes it stands for, whatever the locale."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.argv = [_bytes(word) for word in data["argv"]]
        self.env = {_bytes(name): _bytes(value) for name, value in data["env"].items()}
        self.env.setdefault(b"TERM", os.environb.get(b"TERM", b"dumb"))
        self.cwd = _bytes(data["cwd"])
        self.stdin = data.get("stdin")
        self.program = str(data["argv"][0])


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


class Run:
    """The files of one run."""

    def __init__(self, run_dir: str) -> None:
        self.dir = run_dir

    def path(self, name: str) -> str:
        return os.path.join(self.dir, name)

    def claim(self) -> bool:
        """Take the run's only start; False when it was taken before."""
        try:
            os.close(os.open(self.path("started"), _NEW_FILE | os.O_EXCL, 0o600))
        except FileExistsError:
            return False
        except OSError as error:
            raise NotStarted(f"The run's folder cannot be used: {error}.") from error
        return True

    def launch(self) -> Launch:
        try:
            with open(self.path("launch.json"), encoding="utf-8") as file:
                return Launch(json.load(file))
        except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
            raise NotStarted(
                f"The run's launch.json cannot be used: {type(error).__name__}: {error}."
            ) from error

    def reserve(self) -> None:
        """Take room on the disk for exit.json, so that a full disk cannot keep the end off record."""
        with contextlib.suppress(OSError):
            self._write("exit.json.part", b" " * 256)

    def record(self, name: str, data: dict[str, Any]) -> None:
        """Write a file whole. What a full disk refuses is said in the terminal, and the run goes on."""
        try:
            self._write(name + ".part", json.dumps(data).encode() + b"\n")
            os.replace(self.path(name + ".part"), self.path(name))
        except OSError as error:
            say(f"{self.path(name)} cannot be written: {error.strerror}.")

    def _write(self, name: str, data: bytes) -> None:
        # In place and without O_TRUNC, which would give the reserved room back.
        fd = os.open(self.path(name), _NEW_FILE, 0o600)
        try:
            os.ftruncate(fd, os.write(fd, data))
            os.fsync(fd)
        finally:
            os.close(fd)


def say(text: str) -> None:
    """Tell the person at the terminal, if there still is one."""
    with contextlib.suppress(OSError):
        os.write(2, f"\r\nchorus: {text}\r\n".encode(errors="replace"))


def start_time(pid: int) -> int | None:
    """Field 22 of /proc/PID/stat; the name in field 2 may hold spaces and brackets."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return int(file.read().rpartition(b")")[2].split()[19])
    except (OSError, IndexError, ValueError):
        return None


# --- starting the agent -------------------------------------------------------------------------


def start(run: Run, launch: Launch) -> int:
    """Fork and execute the agent; its pid. Raises NotStarted."""
    told, tell = os.pipe()  # closed by a successful exec
    pid = os.fork()
    if pid == 0:
        _become_agent(run, launch, tell)
    os.close(tell)
    _own_group(pid)
    with os.fdopen(told, "rb") as pipe:
        failure = pipe.read().decode(errors="replace")
    if failure:
        os.waitpid(pid, 0)
        raise NotStarted(failure)
    return pid


def _become_agent(run: Run, launch: Launch, tell: int) -> NoReturn:
    try:
        _own_group(0)
        _take_terminal()
        _default_signals()
        _execute(run, launch)
    except BaseException as error:
        os.write(tell, _reason(error, launch).encode(errors="replace"))
    finally:
        os._exit(NOT_STARTED)


def _own_group(pid: int) -> None:
    with contextlib.suppress(OSError):
        os.setpgid(pid, pid)  # by parent and child, whoever comes first


def _take_terminal() -> None:
    """Be the terminal's foreground group. SIGTTOU is blocked here, or this would stop us."""
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_CLOEXEC | os.O_NOCTTY)
    except OSError:
        return  # no terminal: nobody types
    os.tcsetpgrp(terminal, os.getpgrp())


def _default_signals() -> None:
    """Python ignores SIGPIPE and SIGXFSZ; programs expect the defaults."""
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        try:
            signal.signal(number, signal.SIG_DFL)
        except (OSError, ValueError):
            continue  # reserved by the C library
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _execute(run: Run, launch: Launch) -> NoReturn:
    if launch.stdin is not None:
        with _explained(f"the input {launch.stdin}"):
            os.dup2(os.open(run.path(launch.stdin), os.O_RDONLY | os.O_CLOEXEC), 0)
    with _explained(f"the folder {os.fsdecode(launch.cwd)}"):
        os.chdir(launch.cwd)
    os.execvpe(launch.argv[0], launch.argv, launch.env)


@contextlib.contextmanager
def _explained(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise NotStarted(f"{what} cannot be used: {error.strerror}") from error


def _reason(error: BaseException, launch: Launch) -> str:
    trouble = f"{launch.program} cannot be started"
    if isinstance(error, NotStarted):
        return f"{trouble}: {error}."
    if isinstance(error, FileNotFoundError):
        return f"{launch.program} was not found: install it or correct the command."
    return f"{trouble}: {error.strerror if isinstance(error, OSError) else error}."


# --- waiting for its end ------------------------------------------------------------------------


def wait(pid: int) -> int:
    """Pass signals on until the agent has ended; its wait status."""
    while True:
        received = signal.sigwait(_WAITED)
        if received in _FORWARDED:
            _signal_group(pid, received)
        status = _ended(pid)
        if status is not None:
            return status


def _ended(pid: int) -> int | None:
    while True:
        found, status = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
        if found == 0:
            return None
        if not os.WIFSTOPPED(status):
            return status
        if os.WSTOPSIG(status) in _JOB_CONTROL:
            _signal_group(pid, signal.SIGCONT)


def _signal_group(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def outcome(status: int) -> dict[str, Any]:
    """What exit.json says of a wait status."""
    code = os.waitstatus_to_exitcode(status)
    name = None
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"SIG{-code}"  # a real-time signal
    return {"exit_code": None if code < 0 else code, "signal": name, "ended_at": time.time()}


def leave(status: int) -> NoReturn:
    """End as the agent did."""
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        sys.exit(code)
    import resource  # only here: it costs every start otherwise

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if -code not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(-code, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {-code})
    os.kill(os.getpid(), -code)
    sys.exit(128 - code)  # the signal's default was to do nothing


def main(run_dir: str) -> NoReturn:
    signal.pthread_sigmask(signal.SIG_BLOCK, _WAITED)
    run = Run(run_dir)
    terminal = os.isatty(0)
    try:
        if not run.claim():
            say("This run was started before; it is not started twice.")
            sys.exit(NOT_STARTED)
        pid = start(run, run.launch())
    except NotStarted as error:
        _give_up(run, str(error))
    run.record("agent.json", {"pid": pid, "start_time": start_time(pid), "started_at": time.time()})
    run.reserve()
    status = wait(pid)
    # A terminal that was hung up answers no request any more.
    run.record("exit.json", outcome(status) | {"terminal_gone": terminal and not os.isatty(0)})
    time.sleep(LINGER)
    leave(status)


def _give_up(run: Run, why: str) -> NoReturn:
    say(why)
    end = {"exit_code": NOT_STARTED, "signal": None, "ended_at": time.time(), "error": why}
    run.record("exit.json", end)
    time.sleep(LINGER)
    sys.exit(NOT_STARTED)


if __name__ == "__main__":
    main(sys.argv[1])
