"""What the backend remembers about a repository between calls and restarts.

Commits are told by trailers and branches by GitButler; kept here is only what neither knows: whose the
uncommitted lines are, which change ids commits had, and which conflicts wait. Losing it loses no work:
lines without a claim are reported as unassigned.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from chorus.errors import BackendError, StorageFull
from chorus_gitbutler.claims import Claims
from chorus_gitbutler.watch import Watch

#: Change ids remembered per repository; the oldest go first.
MOST_IDS = 5000
#: Reports remembered per repository; one is repeated within minutes, if at all.
MOST_KEYS = 500


@dataclass(frozen=True, slots=True)
class Blocked:
    """A conflict that waits: the files, the branches they depend on, the reason in words, and the policy."""

    paths: tuple[str, ...]
    depends_on: tuple[str, ...]
    message: str
    policy: str


@dataclass(slots=True)
class Ledger:
    path: Path
    claims: Claims
    watch: Watch
    change_ids: dict[str, str] = field(default_factory=dict)
    blocked: dict[str, Blocked] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)

    def note_key(self, key: str) -> bool:
        """Whether the edits of this report are new: one that is sent again claims nothing twice."""
        if key in self.keys:
            return False
        self.keys = [*self.keys[-MOST_KEYS:], key]
        return True

    def remember(self, ids: Mapping[str, str]) -> None:
        """Note the change ids of commits; the commit ids move when a branch is rebased, change ids do not."""
        for commit, change in ids.items():
            if not change:
                continue
            self.change_ids.pop(commit, None)
            self.change_ids[commit] = change
        for commit in list(self.change_ids)[: max(len(self.change_ids) - MOST_IDS, 0)]:
            del self.change_ids[commit]

    def forget(self, branch: str) -> None:
        self.claims.drop(branch)
        self.watch.end(branch)
        self.blocked.pop(branch, None)

    async def save(self) -> None:
        plain = {
            "claims": self.claims.plain(),
            "change_ids": self.change_ids,
            "keys": self.keys,
            "blocked": {branch: asdict(each) for branch, each in self.blocked.items()},
        }
        await asyncio.to_thread(_write, self.path, json.dumps(plain))


class Ledgers:
    """The ledgers of all repositories, each a file in the plugin's folder, loaded when first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[str, Ledger] = {}

    def of(self, repository: str) -> Ledger:
        if repository not in self._open:
            name = hashlib.sha256(repository.encode(errors="surrogateescape")).hexdigest()[:24]
            self._open[repository] = _load(self._folder / f"{name}.json")
        return self._open[repository]


def _load(path: Path) -> Ledger:
    plain: dict[str, Any] = {}
    try:
        plain = json.loads(path.read_text())
        claims = Claims.load(plain.get("claims", ()))
        blocked = {branch: _blocked(each) for branch, each in plain.get("blocked", {}).items()}
    except FileNotFoundError:
        claims, blocked = Claims(), {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        # Unreadable: keep it aside for a person, and claim nothing for anybody.
        os.replace(path, path.with_suffix(f".broken-{int(time.time())}"))
        plain, claims, blocked = {}, Claims(), {}
    return Ledger(
        path, claims, Watch(claims), dict(plain.get("change_ids", {})), blocked, list(plain.get("keys", []))
    )


def _blocked(plain: Mapping[str, Any]) -> Blocked:
    return Blocked(tuple(plain["paths"]), tuple(plain["depends_on"]), plain["message"], plain["policy"])


def _write(path: Path, text: str) -> None:
    draft = path.with_suffix(".draft")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w", errors="surrogateescape") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull() from error
        raise BackendError(f"Cannot write {path}: {error.strerror}.", reason="ledger") from error
