"""The scratch repository of the demo and the tasks in it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from chorus.errors import BackendError, Conflict

_FILES = {
    "README.md": "# Greeter\n\nA scratch repository, made by the demo of Chorus. Delete it when you like.\n",
    "greet.py": (
        "import sys\n\n\ndef greet(name: str) -> str:\n"
        '    return f"Hello, {name}!"\n\n\nif __name__ == "__main__":\n    print(greet(sys.argv[1]))\n'
    ),
    "test_greet.py": (
        "import unittest\n\nfrom greet import greet\n\n\nclass GreetTest(unittest.TestCase):\n"
        '    def test_greets(self):\n        self.assertEqual(greet("Ada"), "Hello, Ada!")\n'
    ),
    ".gitignore": "__pycache__/\n",
}

#: (title, description) of the three tasks.
TASKS = (
    ("Demo: trim names", "Make greet() trim the name before greeting, and run the tests."),
    ("Demo: describe the usage", "Add a usage section to the README."),
    ("Demo: take a note", "Write down what could be done next."),
)


def create(folder: Path) -> None:
    """Make the repository with one commit. Conflict when something else is there."""
    if folder.exists() and any(folder.iterdir()):
        if (folder / "greet.py").exists() and (folder / ".git").exists():
            return
        raise Conflict(f"{folder} is not empty; name another folder for the demo.")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in _FILES.items():
        (folder / name).write_text(text)
    _git(folder, "init", "--quiet", "--initial-branch=main")
    _git(folder, "add", "--all")
    _git(folder, "commit", "--quiet", "--message", "Begin the demo")


def _git(folder: Path, *arguments: str) -> None:
    """The demo's own repository only: nothing in it comes from anybody else."""
    identity = {"NAME": "Chorus demo", "EMAIL": "demo@localhost"}
    env = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in identity.items()}
    done = subprocess.run(
        ["git", "-c", "commit.gpgsign=false", "-c", "core.hooksPath=/dev/null", *arguments],
        cwd=folder,
        env=os.environ | env,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise BackendError(f"git {arguments[0]} failed in {folder}: {done.stderr.strip()}")
