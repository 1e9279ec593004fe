"""Reading files of a project and nothing else: no link is followed, and nothing can make a reader wait.

A path is walked folder by folder from a descriptor of the project's folder, each step with O_NOFOLLOW, so
that a link that is put in the way while we walk is refused as well. Only regular files are opened.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath

from chorus.errors import BadInput, Busy, ChorusError, Forbidden, NotFound

#: A file written less than this many seconds ago may be written again without its time stamp telling:
#: stamps are as coarse as the kernel's tick, at most 10 ms, and 100 ms leave room for a slow file system.
SETTLED = 0.1
#: How often a file that changes under the reader is read again.
ATTEMPTS = 5

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC

#: Tells one state of a file from another: time stamps, size and inode.
Stamp = tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of a file at one moment. `settled`: an equal stamp means equal bytes from now on."""

    data: bytes
    stamp: Stamp
    settled: bool


def canonical(path: str) -> str:
    """The one name of a path inside the project; Forbidden if it leads out, BadInput if it cannot be one."""
    if not path or "\0" in path:
        raise BadInput("A document's path must not be empty or contain NUL.")
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts:
        raise Forbidden(f"{_shown(path)} is outside the project: paths are relative to the project's folder.")
    try:
        os.fsencode(path)
    except UnicodeEncodeError as error:
        raise BadInput("A document's path must be valid Unicode.") from error
    if not pure.parts:
        raise BadInput("A document's path must name a file.")
    return str(pure)


@contextmanager
def opened_root(root: str) -> Iterator[int]:
    """A descriptor of the project's folder. It is trusted: the folder itself may be reached through links."""
    try:
        fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise translated(error, root) from error
    try:
        yield fd
    finally:
        os.close(fd)


def read(root_fd: int, path: str, limit: int) -> Content:
    """A regular file of at most `limit` bytes, in a state it was really in.

    Raises NotFound, Forbidden (a link, or no permission), BadInput (not a file, too large) or Busy.
    """
    try:
        with _opened(root_fd, path) as fd:
            return _stable(fd, path, limit)
    except OSError as error:
        raise translated(error, path) from error


def stamp(status: os.stat_result) -> Stamp:
    return (status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino, status.st_dev)


def translated(error: OSError, path: str) -> ChorusError:
    """What went wrong with a file, for a person."""
    shown = _shown(path)
    match error.errno:
        case errno.ELOOP:
            return Forbidden(f"{shown} is a symbolic link or lies behind one; links are not followed.")
        case errno.EACCES | errno.EPERM:
            return Forbidden(f"{shown} cannot be read: permission denied for the user that runs Chorus.")
        case errno.ENOENT | errno.ENOTDIR | errno.ENAMETOOLONG | errno.ENXIO | errno.ESTALE:
            return NotFound(f"There is no document {shown}.")
        case _:
            return BadInput(f"{shown} cannot be read: {error.strerror}.")


@contextmanager
def opened_folder(root_fd: int, folder: str) -> Iterator[int]:
    """A descriptor of a folder in the project (`""` is the project's own); OSError if it is none."""
    at = os.dup(root_fd)
    try:
        for name in PurePosixPath(folder).parts:
            at = _step(at, name)
        yield at
    finally:
        os.close(at)


@contextmanager
def _opened(root_fd: int, path: str) -> Iterator[int]:
    folder, _, name = path.rpartition("/")
    with opened_folder(root_fd, folder) as at:
        _check_regular(os.stat(name, dir_fd=at, follow_symlinks=False), path)
        fd = os.open(name, _FILE, dir_fd=at)
    try:
        yield fd
    finally:
        os.close(fd)


def _step(at: int, folder: str) -> int:
    """From one folder to the next, closing the first."""
    try:
        following = os.open(folder, _FOLDER, dir_fd=at)
    except NotADirectoryError:
        # Linux says ENOTDIR for a link here, because O_DIRECTORY is looked at first.
        if stat.S_ISLNK(os.stat(folder, dir_fd=at, follow_symlinks=False).st_mode):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from None
        raise
    os.close(at)
    return following


def _check_regular(status: os.stat_result, path: str) -> None:
    if stat.S_ISLNK(status.st_mode):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    if stat.S_ISDIR(status.st_mode):
        raise BadInput(f"{_shown(path)} is a folder, not a document.")
    if not stat.S_ISREG(status.st_mode):
        raise BadInput(f"{_shown(path)} is not a regular file, so it is not a document.")


def _stable(fd: int, path: str, limit: int) -> Content:
    """Read until the file was the same before and after; twice if it was written a moment ago."""
    last: bytes | None = None
    for _ in range(ATTEMPTS):
        before = os.fstat(fd)
        _check_regular(before, path)
        if before.st_size > limit:
            raise BadInput(
                f"{_shown(path)} has {before.st_size:,} bytes; a document has at most {limit:,} "
                "([plugins.documents] max_bytes)."
            )
        data = _all(fd, before.st_size)
        after = os.fstat(fd)
        if stamp(before) != stamp(after) or len(data) != after.st_size:
            last = None
            continue
        settled = time.time() - max(after.st_mtime, after.st_ctime) > SETTLED
        if settled or data == last:
            return Content(data, stamp(after), settled)
        last = data
    raise Busy(f"{_shown(path)} is being written right now; try again in a moment.")


def _all(fd: int, size: int) -> bytes:
    """Up to one byte more than expected, so that growth shows."""
    parts: list[bytes] = []
    at = 0
    while at <= size and (part := os.pread(fd, size + 1 - at, at)):
        parts.append(part)
        at += len(part)
    return b"".join(parts)


def _shown(path: str) -> str:
    """A path as it can stand in a sentence: one line, and not endless."""
    clean = "".join(letter if letter.isprintable() else "\ufffd" for letter in path)
    return clean if len(clean) <= 200 else f"{clean[:200]}…"
