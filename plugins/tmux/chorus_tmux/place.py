"""Where the tmux server of a task is, and the note that finds it when its socket is gone."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from chorus.errors import Unavailable
from chorus_tmux import processes

#: sockaddr_un.sun_path has 108 bytes on Linux, the last one is NUL (unix(7)).
SOCKET_BYTES = 107

_DIGITS = 16


def key_of(task_id: str) -> str:
    """A name that needs no quoting and always has the same length."""
    return hashlib.sha256(task_id.encode()).hexdigest()[:_DIGITS]


@dataclass(frozen=True, slots=True)
class Places:
    """The folders of all servers: sockets here, configuration and notes there."""

    sockets: Path
    notes: Path

    @property
    def configuration(self) -> Path:
        return self.notes / "tmux.conf"

    def of(self, key: str) -> Place:
        return Place(key, self.sockets / key, self.notes / f"{key}.server")

    def problem(self) -> str | None:
        """Why no socket can be made here."""
        if len(os.fsencode(self.sockets / key_of(""))) > SOCKET_BYTES:
            return (
                f"The folder for sockets has too long a path for a socket in it: {self.sockets}. "
                "Set XDG_RUNTIME_DIR to a folder with a shorter one."
            )
        return None

    def prepare(self) -> None:
        """Have both folders, for nobody else. Raises Unavailable."""
        if problem := self.problem():
            raise Unavailable(problem)
        for folder in (self.sockets, self.notes):
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                if folder.stat().st_uid != os.geteuid():
                    raise Unavailable(f"{folder} belongs to somebody else: remove it.")
                folder.chmod(0o700)
            except OSError as error:
                raise Unavailable(f"{folder} cannot be used: {error.strerror}.") from error

    def known(self) -> Iterator[str]:
        """The tasks that may have a server, by key."""
        found = {path.stem for path in self.notes.glob("*.server")}
        with suppress(OSError):
            found |= {entry.name for entry in os.scandir(self.sockets) if _is_socket(entry)}
        yield from sorted(key for key in found if len(key) == _DIGITS and set(key) <= set("0123456789abcdef"))


def _is_socket(entry: os.DirEntry[str]) -> bool:
    with suppress(OSError):
        return stat.S_ISSOCK(entry.stat(follow_symlinks=False).st_mode)
    return False


@dataclass(frozen=True, slots=True)
class Place:
    """The files of one server."""

    key: str
    socket: Path
    note: Path

    def has_socket(self) -> bool:
        """Raises Unavailable when that cannot be told."""
        try:
            return self.socket.exists()
        except OSError as error:
            raise Unavailable(f"{self.socket} cannot be looked at: {error.strerror}.") from error

    def restore_folder(self) -> None:
        """Runtime folders are cleaned away by some systems while programs run."""
        with suppress(OSError):
            self.socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)

    def remember(self, server_pid: int) -> None:
        """Note which process serves the socket: a socket that somebody removes does not end the server."""
        line = f"{server_pid} {processes.start_time(server_pid)}\n"
        with suppress(OSError):
            if self.note.read_text() == line:
                return
        with suppress(OSError):  # it is of use only in an accident
            part = self.note.with_suffix(".part")
            part.write_text(line)
            part.replace(self.note)

    def server(self) -> int | None:
        """The pid of the server that was noted, if that very process still runs."""
        try:
            pid, began = map(int, self.note.read_text().split())
        except (OSError, ValueError):
            return None
        return pid if processes.start_time(pid) == began and processes.runs(pid) else None

    def forget(self) -> None:
        """Remove the files of a server that is gone; tmux leaves its socket and its lock behind."""
        for path in (self.socket, self.socket.with_name(self.key + ".lock"), self.note):
            with suppress(OSError):
                path.unlink()
