"""Private files and folders, in places where another user may have been first."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path

from chorus.errors import BadInput, NotFound


def make_private_dir(path: Path) -> None:
    """Create the folder with mode 0700, or take the one that is there if it is ours; narrows its mode.

    Raises BadInput for a symbolic link, a file, or a folder of another user.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
    fd = _open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if os.fstat(fd).st_uid != os.geteuid():
            raise BadInput(f"{path} belongs to another user: choose another folder with --state-dir.")
        os.fchmod(fd, 0o700)
    except OSError as error:
        raise BadInput(f"{path} cannot be used: {error.strerror}.") from error
    finally:
        os.close(fd)


def read_private(path: Path, limit: int = 1 << 20) -> bytes:
    """The content of a file of ours with mode 0600. Raises NotFound, or BadInput saying what is wrong."""
    # Without O_NONBLOCK a pipe put in the file's place would hold the server for ever.
    fd = _open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            raise BadInput(f"{path} is not a file of this user: remove it and start again.")
        if found.st_mode & 0o077:
            raise BadInput(
                f"{path} can be read by others (mode {stat.S_IMODE(found.st_mode):04o}). Remove it, so "
                "that a new one is made, or make it private again: chmod 600"
            )
        return os.read(fd, limit)
    finally:
        os.close(fd)


def create_private(path: Path, content: bytes) -> bool:
    """Put a new file in place, whole or not at all; False when there is one already."""
    draft = _draft(path, content)
    try:
        os.link(draft, path, follow_symlinks=False)
        return True
    except FileExistsError:
        return False
    finally:
        draft.unlink()


def replace_private(path: Path, content: bytes) -> None:
    """Put the file in place of whatever is there; a reader sees the old or the new, never half."""
    draft = _draft(path, content)
    try:
        draft.rename(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def _draft(path: Path, content: bytes) -> Path:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    fd = _open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        os.fchmod(fd, 0o600)  # whatever the umask
        os.write(fd, content)
        os.fsync(fd)
    finally:
        os.close(fd)
    return draft


def _open(path: Path, flags: int) -> int:
    try:
        return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except FileNotFoundError as error:
        raise NotFound(f"{path} is not there.") from error
    except NotADirectoryError as error:
        raise BadInput(f"{path} is not a folder.") from error
    except OSError as error:
        if path.is_symlink():
            raise BadInput(f"{path} is a symbolic link; Chorus only takes the real thing.") from error
        raise BadInput(f"{path} cannot be opened: {error.strerror}.") from error
