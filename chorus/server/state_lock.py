"""One server for one state folder."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Generator
from pathlib import Path

import orjson

from chorus.errors import Conflict
from chorus.server.private_files import make_private_dir


@contextlib.contextmanager
def hold_state_dir(state_dir: Path) -> Generator[None, None, None]:
    """Make the folder private and hold it while the block runs; the kernel lets go when the process dies.

    Raises Conflict naming the server that has it (pid and address), BadInput for a folder that is not safe.
    """
    make_private_dir(state_dir)
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    fd = os.open(state_dir / "server.lock", flags, 0o600)
    try:
        _lock(fd, state_dir)
        os.ftruncate(fd, 0)
        os.pwrite(fd, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(fd)


def _lock(fd: int, state_dir: Path) -> None:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        pid = os.pread(fd, 32, 0).decode(errors="replace").strip()
        url = _address(state_dir, pid)
        where = f" at {url}" if url else ", which is still starting"
        raise Conflict(
            f"Chorus already serves {state_dir}: the process {pid or '?'}{where}. Use that one, stop it, "
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
