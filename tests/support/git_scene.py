"""What the tests of the git backend do with a repository."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from chorus_git import GitBackend, Options, chorus_vcs_backends

from chorus import PluginConfig
from chorus.backends import Workspace
from chorus.settings import read_options
from chorus.testing.vcs import Ground


@dataclass
class Scene:
    """A repository on disk, and a person at work in it."""

    top: Path
    state: Path

    def git(self, *argv: str, at: str | Path | None = None, check: bool = True) -> str:
        done = subprocess.run(
            ["git", *argv],
            cwd=at or self.top,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        assert done.returncode == 0 or not check, done.stderr
        return done.stdout.rstrip("\n")

    def backend(self, **options: object) -> GitBackend:
        config = PluginConfig(read_options(Options, options, "git"), self.state, self.state / "run")
        [backend] = chorus_vcs_backends(config)
        assert isinstance(backend, GitBackend)
        return backend

    def ground(self, **options: object) -> Ground:
        return Ground(self.backend(**options), str(self.top))

    def program(self, *lines: str) -> str:
        """A program to be used as git: the lines, then the real one ($REAL) with its arguments."""
        path = self.state.parent / "program" / "git"
        path.parent.mkdir(exist_ok=True)
        path.write_text(
            "\n".join(("#!/bin/sh", f"REAL={shutil.which('git')}", *lines, 'exec "$REAL" "$@"', ""))
        )
        path.chmod(0o755)
        return str(path)

    def killed_at(self, call: int, when: str) -> str:
        """A git that is killed at a certain call: before it does anything, or after."""
        count = self.state.parent / "count"
        count.write_text("0")
        after = '"$REAL" "$@";' if when == "after" else ""
        return self.program(
            f'n=$(($(cat "{count}") + 1)); echo $n > "{count}"',
            f"if [ $n = {call} ]; then {after} kill -9 $$; fi",
        )

    def calls(self) -> int:
        """How often the git of `killed_at` was called."""
        return int((self.state.parent / "count").read_text())

    def branches(self) -> dict[str, str]:
        listed = self.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        return dict(line.split(" ") for line in listed)

    def worktrees(self) -> list[str]:
        lines = self.git("worktree", "list", "--porcelain").splitlines()
        return [line.removeprefix("worktree ") for line in lines if line.startswith("worktree ")][1:]

    def record(self, workspace: Workspace) -> Path:
        """git's folder for a worktree, as git says."""
        return Path(self.git("rev-parse", "--absolute-git-dir", at=workspace.path))
