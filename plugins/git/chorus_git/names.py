"""Which names and paths are accepted from outside. Pure, apart from looking at symbolic links."""

from __future__ import annotations

import hashlib
import os
import re

from chorus.errors import BadInput

_BRANCH = re.compile(r"[a-z0-9][a-z0-9._/-]{0,100}")
_OBJECT_ID = re.compile(r"[0-9a-f]{7,64}")
_TASK = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
# What git forbids in a reference (git-check-ref-format), and what would make a pattern of it.
_NOT_IN_REF = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(/|$)|[./]$|^[./-]|^@$")


def checked_branch(name: str) -> str:
    """The name, if a branch of a task may have it. Raises BadInput."""
    plain = _BRANCH.fullmatch(name) and not _NOT_IN_REF.search(name)
    if not plain or name.startswith("refs/") or _OBJECT_ID.fullmatch(name):
        raise BadInput(
            f"{shown(name)} cannot be a branch: use at most 101 of a-z, 0-9, '.', '_', '/' and '-',"
            " for example 'chorus/fix-login'."
        )
    return name


def is_reference(name: str) -> bool:
    """Whether git could have a branch or tag of this name, which then is safe in any argument."""
    return 0 < len(name) <= 250 and not _NOT_IN_REF.search(name)


def is_object_id(name: str) -> bool:
    return _OBJECT_ID.fullmatch(name) is not None


def task_key(task_id: str) -> str:
    """A name for the task's folder and references: the id itself when it is plain, else a digest of it."""
    return task_id if _TASK.fullmatch(task_id) else digest(task_id)


def digest(text: str) -> str:
    return hashlib.sha256(os.fsencode(text)).hexdigest()[:16]


def shown(text: str) -> str:
    """Text of a stranger as part of a sentence."""
    return repr(text if len(text) <= 80 else text[:79] + "…")


def printable(path: bytes) -> str:
    """A path of git for people and programs: bytes that are not UTF-8 become escapes such as `\\xe9`."""
    return path.decode(errors="backslashreplace")


def is_path(path: str) -> bool:
    """Whether the system could have a file of this name."""
    try:
        return 0 < len(os.fsencode(path)) < 4096 and "\0" not in path  # PATH_MAX of Linux
    except UnicodeEncodeError:
        return False


def inside(root: str, path: str) -> bytes:
    """The path of a file an agent edited, relative to its workspace `root` (a real path), for git.

    Raises BadInput when it is outside the workspace, in git's own folder, reached through a symbolic
    link, or not a file.
    """
    if not is_path(path):
        raise BadInput(f"{shown(path)} is not a path.")
    full = os.path.normpath(os.path.join(root, path))
    if not _below(root, full):  # the same folder may be known by another name: /tmp and /private/tmp
        full = os.path.join(os.path.realpath(os.path.dirname(full)), os.path.basename(full))
    if not _below(root, full):
        raise BadInput(f"{shown(path)} is outside the task's workspace {root}.")
    relative = os.path.relpath(full, root)
    if any(part.lower() == ".git" for part in relative.split(os.sep)):
        raise BadInput(f"{shown(path)} is in git's own folder, which is never committed.")
    _refuse_detours(root, relative, path)
    return os.fsencode(relative)


def _below(root: str, path: str) -> bool:
    return path.startswith(root + os.sep)


def _refuse_detours(root: str, relative: str, path: str) -> None:
    folder = root
    for part in relative.split(os.sep)[:-1]:
        folder = os.path.join(folder, part)
        if os.path.islink(folder):
            raise BadInput(
                f"{shown(path)} leads through the symbolic link {shown(folder)}: name the file itself."
            )
    full = os.path.join(root, relative)
    if os.path.isdir(full) and not os.path.islink(full):
        raise BadInput(f"{shown(path)} is a folder: name the files in it.")
