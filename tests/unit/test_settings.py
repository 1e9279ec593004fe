"""The configuration: files, variables, and errors that name the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from chorus.errors import BadInput
from chorus.settings import load_settings


def load(tmp_path: Path, text: str = "", **env: str) -> object:
    project = tmp_path / "project"
    project.mkdir(exist_ok=True)
    (project / "chorus.toml").write_text(text)
    return load_settings(project, environ={"HOME": str(tmp_path), **env})


def test_the_defaults(tmp_path: Path) -> None:
    settings = load_settings(environ={"HOME": str(tmp_path)})
    assert settings.state_dir == tmp_path / ".local/state/chorus"
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 8420)
    assert settings.database_url == f"sqlite:///{settings.state_dir}/chorus.db"


def test_the_runtime_folder_leaves_room_for_a_socket(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 100)
    deep.mkdir()
    settings = load_settings(environ={"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(deep)})
    assert len(str(settings.runtime_dir)) <= 80


def test_later_sources_win(tmp_path: Path) -> None:
    config = tmp_path / ".config" / "chorus" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(
        '[server]\nport = 1\nhost = "::1"\n[defaults]\nagent = "a"\n[agents.one]\ncommand = ["x"]\n'
    )
    settings = load_settings(
        _project(tmp_path, '[server]\nport = 2\n[agents.two]\ncommand = ["y", "{prompt}"]\n'),
        environ={"HOME": str(tmp_path), "CHORUS_SERVER_PORT": "3", "CHORUS_DEFAULTS_AGENT": "b"},
    )
    assert (settings.server.port, settings.server.host, settings.defaults.agent) == (3, "::1", "b")
    assert {name: agent.command for name, agent in settings.agents.items()} == {
        "one": ("x",),
        "two": ("y", "{prompt}"),
    }


def _project(tmp_path: Path, text: str) -> Path:
    project = tmp_path / "project"
    project.mkdir(exist_ok=True)
    (project / "chorus.toml").write_text(text)
    return project


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[sever]\nport = 1", r"unknown table \[sever\]"),
        ("[server]\nprot = 1", r"unknown key `prot` in \[server\] \(known: host, port\)"),
        ('[server]\nport = "1"', "must be a whole number"),
        ("[server]\nport = true", "must be a whole number"),
        ("[documents]\nchanges = 0", "must be true or false"),
        ("server = 3", r"\[server\] must be a table"),
        ("[agents.x]\nenv = {}", "needs `command`"),
        ('[agents.x]\ncommand = "aider"', "must be a list of one or more strings"),
        ("[agents.x]\ncommand = [1]", "must be a list of one or more strings"),
        ("[permissions]\nmode = 1", r"unknown key `mode` in \[permissions\] \(known: profiles\)"),
        ('[permissions.profiles.a]\non_timeout = "ask"', 'on_timeout must be one of "allow", "deny", "wait"'),
        ('[permissions.profiles.a]\non_timeout = "deny"', "needs timeout_seconds"),
        ("[permissions.profiles.a]\ntimeout_seconds = -1", "must be a whole number from 0"),
        ("[plugins]\ntmux = 1", "unknown key `tmux`"),
        ("[server", "cannot be read"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(BadInput, match=reason) as found:
        load(tmp_path, text)
    assert "chorus.toml" in found.value.message
