"""Plugins are found as entry points; one that fails in any way is listed with its reason and harms nobody."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path

import pytest

from chorus import plugins
from chorus.errors import UnknownBackend
from chorus.settings import PluginSettings, Settings
from tests.support.installed import Install, installer

GOOD = """
from chorus import hookimpl
from chorus.backends import VcsBackend
class Paper(VcsBackend):
    name = "paper"
@hookimpl
def chorus_vcs_backends(config):
    return [Paper()]
"""

BROKEN = {
    "raises_at_import": ("raise RuntimeError('no luck')", "no luck"),
    "cannot_be_imported": ("import a_module_that_is_not_there", "a_module_that_is_not_there"),
    "raises_in_its_hook": (
        "from chorus import hookimpl\n@hookimpl\ndef chorus_agents(config):\n    raise ValueError('oh')",
        "oh",
    ),
    "returns_nonsense": (
        "from chorus import hookimpl\n@hookimpl\ndef chorus_agents(config):\n    return [42]",
        "int, not a Agent",
    ),
    "takes_other_arguments": (
        "from chorus import hookimpl\n@hookimpl\ndef chorus_agents(settings):\n    return []",
        "settings",
    ),
    "misspells_its_hook": (
        "from chorus import hookimpl\n@hookimpl\ndef chorus_agentz(config):\n    return []",
        "chorus_agentz",
    ),
    "takes_a_name": (
        GOOD.replace('"paper"', '"git"'),
        "'git' is taken",
    ),
    "leaves": ("import sys\nsys.exit(3)", "SystemExit: 3"),
}


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    return installer(tmp_path, monkeypatch)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state_dir=tmp_path / "state", runtime_dir=tmp_path / "run")


def info(loaded: plugins.Plugins, name: str) -> plugins.PluginInfo:
    return next(one for one in loaded.infos if one.name == name)


def test_the_default_plugins_come_by_entry_points(settings: Settings) -> None:
    names = {point.name for point in entry_points(group="chorus")}
    assert {"tmux", "git", "gitbutler", "hooks", "documents"} <= names
    loaded = plugins.load(settings)
    assert [one.name for one in loaded.infos if not one.enabled] == []
    assert {"git", "gitbutler"} <= set(loaded.vcs)
    assert list(loaded.sessions) == ["tmux"]
    assert {"claude", "demo"} <= set(loaded.agents)


def test_a_plugin_of_others_is_loaded_in_the_same_way(install: Install, settings: Settings) -> None:
    install("chorus_paper", GOOD)
    loaded = plugins.load(settings)
    assert loaded.vcs["paper"].name == "paper"
    assert info(loaded, "chorus_paper") == plugins.PluginInfo(
        "chorus_paper", "1.2", ("VCS backend paper",), True, None
    )


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_plugin_is_listed_and_harms_nobody(kind: str, install: Install, settings: Settings) -> None:
    code, reason = BROKEN[kind]
    install(kind, code)
    install("chorus_paper", GOOD)
    loaded = plugins.load(settings)
    broken = info(loaded, kind)
    assert not broken.enabled
    assert broken.provides == ()
    assert broken.error is not None
    assert reason in broken.error
    assert "paper" in loaded.vcs
    assert info(loaded, "git").enabled


def test_a_plugin_that_hangs_is_left_behind(
    install: Install, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugins, "LOAD_SECONDS", 0.5)
    install("hangs", "import threading\nthreading.Event().wait()")
    loaded = plugins.load(
        settings, [point for point in entry_points(group="chorus") if point.name == "hangs"]
    )
    assert info(loaded, "hangs").error == "TimeoutError: did not answer within 0 s"


def test_a_plugin_can_be_switched_off(settings: Settings, tmp_path: Path) -> None:
    disabled = PluginSettings(disabled=("gitbutler",))
    off = Settings(state_dir=tmp_path, runtime_dir=tmp_path, plugins=disabled)
    loaded = plugins.load(off)
    assert "gitbutler" not in loaded.vcs
    assert info(loaded, "gitbutler").error == "switched off in the configuration"


def test_an_unknown_name_lists_what_there_is(settings: Settings) -> None:
    with pytest.raises(UnknownBackend, match=r"No session backend is called 'zellij' \(available: tmux\)"):
        plugins.load(settings).sessions["zellij"]
    assert plugins.load(settings).sessions.get("zellij") is None
