"""Sources of settings: which one wins, key by key, and the variables of the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chorus.errors import BadInput
from chorus.settings import BUILT_IN_PROFILES, Configuration, Key, Settings, all_keys, as_toml
from tests.support.settings_files import configured


def test_the_project_wins_over_the_user_key_by_key(home: Path) -> None:
    settings = configured(
        home,
        '[server]\nport = 2\n[agents.one]\nresume = ["x", "--resume"]\n[agents.two]\ncommand = ["y"]',
        '[server]\nport = 1\nhost = "::1"\n[agents.one]\ncommand = ["x"]\nenv = { A = "1" }',
    )
    assert (settings.server.port, settings.server.host) == (2, "::1")
    one = settings.agents["one"]
    assert (one.command, one.resume, one.env) == (("x",), ("x", "--resume"), {"A": "1"})
    assert settings.agents["two"].command == ("y",)
    assert settings.origins["server.port"].endswith("chorus.toml")
    assert settings.origins["server.host"].endswith("config.toml")
    assert settings.origins["agents.one"].endswith("chorus.toml")
    assert "limits.agents" not in settings.origins


def test_a_table_of_variables_is_one_value(home: Path) -> None:
    settings = configured(
        home, '[agents.one]\nenv = { B = "2" }', '[agents.one]\ncommand = ["x"]\nenv = { A = "1" }'
    )
    assert settings.agents["one"].env == {"B": "2"}


def test_a_profile_of_a_known_name_keeps_what_it_does_not_say(home: Path) -> None:
    settings = configured(
        home,
        "[permissions.profiles.read_only]\ntimeout_seconds = 60\n[permissions.profiles.own]\ndeny = ['Bash']",
        '[permissions.profiles.read_only]\nmode = "plan"',
    )
    built_in = BUILT_IN_PROFILES["read_only"]
    profile = settings.profiles["read_only"]
    assert (profile.allow, profile.deny) == (built_in.allow, built_in.deny)
    assert (profile.mode, profile.timeout_seconds) == ("plan", 60)
    assert (settings.profiles["own"].mode, settings.profiles["own"].deny) == ("default", ("Bash",))
    assert set(settings.profiles) == {"read_only", "own"}


# --- variables ----------------------------------------------------------------------------------------

#: A value for each key of the core that is not its default.
OTHER: dict[str, Any] = {
    "server.host": "::1",
    "database.url": "sqlite:///elsewhere.db",
    "permissions.profiles.NAME.mode": "plan",
    "permissions.profiles.NAME.on_timeout": "deny",
    "permissions.profiles.NAME.allow": ["Read"],
    "permissions.profiles.NAME.deny": ["Bash(git push:*)"],
}

#: What an entry of a table of tables needs beside the key.
BESIDE: dict[str, dict[str, Any]] = {
    "agents": {"command": ["x"]},
    "permissions.profiles": {"timeout_seconds": 60},
}


def another(key: Key) -> Any:
    match key.default:
        case _ if key.name in OTHER:
            return OTHER[key.name]
        case bool():
            return not key.default
        case int():
            return key.default + 1
        case str():
            return "other"
        case dict():
            return {"NAME": "a=b, c"}
        case _:
            return ["one", "two words"]


CORE = all_keys({})


def value_of(settings: Settings, key: Key) -> Any:
    value: Any = settings
    for part in key.name.split("."):
        value = value[part] if isinstance(value, dict) else getattr(value, part)
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize("key", CORE, ids=lambda key: key.name)
def test_every_key_can_be_set_by_its_variable(home: Path, key: Key) -> None:
    value = another(key)
    table, name, inner = key.name.partition(".NAME.")
    if inner:
        text = as_toml({name.strip("."): {**BESIDE[table], inner: value}})
    else:
        text = value if isinstance(value, str) else as_toml(value)
    settings = configured(home, **{key.variable: text})
    assert value_of(settings, key) == value != key.default
    assert settings.origins[key.name] == "the environment"


def test_the_keys_are_all_of_the_configuration() -> None:
    assert {key.name.split(".")[0] for key in CORE} == set(Configuration.__dataclass_fields__)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("docs/*.md", ("docs/*.md",)),
        ("a.md,b c.md", ("a.md", "b c.md")),
        ('["a,b.md"]', ("a,b.md",)),
        ("", ()),
    ],
)
def test_a_list_is_words_with_commas_or_toml(home: Path, text: str, value: tuple[str, ...]) -> None:
    assert configured(home, CHORUS_DOCUMENTS_INCLUDE=text).documents.include == value


@pytest.mark.parametrize("text", ["TRUE", "True", "true"])
def test_letter_case_of_a_truth_value_does_not_matter(home: Path, text: str) -> None:
    settings = configured(home, "[documents]\nchanges = false", CHORUS_DOCUMENTS_CHANGES=text)
    assert settings.documents.changes


def test_agents_of_the_environment_stand_beside_those_of_files(home: Path) -> None:
    settings = configured(
        home, '[agents.one]\ncommand = ["x"]', CHORUS_AGENTS='{ "my two" = { command = ["y"] } }'
    )
    assert {name: agent.command for name, agent in settings.agents.items()} == {
        "one": ("x",),
        "my two": ("y",),
    }


@pytest.mark.parametrize(
    ("variable", "text", "problem"),
    [
        ("CHORUS_SERVER_PROT", "1", "no setting has this variable; did you mean `CHORUS_SERVER_PORT`?"),
        ("CHORUS_AGENTS_AIDER_COMMAND", "x", "no setting has this variable"),
        ("CHORUS_SERVER_PORT", "http", r'\[server\] port must be a whole number .* not the string "http"'),
        ("CHORUS_DOCUMENTS_CHANGES", "yes", "changes must be true or false"),
        ("CHORUS_DOCUMENTS_INCLUDE", '["a"', "include must be a list of strings"),
        ("CHORUS_AGENTS", "aider", r"\[agents\] must be a table"),
        ("CHORUS_AGENTS", "{ a = { comand = [] } }", "unknown key `comand`"),
    ],
)
def test_a_wrong_variable_is_named(home: Path, variable: str, text: str, problem: str) -> None:
    with pytest.raises(BadInput, match=problem) as caught:
        configured(home, **{variable: text})
    assert caught.value.message.startswith(f"{variable}: ")


def test_variables_of_others_are_theirs(home: Path) -> None:
    configured(
        home,
        CHORUS_TASK_ID="t",
        CHORUS_HOOK_TOKEN="t",
        CHORUS_PORT="9000",
        CHORUS_WEB="skip",
        SERVER_PORT="x",
    )
