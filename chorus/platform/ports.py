"""Process that listens on a port, as far as this user may see it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_LISTEN = "0A"  # TCP_LISTEN in the kernel's include/net/tcp_states.h


def port_owner(port: int) -> int | None:
    """The pid from /proc, or None: it may belong to another user, or there may be no /proc."""
    inodes = {f"socket:[{inode}]" for inode in _listening(port)}
    if not inodes:
        return None
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if any(os.readlink(fd) in inodes for fd in (process / "fd").iterdir()):
                return int(process.name)
    return None


def _listening(port: int) -> list[str]:
    """The inodes of the sockets that listen on it (/proc/net/tcp: local address, _, state, … inode)."""
    found: list[str] = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            rows = (line.split() for line in Path(table).read_text().splitlines()[1:])
            found += (
                row[9] for row in rows if row[3] == _LISTEN and int(row[1].rpartition(":")[2], 16) == port
            )
    return found
