"""Files that Git LFS manages, without running git-lfs.

Git LFS is a filter (`filter=lfs` in .gitattributes): the history holds a small pointer, and the content is
in `.git/lfs`. Chorus runs no filter, because its program is named by the repository's configuration. But
the pointer is simple (https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md), so Chorus writes it itself
and stores the content where git-lfs keeps it; `git lfs push` then finds it. In a new worktree, contents that
are there already are put in place, and pointers stay pointers otherwise: `git lfs pull` fetches them.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_VERSION = b"version https://git-lfs.github.com/spec/v1\n"
_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:ext-[^\n]*\n)*oid sha256:([0-9a-f]{64})\nsize (\d+)\n"
)
#: A pointer is smaller than this, says the specification.
_POINTER_LIMIT = 1024
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Pointer:
    """What the history holds for a file."""

    data: bytes

    def object_id(self, object_format: str) -> str:
        """Its id as a blob of git."""
        return hashlib.new(object_format, b"blob %d\0" % len(self.data) + self.data).hexdigest()


async def restore(path: str, store: Path) -> bool:
    """Put the content in place of the pointer in a file; False when either is not there."""
    return await asyncio.to_thread(_restore, path, store)


def clean(path: str, store: Path | None) -> Pointer:
    """The pointer for a file; its content is kept in `store`, the repository's `lfs` folder, if given."""
    with open(path, "rb") as file:
        head = file.read(_POINTER_LIMIT)
        if not head or _POINTER.fullmatch(head):  # empty files and pointers stand for themselves
            return Pointer(head)
        file.seek(0)
        if store is not None:
            return _store(file, store)
        name = hashlib.file_digest(file, "sha256").hexdigest()
        return _pointer(name, file.tell())


def _restore(path: str, store: Path) -> bool:
    with open(path, "rb") as file:
        found = _POINTER.fullmatch(file.read(_POINTER_LIMIT))
    if found is None:
        return False
    content = _object(store, found[1].decode())
    if not content.is_file() or content.stat().st_size != int(found[2]):
        return False
    mode = os.stat(path).st_mode
    beside = f"{path}.chorus-lfs"
    shutil.copyfile(content, beside)
    os.chmod(beside, mode)
    os.replace(beside, path)
    return True


def _pointer(name: str, size: int) -> Pointer:
    return Pointer(_VERSION + f"oid sha256:{name}\nsize {size}\n".encode())


def _object(store: Path, name: str) -> Path:
    return store / "objects" / name[:2] / name[2:4] / name


def _store(file: BinaryIO, store: Path) -> Pointer:
    """Hash and copy in one reading, so that the name is that of the bytes that were kept."""
    (store / "tmp").mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with tempfile.NamedTemporaryFile(dir=store / "tmp", delete=False) as copy:
        try:
            while piece := file.read(_PIECE):
                digest.update(piece)
                size += copy.write(piece)
            copy.flush()
            target = _object(store, digest.hexdigest())
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(copy.name, target)
        except BaseException:
            os.unlink(copy.name)
            raise
    return _pointer(digest.hexdigest(), size)
