"""Chorus's own git folder beside a repository, so that git never reads the repository's configuration
where that could start a program.

Whoever works in a repository can write its `.git/config`, and all its worktrees share that file: one agent
could make git run anything, in every task and in this server (`filter.X.clean`, `diff.X.command` …).
A list of forbidden settings is never complete. So whatever looks at or writes files is run with a git folder
of Chorus's own: it shares the repository's objects, and its lists of attributes and ignored files, and takes
over only the settings named in `_TAKEN`, none of which can start a program. The references, hooks and
configuration of the repository are not seen there at all.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from chorus_git.program import Git, Place
from chorus_git.repository import Checkout

#: Settings that say how files and objects are written, and nothing else.
_TAKEN = frozenset(
    (
        "core.attributesfile",
        "core.autocrlf",
        "core.bigfilethreshold",
        "core.checkroundtripencoding",
        "core.compression",
        "core.eol",
        "core.excludesfile",
        "core.filemode",
        "core.ignorecase",
        "core.precomposeunicode",
        "core.protecthfs",
        "core.protectntfs",
        "core.sharedrepository",
        "core.sparsecheckout",
        "core.sparsecheckoutcone",
        "core.symlinks",
    )
)
_PATHS = frozenset(("core.attributesfile", "core.excludesfile"))
_READ = r"^(core\.|user\.|committer\.|filter\.|lfs\.storage$)"
#: Seconds after which a scratch folder can only be what a killed server left behind.
_STALE = 3600.0


@dataclass(frozen=True, slots=True)
class Control:
    """Chorus's git folder for one repository, and the settings of the repository that matter here."""

    folder: Path
    checkout: Checkout
    settings: Mapping[str, str]

    @property
    def drivers(self) -> frozenset[str]:
        """The filter drivers that are configured somewhere. They are never run."""
        found = (
            key.removeprefix("filter.").rpartition(".")[0]
            for key in self.settings
            if key.startswith("filter.")
        )
        return frozenset(found)

    def place(
        self, worktree: str | None = None, index: Path | None = None, objects: Path | None = None
    ) -> Place:
        """For calls that must not start anything. New objects go to `objects`, or to the repository."""
        shared = str(self.checkout.common / "objects")
        env = {
            "GIT_DIR": str(self.folder),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_OBJECT_DIRECTORY": str(objects) if objects else shared,
        }
        if objects:
            env["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = _quoted(shared)
        if (self.checkout.common / "shallow").exists():
            env["GIT_SHALLOW_FILE"] = str(self.checkout.common / "shallow")
        if worktree:
            env["GIT_WORK_TREE"] = worktree
        if index:
            env["GIT_INDEX_FILE"] = str(index)
        return Place(worktree or str(self.folder), env, self._config)

    def place_of_index(self, worktree: str, record: Path) -> Place:
        """For calls that write the index of a worktree, whose git folder is `record`.

        Even writing an index can run filters: git reads files anew that changed within the same instant.
        """
        for part in record.glob("sharedindex.*"):  # of an index in two parts; git looks for it in its folder
            (self.folder / part.name).unlink(missing_ok=True)
            (self.folder / part.name).symlink_to(part)
        place = self.place(worktree, record / "index")
        return Place(place.cwd, place.env, (*place.config, ("core.splitIndex", "false")))

    @property
    def _config(self) -> tuple[tuple[str, str], ...]:
        taken = {key: value for key, value in self.settings.items() if key in _TAKEN}
        for key in _PATHS & taken.keys():
            taken[key] = os.path.expanduser(taken[key])
        return (*taken.items(), ("core.safecrlf", "false"), ("core.bare", "false"))

    @asynccontextmanager
    async def scratch(self) -> AsyncIterator[Path]:
        """A folder for one use."""
        folder = Path(tempfile.mkdtemp(prefix="scratch-", dir=self.folder))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


async def control(git: Git, checkout: Checkout, folder: Path) -> Control:
    """The control folder of a repository, made when it is not there, with the settings as they are now."""
    if not (folder / "info").is_symlink():
        await _make(git, checkout, folder)
    output = await git.run(checkout.place, "config", "-z", "--get-regexp", _READ, ok=(0, 1))
    pairs = (entry.partition(b"\n") for entry in output.fields if entry)
    settings = {os.fsdecode(key): os.fsdecode(value) if sign else "true" for key, sign, value in pairs}
    return Control(folder, checkout, settings)


async def _make(git: Git, checkout: Checkout, folder: Path) -> None:
    await asyncio.to_thread(folder.mkdir, mode=0o700, parents=True, exist_ok=True)
    place = Place(str(folder), {"GIT_CONFIG_GLOBAL": os.devnull})
    await git.run(
        place,
        "init",
        "--quiet",
        "--bare",
        "--template=",
        f"--object-format={checkout.object_format}",
        str(folder),
    )
    await asyncio.to_thread(_share, checkout.common / "info", folder / "info")


def _share(theirs: Path, ours: Path) -> None:
    """What is ignored, which attributes hold and what is sparse is data, and the same for everybody."""
    theirs.mkdir(exist_ok=True)
    with suppress(FileNotFoundError):
        shutil.rmtree(ours)
    ours.symlink_to(theirs)


def forget_scratch(folder: Path) -> None:
    """Remove what a killed server left behind."""
    for left in folder.glob("scratch-*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _STALE:
                shutil.rmtree(left, ignore_errors=True)


def _quoted(path: str) -> str:
    """A path in a list that git separates by colons: in C's quotes when it has one itself."""
    if ":" not in path and not path.startswith('"'):
        return path
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'
