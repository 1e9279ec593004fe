"""Locks: one server for one state folder, and one for one database file.

Locks of the kernel, not files with a pid in them: they go with the process, however it ends. What the lock
files hold only says whom to name.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Generator
from pathlib import Path

import orjson

from chorus.errors import Conflict, Unavailable
from chorus.server.state.private_files import make_private_dir


@contextlib.contextmanager
def hold_state_dir(state_dir: Path) -> Generator[None, None, None]:
    """Make the folder private and hold it while the block runs; the kernel lets go when the process dies.

    Raises Conflict naming the server that has it (pid and address), BadInput for a folder that is not safe.
    """
    make_private_dir(state_dir)
    with _held(_opened(state_dir / "server.lock"), state_dir, state_dir):
        yield


@contextlib.contextmanager
def hold_database(file: Path | None, state_dir: Path) -> Generator[None, None, None]:
    """Hold a database file while the block runs: servers with other state folders may name it as well.

    None is a database that needs no lock. Raises Conflict naming the server that has it, and Unavailable
    for a folder in which nothing can be written.
    """
    if file is None:
        yield
        return
    file = file.resolve()
    try:
        fd = _opened(file.with_name(f"{file.name}.lock"))
    except OSError as error:
        raise Unavailable(f"The database {file} cannot be used: {error.strerror}.") from error
    with _held(fd, file, state_dir):
        yield


def _opened(lock: Path) -> int:
    return os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


@contextlib.contextmanager
def _held(fd: int, what: Path, state_dir: Path) -> Generator[None, None, None]:
    try:
        _lock(fd, what)
        with contextlib.suppress(OSError):  # a full disk: the lock holds, it only names nobody
            os.ftruncate(fd, 0)
            os.pwrite(fd, f"{os.getpid()} {state_dir}".encode(), 0)
        yield
    finally:
        os.close(fd)


def _lock(fd: int, what: Path) -> None:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        pid, _, state_dir = os.pread(fd, 4096, 0).decode(errors="replace").strip().partition(" ")
        url = _address(Path(state_dir), pid) if state_dir else None
        where = f" at {url}" if url else ", which is still starting"
        raise Conflict(
            f"Chorus already serves {what}: the process {pid or '?'}{where}. Use that one, stop it, "
            "or give this one a folder of its own with --state-dir.",
            pid=int(pid) if pid.isdigit() else None,
            url=url,
        ) from error


def _address(state_dir: Path, pid: str) -> str | None:
    with contextlib.suppress(OSError, ValueError, AttributeError):
        found = orjson.loads((state_dir / "server.json").read_bytes())
        if str(found.get("pid")) == pid:
            return str(found["url"])
    return None
