"""The settings as people see them: every key with its source, and nothing that may be a secret."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chorus import plugins
from chorus.services.configuration import HIDDEN, Setting, listed
from chorus.settings import all_keys
from tests.support.installed import Install, installer
from tests.support.settings_files import configured

CONFIG = """
[database]
url = "postgresql+psycopg://chorus:hush@db/chorus"
[agents.mine]
command = ["mine"]
env = { KEY = "hush" }
[plugins.hooks]
env = { ANTHROPIC_API_KEY = "hush" }
model = "opus"
[plugins.hooks.prices.gateway]
input = 3
output = 15
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    return installer(tmp_path, monkeypatch)


def settings(home: Path, text: str) -> dict[str, Setting]:
    found = configured(home, text)
    return {one.name: one for one in listed(plugins.load(found).configured(found))}


def test_every_key_is_listed_also_those_of_plugins(home: Path) -> None:
    shown = settings(home, CONFIG)
    keys = [key.name for key in all_keys(plugins.load(configured(home)).models)]
    assert [name for name in keys if ".NAME." not in name and name not in shown] == []
    assert shown["plugins.tmux.cols"] == Setting("plugins.tmux.cols", 120, "default")
    assert shown["plugins.gitbutler.on_conflict"].value == "ask"
    assert shown["plugins.hooks.model"] == Setting(
        "plugins.hooks.model", "opus", f"{home}/project/chorus.toml"
    )
    assert shown["plugins.hooks.prices"].value == {
        "gateway": {"input": 3.0, "output": 15.0, "cache_read": None}
    }


def test_secrets_are_not_shown(home: Path) -> None:
    shown = settings(home, CONFIG)
    assert shown["database.url"].value == "postgresql+psycopg://chorus:***@db/chorus"
    assert shown["agents.mine"].value["env"] == {"KEY": HIDDEN}
    assert shown["plugins.hooks.env"].value == {"ANTHROPIC_API_KEY": HIDDEN}
    assert "hush" not in json.dumps([one.value for one in shown.values()])


def test_options_of_a_plugin_that_declares_none_are_shown_as_they_stand(home: Path, install: Install) -> None:
    install("paper", "from chorus import hookimpl\n@hookimpl\ndef chorus_agents(config):\n    return []\n")
    shown = settings(home, '[plugins.paper]\nsize = "a4"\ntoken = "hush"\nmore = { api_key = "hush" }')
    assert shown["plugins.paper.size"].value == "a4"
    assert shown["plugins.paper.token"].value == HIDDEN
    assert shown["plugins.paper.more"].value == {"api_key": HIDDEN}
