"""Doctor: checks of plugins, backends, git, free space and repositories on this machine."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterable
from pathlib import Path

from chorus.backends import NeedsSetup, VcsBackend
from chorus.errors import ChorusError
from chorus.host.backends.calls import call
from chorus.model import Check, CheckState
from chorus.paths import web_client
from chorus.plugins import SWITCHED_OFF, PluginInfo, Plugins

#: Bytes of free space below which a person is warned: a busy agent's output is capped at some tens of MB.
LITTLE_SPACE = 512 << 20

#: Seconds for one backend's answer.
ANSWER_SECONDS = 10.0


async def run_doctor(plugins: Plugins, state_dir: Path, repositories: Iterable[str]) -> list[Check]:
    """Look at everything that Chorus needs here. Nothing is changed."""
    checks = [_plugin(info) for info in plugins.infos]
    checks += await asyncio.to_thread(_machine, plugins, state_dir)
    for path in repositories:
        checks += await _repository(plugins, path)
    return checks


def _plugin(info: PluginInfo) -> Check:
    name = f"plugin {info.name}"
    if info.enabled:
        state = CheckState.WARNING if info.error else CheckState.OK
        return Check(name, state, info.error or ", ".join(info.provides) or "nothing offered")
    if info.error == SWITCHED_OFF:
        return Check(name, CheckState.OK, info.error)
    return Check(name, CheckState.FAILED, info.error or "switched off", "correct it, or disable the plugin")


def _machine(plugins: Plugins, state_dir: Path) -> list[Check]:
    checks = [_git(), *_backends(plugins), _client()]
    free = shutil.disk_usage(next(one for one in (state_dir, *state_dir.parents) if one.exists())).free
    room = f"{free / 2**30:.1f} GiB free for {state_dir}"
    little = free < LITTLE_SPACE
    state = CheckState.WARNING if little else CheckState.OK
    return [
        *checks,
        Check("disk", state, room, "make room: output is cut when it is full" if little else None),
    ]


def _git() -> Check:
    found = shutil.which("git")
    if found:
        return Check("git", CheckState.OK, found)
    return Check("git", CheckState.FAILED, "not on PATH", "install git")


def _client() -> Check:
    found = web_client()
    if found:
        return Check("web client", CheckState.OK, str(found))
    advice = "run `make run` in a checkout, or install from a wheel"
    return Check("web client", CheckState.WARNING, "not built", advice)


def _backends(plugins: Plugins) -> list[Check]:
    """Those that can be absent: without one, only the tasks that name it cannot be started."""
    found = []
    for kind, registry in (("agent", plugins.agents), ("session", plugins.sessions), ("VCS", plugins.vcs)):
        for name, backend in registry.items():
            try:
                reason = backend.check()
            except Exception as error:
                reason = f"its check failed: {type(error).__name__}: {error}"
            state = CheckState.WARNING if reason else CheckState.OK
            found.append(Check(f"{kind} {name}", state, reason or "can be used"))
    return found


async def _repository(plugins: Plugins, path: str) -> list[Check]:
    checks = []
    for name, backend in plugins.vcs.items():
        if await asyncio.to_thread(backend.check) is None:
            checks += await _vcs(name, backend, path)
    return checks


async def _vcs(name: str, backend: VcsBackend, path: str) -> list[Check]:
    title = f"VCS {name} in {path}"
    try:
        suits = await call(title, backend.suits(path), ANSWER_SECONDS)
        said = await _explained(title, backend, path)
    except ChorusError as error:
        return [Check(title, CheckState.WARNING, error.message)]
    chosen = "the default for tasks of this repository" if suits else ""
    detail = "; ".join(part for part in (chosen, said) if part)
    return [Check(title, CheckState.OK, detail)] if detail else []


async def _explained(title: str, backend: VcsBackend, path: str) -> str:
    if isinstance(backend, NeedsSetup):
        return await call(title, backend.explain(path), ANSWER_SECONDS)
    return ""
