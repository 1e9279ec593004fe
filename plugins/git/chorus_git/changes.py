"""What differs between a worktree and a commit, and making a tree of it.

Everything here works on an index of Chorus's own, a file in a scratch folder. The worktree's index belongs
to the agent, who may be in the middle of anything with it.
"""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chorus_git import lfs
from chorus_git.control import Control
from chorus_git.names import printable
from chorus_git.program import Git, Place

_SUBMODULE = b"160000 "
_MOST_NAMED = 500  # more paths than this are not given as arguments


@dataclass(frozen=True, slots=True)
class Change:
    """A path whose content in the index is not that of the commit. `mode` is 000000 when it is deleted."""

    path: bytes
    mode: str
    object_id: str

    @property
    def line(self) -> bytes:
        """As `git update-index --index-info` takes it."""
        return f"{self.mode} {self.object_id}\t".encode() + self.path


@dataclass(frozen=True, slots=True)
class Held:
    """A path that is not committed, and why."""

    path: bytes
    reason: str


@dataclass
class Plan:
    """What is to be done with each path."""

    plain: list[bytes] = field(default_factory=list)
    gone: list[bytes] = field(default_factory=list)
    pointers: list[bytes] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)

    @property
    def paths(self) -> list[bytes]:
        return [*self.plain, *self.gone, *self.pointers, *(one.path for one in self.held)]


class WorkIndex:
    """An index of Chorus's own, beside one worktree."""

    def __init__(
        self, git: Git, control: Control, worktree: str, index: Path, objects: Path | None = None
    ) -> None:
        self._git = git
        self._control = control
        self._worktree = worktree
        self._objects = objects
        #: The commit that has all that the index has.
        self.holds = ""
        self.place: Place = control.place(worktree, index, objects)

    async def reset(self, commit: str) -> None:
        """Hold what the commit holds; what is known about files that are the same is kept."""
        await self._git.run(self.place, "read-tree", "-i", "--reset", commit)

    async def checkout(self, commit: str) -> None:
        """Write all files of the commit into the worktree, over whatever is there."""
        await self._git.run(self.place, "read-tree", "--reset", "-u", commit, many_files=True)

    async def candidates(self) -> list[bytes]:
        """Paths that may have changed: modified, deleted, or new and not ignored."""
        # Never look into submodules: git would start itself there, with their configuration.
        await self._git.run(
            self.place, "update-index", "-q", "--refresh", "--ignore-submodules", ok=(0, 1), many_files=True
        )
        modified = await self._git.run(
            self.place, "diff-files", "--name-only", "-z", "--no-ext-diff", "--ignore-submodules=dirty"
        )
        new = await self._git.run(self.place, "ls-files", "--others", "--exclude-standard", "-z")
        return sorted({*(path for path in modified.fields if path), *await self._named(new.fields)})

    async def _named(self, new: Sequence[bytes]) -> list[bytes]:
        """New paths; a repository inside the worktree (with a slash) loses it when it is a submodule."""
        if not any(path.endswith(b"/") for path in new):
            return [path for path in new if path]
        listed = await self._git.run(
            self.place, "config", "-z", "--file", ".gitmodules", "--get-regexp", r"^submodule\..*\.path$",
            ok=(0, 1, 3, 128),
        )  # fmt: skip
        submodules = {entry.partition(b"\n")[2] for entry in listed.fields}
        return [path.rstrip(b"/") if path.rstrip(b"/") in submodules else path for path in new if path]

    async def committable(self, paths: Collection[bytes]) -> list[bytes]:
        """Those of the named paths that git knows or would take: neither ignored nor absent."""
        named = [os.fsdecode(path) for path in paths] if len(paths) <= _MOST_NAMED else []
        listed = await self._git.run(
            self.place, "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", *named
        )
        return sorted(set(listed.fields) & set(paths))

    async def plan(self, paths: Sequence[bytes], max_bytes: float) -> Plan:
        """Decide for each path whether it can be committed, and how."""
        filters = await self._filters(paths)
        plan = await asyncio.to_thread(self._decide, paths, filters, max_bytes)
        if plan.pointers:
            plan.pointers = await self._changed_pointers(plan.pointers)
        return plan

    def _decide(self, paths: Sequence[bytes], filters: dict[bytes, str], max_bytes: float) -> Plan:
        plan = Plan()
        for path in paths:
            driver = filters.get(path, "")
            if reason := self._obstacle(path, driver, max_bytes):
                plan.held.append(Held(path, reason))
            elif self._is_gone(path):
                plan.gone.append(path)
            else:
                (plan.pointers if driver == "lfs" and self._is_file(path) else plan.plain).append(path)
        return plan

    def _is_gone(self, path: bytes) -> bool:
        """Whether a folder or a link has taken the place of the file, or of a folder it was in."""
        parts = path.split(b"/")
        folders = (self._full(b"/".join(parts[:end])) for end in range(1, len(parts)))
        if any(os.path.islink(folder) for folder in folders):
            return True
        full = self._full(path)
        folder = os.path.isdir(full) and not os.path.islink(full)
        return folder and not os.path.exists(full + b"/.git")  # with it, it is a submodule

    def _obstacle(self, path: bytes, driver: str, max_bytes: float) -> str | None:
        if path.endswith(b"/"):
            return "it is a repository of its own"
        try:
            status = os.lstat(self._full(path))
        except (FileNotFoundError, NotADirectoryError):
            return None  # deleted
        if not stat.S_ISREG(status.st_mode):
            link_or_submodule = stat.S_ISLNK(status.st_mode) or stat.S_ISDIR(status.st_mode)
            return None if link_or_submodule else "it is neither a file nor a link"
        if not os.access(self._full(path), os.R_OK):
            return "it cannot be read"
        if driver == "lfs":
            return "lfs.storage is set" if "lfs.storage" in self._control.settings else None
        if driver in self._control.drivers:
            return f"it needs the filter {driver!r}, and Chorus runs no program that a repository names"
        return f"it has more than {max_bytes / 2**20:g} MiB" if status.st_size > max_bytes else None

    async def _filters(self, paths: Sequence[bytes]) -> dict[bytes, str]:
        if not paths:
            return {}
        listed = await self._git.run(
            self.place, "check-attr", "-z", "--stdin", "filter", stdin=b"\0".join(paths) + b"\0"
        )
        values = iter(listed.fields)
        found = {path: os.fsdecode(value) for path, _, value in zip(values, values, values, strict=True)}
        return {path: value for path, value in found.items() if value not in ("unspecified", "unset", "set")}

    async def _changed_pointers(self, paths: list[bytes]) -> list[bytes]:
        """Without those whose content is what the index has a pointer for: git sees these as changed."""
        known = {change.path: change.object_id for change in await self._entries(paths)}
        changed = []
        for path in paths:
            pointer = await asyncio.to_thread(lfs.clean, os.fsdecode(self._full(path)), None)
            if known.get(path) != pointer.object_id(self._control.checkout.object_format):
                changed.append(path)
        return changed

    async def _entries(self, paths: Collection[bytes]) -> list[Change]:
        wanted = set(paths)
        listed = await self._git.run(self.place, "ls-files", "--stage", "-z")
        entries = (entry.partition(b"\t") for entry in listed.fields if entry)
        return [Change(path, *info.decode().split(" ")[:2]) for info, _, path in entries if path in wanted]

    async def managed(self, driver: str) -> list[bytes]:
        """The files of the index that a filter is meant for."""
        listed = await self._git.run(self.place, "ls-files", "-z")
        filters = await self._filters([path for path in listed.fields if path])
        return [path for path, found in filters.items() if found == driver and self._is_file(path)]

    async def unread(self, paths: Collection[bytes]) -> None:
        """Drop what is noted of files, so that git compares their contents and not their sizes."""
        await self._take([change.line for change in await self._entries(paths)])

    async def submodules(self) -> list[bytes]:
        """The paths of the submodules that the index has."""
        listed = await self._git.run(self.place, "ls-files", "--stage", "-z")
        entries = (entry.partition(b"\t") for entry in listed.fields)
        return [path for info, _, path in entries if info.startswith(_SUBMODULE)]

    async def stage(self, plan: Plan) -> None:
        """Take the content of the planned paths into the index."""
        await self._update(plan.gone, "--force-remove")
        await self._update(plan.plain, "--add", "--remove", "--replace")
        for path in plan.pointers:
            await self._stage_pointer(path)

    async def _update(self, paths: list[bytes], *how: str) -> None:
        if paths:
            stdin = b"\0".join(paths) + b"\0"
            await self._git.run(
                self.place, "update-index", *how, "-z", "--stdin", stdin=stdin, many_files=True
            )

    async def _stage_pointer(self, path: bytes) -> None:
        store = self._control.checkout.common / "lfs" if self._objects is None else None
        full = os.fsdecode(self._full(path))
        pointer = await asyncio.to_thread(lfs.clean, full, store)
        written = await self._git.run(self.place, "hash-object", "-w", "--stdin", stdin=pointer.data)
        mode = "100755" if os.access(full, os.X_OK) else "100644"
        await self._take([Change(path, mode, written.text).line])

    async def _take(self, lines: list[bytes]) -> None:
        if lines:
            stdin = b"\0".join(lines) + b"\0"
            await self._git.run(self.place, "update-index", "--replace", "-z", "--index-info", stdin=stdin)

    async def changes(self, commit: str) -> list[Change]:
        """How the index differs from the commit."""
        listed = await self._git.run(
            self.place, "diff-index", "--cached", "--raw", "-z", "--no-renames", "--no-abbrev",
            "--ignore-submodules=none", commit, "--",
        )  # fmt: skip
        fields = iter(field for field in listed.fields if field)
        changes = []
        for info, path in zip(fields, fields, strict=True):
            _, mode, _, object_id, _ = info.decode().split(" ")
            changes.append(Change(path, mode, object_id))
        return changes

    async def write_tree(self) -> str:
        return (await self._git.run(self.place, "write-tree")).text

    def _full(self, path: bytes) -> bytes:
        return os.path.join(os.fsencode(self._worktree), path)

    def _is_file(self, path: bytes) -> bool:
        full = self._full(path)
        return os.path.isfile(full) and not os.path.islink(full)


def reasons(held: Sequence[Held]) -> str:
    """Why paths are not committed, as part of a sentence."""
    told = [f"{printable(one.path)} ({one.reason})" for one in held[:5]]
    more = f" and {len(held) - 5} more" if len(held) > 5 else ""
    return "; ".join(told) + more
