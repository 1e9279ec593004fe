"""What is said about the keys: the documentation, the JSON schema and `chorus config`."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from chorus import plugins
from chorus.cli import cli
from chorus.cli.config import markdown
from chorus.errors import BadInput
from chorus.settings import Key, Settings, all_keys
from tests.support.installed import Install, installer
from tests.support.paths import ROOT
from tests.support.settings_files import configured

DOCUMENT = (ROOT / "docs" / "configuration.md").read_text()
PLUGINS = (ROOT / "docs" / "plugins.md").read_text()
EXAMPLES = re.findall(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL)


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    return installer(tmp_path, monkeypatch)


@cache
def loaded() -> plugins.Plugins:
    return plugins.load(Settings(state_dir=Path("/nowhere"), runtime_dir=Path("/nowhere")))


def keys() -> list[Key]:
    return all_keys(loaded().models)


def test_the_documentation_lists_every_key_and_no_other() -> None:
    """`chorus config keys --markdown` prints the table."""
    table = "\n".join(line for line in DOCUMENT.splitlines() if line.startswith("| "))
    listed = table[table.index("| key |") :]
    assert listed == "\n".join(line for line in markdown(keys()).splitlines() if line.startswith("| "))


def test_every_key_is_described_by_a_sentence() -> None:
    assert [key.name for key in keys() if not re.fullmatch(r"[A-Z`].*\.", key.description)] == []


def test_every_default_plugin_declares_its_options() -> None:
    assert set(loaded().models) == {info.name for info in loaded().infos}


@pytest.mark.parametrize("text", EXAMPLES)
def test_examples_of_the_documentation_are_right(home: Path, text: str) -> None:
    assert plugins.load(configured(home, text)).switched_off() == []
    assert list(validator().iter_errors(tomllib.loads(text))) == []


def test_the_plugin_of_the_documentation_is_given_its_options(home: Path, install: Install) -> None:
    code = next(code for code in re.findall(r"```python\n(.*?)```", PLUGINS, re.DOTALL) if "Options" in code)
    install("paper", code)
    good = plugins.load(configured(home, "[plugins.paper]\ncopies = 2", CHORUS_PLUGINS_PAPER_SIZE="letter"))
    assert good.agents["paper"].launch(cast(Any, None)).argv == ["lp", "-n", "2"]
    bad = plugins.load(configured(home, "[plugins.paper]\ncopies = 6", CHORUS_PLUGINS_PAPER_SIZE="letter"))
    assert bad.switched_off() == [
        f"The plugin paper is switched off: {home}/project/chorus.toml:2: "
        "[plugins.paper] copies must be 5 at most for letters"
    ]


# --- the JSON schema ----------------------------------------------------------------------------------


@cache
def validator() -> Draft202012Validator:
    schema = json.loads(CliRunner().invoke(cli, ["config", "schema"]).stdout)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize(
    "text",
    [
        "[sevrer]",
        "port = 1",
        "[server]\nprot = 1",
        '[server]\nport = "1"',
        "[server]\nport = 70000",
        "[documents]\ninclude = [1]",
        "[agents.x]\nenv = {}",
        "[agents.x]\ncommand = []",
        '[agents.x]\ncommand = ["x"]\nenv = { A = 1 }',
        '[permissions.profiles.a]\non_timeout = "ask"',
        '[plugins]\ndisabled = "git"',
        "[plugins.hoks]",
        "[plugins.tmux]\nhistoy = 1",
        "[plugins.tmux]\ncols = 19",
        "[plugins.hooks.prices.x]\ninput = 3",
    ],
)
def test_the_schema_refuses_what_chorus_refuses(home: Path, text: str) -> None:
    assert list(validator().iter_errors(tomllib.loads(text)))
    assert refused(home, text)


def refused(home: Path, text: str) -> bool:
    """Return whether Chorus does not start with this file, or starts without a plugin."""
    try:
        return bool(plugins.load(configured(home, text)).switched_off())
    except BadInput:
        return True


def test_the_schema_has_every_key_with_its_description() -> None:
    def described(part: Any) -> set[str]:
        items = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
        own = {part["description"]} if isinstance(part, dict) and "description" in part else set()
        return own.union(*map(described, items))

    texts = described(validator().schema)
    assert [key.name for key in keys() if key.description not in texts] == []


def test_a_plugin_without_declared_options_may_have_any() -> None:
    from chorus.settings import json_schema

    schema = json_schema({}, ["paper"])
    check = Draft202012Validator(schema)
    assert check.is_valid({"plugins": {"paper": {"a": [1]}}})
    assert not check.is_valid({"plugins": {"other": {}}})


# --- the command --------------------------------------------------------------------------------------


def test_keys_are_listed_for_people_and_programs() -> None:
    table = CliRunner().invoke(cli, ["config", "keys"]).stdout
    assert re.search(r"^server\.port +8420 +CHORUS_SERVER_PORT +The port", table, re.MULTILINE)
    listed = json.loads(CliRunner().invoke(cli, ["config", "keys", "--json"]).stdout)
    [cols] = [one for one in listed if one["name"] == "plugins.tmux.cols"]
    assert cols == {
        "name": "plugins.tmux.cols",
        "expected": "a whole number from 20 to 500",
        "default": 120,
        "required": False,
        "variable": "CHORUS_PLUGINS_TMUX_COLS",
        "description": "Columns of a new terminal.",
    }


def test_help_and_clients_do_not_load_what_reads_settings() -> None:
    code = "import chorus.cli, sys; sys.exit('msgspec' in sys.modules or 'chorus.settings' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
