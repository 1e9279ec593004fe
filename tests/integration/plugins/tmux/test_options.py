"""The configuration table, the check, and what becomes of both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from chorus_tmux import Options, TmuxBackend, chorus_session_backends

from chorus import PluginConfig
from chorus.backends import SessionBackend, SessionSpec
from chorus.errors import BadInput, Unavailable
from chorus.settings import read_options
from tests.support.tmux import Ground


def config(home: Path, **options: Any) -> PluginConfig[Options]:
    return PluginConfig(options=Options(**options), state_dir=home / "state", runtime_dir=home / "run")


def test_it_offers_one_backend_and_touches_nothing(home: Path) -> None:
    [backend] = chorus_session_backends(config(home))
    assert isinstance(backend, SessionBackend)
    assert backend.name == "tmux"
    assert list(home.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"comand": "tmux"}, r"unknown key `comand` .*; did you mean `command`\?"),
        ({"command": ""}, 'command must be a string such as "tmux"'),
        ({"command": "-V"}, "command must be"),
        ({"command": ["tmux"]}, "command must be"),
        ({"history": -1}, "history must be a whole number from 0 to 100000"),
        ({"history": "many"}, "history must be"),
        ({"cols": 19}, "cols must be a whole number from 20 to 500"),
        ({"rows": True}, "rows must be a whole number from 5 to 300"),
        ({"rows": 40.0}, "rows must be"),
    ],
)
def test_a_wrong_option_is_named(options: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        read_options(Options, options, "tmux")


async def test_a_missing_tmux_is_explained(home: Path, ground: Ground) -> None:
    backend = TmuxBackend(config(home, command="/nowhere/tmux"))
    reason = backend.check()
    assert reason is not None
    assert "'/nowhere/tmux' was not found: install tmux 3.0 or newer" in reason
    with pytest.raises(Unavailable, match="was not found"):
        await backend.start(ground.run().spec("pass"))


@pytest.mark.parametrize(
    ("said", "works"),
    [
        ("tmux 2.9a", False),
        ("tmux 1.8", False),
        ("tmux 3.0", True),
        ("tmux 3.3a", True),
        ("tmux next-3.8", True),
        ("tmux openbsd-7.8", True),
        ("tmux master", True),
    ],
)
def test_an_old_tmux_is_refused(home: Path, said: str, works: bool) -> None:
    program = home / "tmux"
    program.write_text(f"#!/bin/sh\necho {said}\n")
    program.chmod(0o755)
    reason = TmuxBackend(config(home, command=str(program))).check()
    if works:
        assert reason is None
    else:
        assert reason is not None
        assert f"is version {said[5:8]}: install tmux 3.0 or newer" in reason


async def test_a_path_too_long_for_a_socket_is_explained(home: Path, ground: Ground) -> None:
    backend = TmuxBackend(PluginConfig(Options(), home / "state", home / ("x" * 80)))
    reason = backend.check()
    assert reason is not None
    assert "too long a path" in reason
    with pytest.raises(Unavailable, match="too long a path"):
        await backend.start(ground.run().spec("pass"))


def test_the_longest_promised_folder_is_short_enough(home: Path, ground: Ground) -> None:
    folder = home / ("x" * (80 - len(str(home)) - 1))
    backend = TmuxBackend(PluginConfig(Options(), home / "state", folder))
    assert backend.check() is None
    for task_id in ("t", "t" * 128):
        assert len(backend.attach_command(task_id)[2].encode()) <= 107


async def test_size_and_history_are_the_configured_ones(ground: Ground) -> None:
    backend = ground.backend(cols=81, rows=17, history=123)
    run = ground.run()
    usual = run.spec("input()")
    state = await backend.start(
        SessionSpec(
            usual.task_id, usual.run_id, usual.argv, usual.log_argv, usual.environment
        )  # nobody chose a size
    )
    assert (state.cols, state.rows) == (81, 17)
    assert await ground.tmux("display-message", "-p", "-t", "=main:", "#{history_limit}") == "123"
    state = await backend.start(ground.run("run-2").spec("input()", size=(70, 20)))
    assert (state.cols, state.rows) == (70, 20)
    await backend.close()


async def test_tmux_takes_the_configuration_without_a_word(ground: Ground, backend: TmuxBackend) -> None:
    await backend.start(ground.run().spec("input()"))
    file = ground.home / "state" / "tmux" / "tmux.conf"
    assert file.stat().st_mode & 0o777 == 0o600
    assert await ground.tmux("source-file", "-v", str(file)) != ""
    assert await ground.tmux("show-options", "-gwv", "remain-on-exit") == "on"
    assert await ground.tmux("show-options", "-gwv", "allow-rename") == "off"
    assert await ground.tmux("show-options", "-gv", "update-environment") == ""


async def test_folders_and_sockets_are_private(ground: Ground, backend: TmuxBackend) -> None:
    await backend.start(ground.run().spec("input()"))
    for folder in (ground.home / "run", ground.home / "state" / "tmux"):
        assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mark", ["", "a b", "x" * 129, "#(id)", "../x", "é", "a;b", "a\n"])
async def test_marks_that_need_quoting_are_refused(ground: Ground, backend: TmuxBackend, mark: str) -> None:
    spec = ground.run().spec("pass")
    for task_id, run_id in ((mark, "run-1"), ("task-1", mark)):
        with pytest.raises(BadInput, match="cannot mark a session"):
            await backend.start(SessionSpec(task_id, run_id, spec.argv, spec.log_argv, {}))
