"""The tmux server of one task: a session called `main` with the agent's pane in it."""

from __future__ import annotations

import asyncio
import secrets
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from chorus.backends import SessionSpec
from chorus.errors import BackendError, Conflict, Unavailable
from chorus_tmux import processes, quoting
from chorus_tmux.connection import Connection, ended
from chorus_tmux.control import Lost
from chorus_tmux.panes import FORMAT, LOG, RUN, TASK, TYPED, Pane, agents_pane
from chorus_tmux.place import Place
from chorus_tmux.program import Absent, Between, Tmux

#: Bytes that are typed at once; between two pieces the server serves others.
PIECE = 16 * 1024

#: Seconds for a server that was told to end, and then for what ran in it; then they are killed.
END = 3.0

#: Tries, and seconds between them, while a server is just ending.
TRIES, PAUSE = 60, 0.05

_LIST = ("list-panes", "-s", "-t", "=main:", "-F", FORMAT)
_BUFFER = "chorus"

Size = tuple[int, int]


class TaskServer:
    """All access to one server. What it does it does one after the other."""

    def __init__(self, tmux: Tmux, place: Place, configuration: Path) -> None:
        self._tmux = tmux
        self._place = place
        self._configuration = configuration
        self._lock = asyncio.Lock()
        self._connection = Connection(tmux, place.socket, self._idle)
        self._target = ""  #: the agent's pane, while connected

    # --- looking ---

    async def look(self) -> Pane | None:
        """The agent's pane, or another one when the agent's was closed; None when there certainly is no
        session. What can be mended is mended in passing.
        """
        async with self._lock:
            return await self._look()

    async def _look(self) -> Pane | None:
        try:
            pane = self._found(await self._panes())
        except Absent:
            return None
        if pane is not None:
            self._wake(pane)
            await self._keep_output(pane)
        return pane

    def _found(self, lines: Sequence[str]) -> Pane | None:
        pane = agents_pane(lines)
        if pane is not None:
            self._place.remember(pane.server_pid)
        return pane

    async def _panes(self) -> list[str]:
        if self._connection.is_open:
            with suppress(Lost):
                return await self._connection.ask(_LIST)
        return (await self._reach(lambda: self._run(*_LIST))).splitlines()

    async def _run(self, *words: str, env: Mapping[str, str] | None = None) -> str:
        return await self._tmux.run(self._place.socket, *words, env=env)

    async def _reach(self, ask: Callable[[], Awaitable[str]]) -> str:
        """Ask a server that may be ending, or that may have lost its socket. Raises Absent."""
        for _ in range(TRIES):
            if not self._place.has_socket() and not await self._socket_returns():
                raise Absent("no socket")
            try:
                return await ask()
            except Between:
                await asyncio.sleep(PAUSE)
        raise Unavailable("The tmux server of this task is ending, and does not end.")

    async def _socket_returns(self) -> bool:
        """A socket that somebody removed comes back on SIGUSR1, if its server is still there."""
        server = self._place.server()
        if server is None:
            return False
        self._place.restore_folder()
        processes.send(server, signal.SIGUSR1)
        for _ in range(TRIES):
            if self._place.has_socket():
                return True
            await asyncio.sleep(PAUSE)
        raise Unavailable(f"The tmux server of this task (process {server}) has lost its socket.")

    def _wake(self, pane: Pane) -> None:
        """tmux 3.3a overlooks the end of a program in one case of five, until the next SIGCHLD."""
        if processes.zombie(pane.pid):
            processes.send(pane.server_pid, signal.SIGCHLD)

    async def _keep_output(self, pane: Pane) -> None:
        """Start the program that keeps the output again if it was ended."""
        if pane.run_id and pane.alive and not pane.piped:
            with suppress(Absent, Between, BackendError):
                await self._run(*_pipe(pane.id))

    # --- starting ---

    async def start(self, spec: SessionSpec, size: Size) -> Pane:
        """Have the session run this run, and no other."""
        async with self._lock:
            pane = await self._look()
            if pane is not None and pane.run_id != spec.run_id:
                pane = await self._replaced(spec, size, pane)
            if pane is None:
                pane = self._found(await self._create(spec, size))
            if pane is None:
                raise BackendError("tmux started the session, and it was gone at once.")
            return pane

    async def _replaced(self, spec: SessionSpec, size: Size, old: Pane) -> Pane | None:
        try:
            return self._found(await self._replace(spec, size, old))
        except (Conflict, Unavailable):  # somebody closed the former pane, or the session, in this moment
            pane = await self._look()
            if pane is not None and pane.run_id != spec.run_id:
                raise
            return pane

    async def _create(self, spec: SessionSpec, size: Size) -> list[str]:
        await self._disconnect()
        cols, rows = map(str, size)
        create = ["new-session", "-d", "-s", "main", "-n", "agent", "-x", cols, "-y", rows, "--"]
        mark = ["set-option", "-t", "=main:", TASK, spec.task_id]
        words = quoting.arguments([*create, *quoting.program(spec.argv)], mark, *_set_up(spec, size), _LIST)
        env = {name: value for name, value in spec.environment.items() if not name.startswith("TMUX")}
        for _ in range(TRIES):
            try:
                return (await self._run("-f", str(self._configuration), *words, env=env)).splitlines()
            except (Absent, Between):  # the server before it is still ending
                await asyncio.sleep(PAUSE)
            except BackendError:
                await self._end()  # half a session must not stay
                raise
        await self._end()
        raise Unavailable("The task's former tmux server did not end and was killed: try again.")

    async def _replace(self, spec: SessionSpec, size: Size, old: Pane) -> list[str]:
        """In the same session: who is attached stays attached. The former agent is gone before this one is
        started, and one line of commands does it all or nothing.
        """
        if old.run_id and old.alive:
            processes.send(old.pid, signal.SIGHUP)
            await processes.end_sessions([old.pid], END)
        await self._connection.open()
        self._target = ""
        known = await self._ask(["show-environment", "-g"])
        return await self._ask(
            *_environment(known, spec.environment),
            ["new-window", "-t", "=main:", "-n", "agent", "--", *quoting.program(spec.argv)],
            *_set_up(spec, size),
            *([["kill-pane", "-t", old.id]] if old.run_id else []),
            _LIST,
        )

    # --- using ---

    async def type(self, data: bytes) -> None:
        """Give the program these bytes. Raises Conflict when it has ended.

        They are pasted. Keys would go to the history when somebody scrolls in it, and may open a prompt.
        """
        async with self._lock:
            await self._connect()
            for begin in range(0, len(data), PIECE):
                await self._paste(data[begin : begin + PIECE])

    async def _paste(self, piece: bytes) -> None:
        # A paste into a dead pane crashes tmux 3.3a, and all that runs in it.
        raw, mark = self._connection.raw_paste, secrets.token_hex(8)
        paste = quoting.line(["paste-buffer", "-r", *raw, "-d", "-b", _BUFFER, "-t", self._target])
        drop = quoting.line(["delete-buffer", "-b", _BUFFER], ["display-message", "-p", "dead"])
        commands: list[list[str | bytes]] = [
            ["set-buffer", "-b", _BUFFER, "--", piece],
            ["if-shell", "-F", "-t", self._target, "#{pane_dead}", drop, paste],
            ["set-option", "-p", "-t", self._target, TYPED, mark],
        ]
        try:
            said = await self._asked(*commands)
        except Lost:  # with the last answers: whether it was typed stands in the mark
            await self._reconnect()
            if await self._ask(["show-options", "-pqv", "-t", self._target, TYPED]) == [mark]:
                return
            said = await self._ask(*commands)
        if "dead" in said:
            raise ended()

    async def resize(self, cols: int, rows: int) -> None:
        async with self._lock:
            await self._connect()
            await self._ask_twice(["resize-window", "-t", self._target, "-x", str(cols), "-y", str(rows)])

    async def screen(self) -> str:
        async with self._lock:
            await self._connect()
            lines = await self._ask_twice(["capture-pane", "-p", "-t", self._target])
            return "\n".join(lines).rstrip("\n")

    async def _connect(self) -> None:
        """Have a connection and know the agent's pane. Raises Conflict when there is none."""
        if not (self._connection.is_open and self._target):
            pane = await self._look()
            if pane is None:
                raise Conflict("This task has no terminal: start it first.")
            if not pane.run_id:
                raise ended()
            self._target = pane.id
        await self._connection.open()

    async def _reconnect(self) -> None:
        await self._disconnect()
        await self._connect()

    async def _ask_twice(self, *commands: Sequence[str | bytes]) -> list[str]:
        """For what can be repeated: people may detach our connection at any moment."""
        try:
            return await self._asked(*commands)
        except Lost:
            await self._reconnect()
            return await self._ask(*commands)

    async def _ask(self, *commands: Sequence[str | bytes]) -> list[str]:
        try:
            return await self._asked(*commands)
        except Lost as error:
            await self._disconnect()
            raise Unavailable(f"The connection to the task's tmux server was lost: {error}.") from error

    async def _asked(self, *commands: Sequence[str | bytes]) -> list[str]:
        try:
            return await self._connection.ask(*commands)
        except (Absent, Between, Conflict) as error:
            self._target = ""
            raise ended() from error

    # --- ending ---

    async def stop(self) -> None:
        """End the server and all that runs in it, for certain."""
        async with self._lock:
            await self._end()

    async def _end(self) -> None:
        await self._disconnect()
        server = await self._server_pid()
        panes = await processes.children(server) if server else []
        with suppress(Absent, Between, Unavailable, BackendError):
            if self._place.has_socket() or await self._socket_returns():
                await self._run("kill-server")
        if server and not await processes.gone([server], END):
            processes.send(server, signal.SIGKILL)  # stopped, or waiting for a client that does not read
            await processes.gone([server], END)
        await processes.end_sessions(panes, END)
        self._place.forget()

    async def tidy(self) -> None:
        """Remove what a server that is gone has left, if it really is."""
        async with self._lock:
            if await self._look() is None:
                self._place.forget()

    async def _server_pid(self) -> int | None:
        noted = self._place.server()
        if noted is None and self._place.has_socket():
            with suppress(Absent, Between, Unavailable, BackendError, ValueError):
                return int(await self._run("display-message", "-p", "#{pid}"))
        return noted

    # --- the connection ---

    async def release(self) -> None:
        """Close the connection; the session stays."""
        async with self._lock:
            await self._disconnect()

    async def _idle(self) -> None:
        async with self._lock:
            if self._connection.unused:
                await self._disconnect()

    async def _disconnect(self) -> None:
        self._target = ""
        await self._connection.close()


def _set_up(spec: SessionSpec, size: Size) -> list[list[str]]:
    """What a new pane gets, before tmux reads a byte of it.

    resize-window also gives its window the size by hand, so people who come with another one see a part of it
    and change nothing. The title would be the name of this machine.
    """
    cols, rows = map(str, size)
    return [
        ["set-option", "-p", "-t", "=main:", RUN, spec.run_id],
        ["set-option", "-p", "-t", "=main:", LOG, quoting.shell(spec.log_argv)],
        _pipe("=main:"),
        ["resize-window", "-t", "=main:", "-x", cols, "-y", rows],
        ["select-pane", "-t", "=main:", "-T", ""],
    ]


def _pipe(target: str) -> list[str]:
    """The command is expanded as a format, which could run programs; the value of an option is not."""
    return ["pipe-pane", "-t", target, f"#{{{LOG}}}"]


def _environment(known: Sequence[str], wanted: Mapping[str, str]) -> list[list[str]]:
    """Commands that make a server's environment the wanted one."""
    names = {line.partition("=")[0] for line in known if "=" in line and not line.startswith("-")}
    surplus = sorted(name for name in names - wanted.keys() if name.isidentifier())
    return [
        *(["set-environment", "-g", "-u", name] for name in surplus),
        *(["set-environment", "-g", "--", name, value] for name, value in wanted.items()),
    ]
