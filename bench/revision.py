"""Another revision of this repository with an environment of its own, to be measured beside this one."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]


@contextmanager
def checked_out(revision: str) -> Iterator[Path]:
    """Check the revision out and install it; yield its Python. Both are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="chorus-bench-") as name:
        folder = Path(name) / "tree"
        _run("git", "-C", str(ROOT), "worktree", "add", "--detach", str(folder), revision)
        try:
            _run(str(_uv()), "sync", "--frozen", "--no-dev", cwd=folder, CHORUS_WEB="skip")
            yield folder / ".venv" / "bin" / "python"
        finally:
            _run("git", "-C", str(ROOT), "worktree", "remove", "--force", str(folder))


def _uv() -> Path:
    own = ROOT / ".tools" / "bin" / "uv"
    return own if own.exists() else Path("uv")


def _run(*command: str, cwd: Path = ROOT, **env: str) -> None:
    kept = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    subprocess.run(command, cwd=cwd, env={**kept, **env}, check=True, stdout=subprocess.DEVNULL)
