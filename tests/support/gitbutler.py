"""A repository set up for GitButler, and what happens in it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import Any

from chorus_gitbutler import GitButlerBackend, Options

from chorus import PluginConfig
from chorus.backends import CommitRequest, Workspace, WorkspaceSpec
from chorus.model import Commit, FileEdit, Hunk
from chorus.settings import read_options
from tests.support.paths import FAKE_BUT

REAL = os.environ.get("CHORUS_TEST_BUT", "")

GENERATIONS = ["0.21", "0.22", *(["real"] if REAL else [])]

NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass
class Scene:
    """One repository on disk and what the tests do in it."""

    top: Path
    folder: Path
    generation: str
    uses: count[int] = field(default_factory=lambda: count(1))

    @property
    def but(self) -> Path:
        return Path(REAL) if self.generation == "real" else FAKE_BUT

    @property
    def env(self) -> dict[str, str]:
        """What `but` gets besides the unattended environment."""
        if self.generation == "real":
            return {"E2E_TEST_APP_DATA_DIR": str(self.folder / "app"), "GIT_CONFIG_NOSYSTEM": "1"}
        return {"FAKE_BUT_GENERATION": self.generation, "FAKE_BUT_LOG": str(self.folder / "calls")}

    def config(
        self, *, state: str = "state", env: Mapping[str, str] = NOTHING, **options: object
    ) -> PluginConfig[Options]:
        table = {"command": str(self.but), "env": {**self.env, **env}, **options}
        return PluginConfig(
            options=read_options(Options, table, "gitbutler"),
            state_dir=self.folder / state,
            runtime_dir=self.folder / "run",
        )

    def backend(self, **options: Any) -> GitButlerBackend:
        return GitButlerBackend(self.config(**options))

    def git(self, *argv: str) -> str:
        done = subprocess.run(["git", *argv], cwd=self.top, capture_output=True, text=True, check=True)
        return done.stdout.rstrip("\n")

    def run_but(self, *argv: str) -> None:
        """What a person does in a terminal."""
        env = {
            **os.environ,
            **self.env,
            "BUT_OUTPUT_FORMAT": "json",
            "GIT_EDITOR": "false",
            "NO_BG_TASKS": "1",
        }
        subprocess.run([self.but, *argv], cwd=self.top, env=env, check=True, capture_output=True)

    def read(self, name: str) -> str:
        return (self.top / name).read_text()

    def write(self, name: str, text: str) -> FileEdit:
        """Write a file as an agent's tool does; the edit as it would be reported."""
        path = self.top / name
        before = path.read_text() if path.exists() else None
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        hunks = () if before is None else hunks_between(before, text)
        return FileEdit(str(path), hunks, created=before is None)

    def replace(self, name: str, old: str, new: str) -> FileEdit:
        return self.write(name, self.read(name).replace(old, new, 1))

    def request(self, *edits: FileEdit, message: str = "Edit") -> CommitRequest:
        return CommitRequest(message, f"report-{next(self.uses)}", edits or None)

    def calls(self) -> list[dict[str, object]]:
        file = self.folder / "calls"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def changed_on(self, branch: str, base: str = "main") -> list[str]:
        """The lines a branch adds and removes, all files together."""
        text = self.git("diff", "-U0", base, branch)
        return [line for line in text.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]


def hunks_between(before: str, after: str) -> tuple[Hunk, ...]:
    """The edit as Claude Code's structuredPatch has it: three lines of context."""
    old, new = (text.removesuffix("\n").split("\n") if text else [] for text in (before, after))
    found = []
    for group in SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(3):
        lines: list[str] = []
        for tag, a, b, c, d in group:
            if tag == "equal":
                lines += [f" {line}" for line in old[a:b]]
            else:
                lines += [f"-{line}" for line in old[a:b]] + [f"+{line}" for line in new[c:d]]
        (first, last) = group[0], group[-1]
        found.append(Hunk(first[1] + 1, last[2] - first[1], first[3] + 1, last[4] - first[3], tuple(lines)))
    return tuple(found)


async def opened(backend: GitButlerBackend, scene: Scene, *names: str) -> Sequence[Workspace]:
    return [await backend.open(WorkspaceSpec(str(scene.top), name, f"chorus/{name}")) for name in names]


def made(commit: Commit | None) -> Commit:
    assert commit is not None
    return commit
