"""Options of plugins: declared by the hook `chorus_settings`, checked before the plugin sees them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from chorus import plugins
from chorus.errors import BadInput
from chorus.settings import Settings, all_keys
from tests.support.installed import Install, installer
from tests.support.settings_files import configured

#: A plugin that declares options of every kind, and shows what its other hook is given.
TYPED = """
from __future__ import annotations
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal
from chorus import hookimpl
from chorus.settings import Command, InvalidKey, Meta, Variables

given = []

@dataclass(frozen=True)
class Printer:
    pages: Annotated[int, Meta(ge=1)]

@dataclass(frozen=True)
class Options:
    size: Literal["a4", "letter"] = "a4"
    copies: Annotated[int, Meta(ge=1, le=9)] = 1
    scale: Annotated[float, Meta(gt=0, le=4)] | None = None
    command: Command = ("lp",)
    env: Variables = field(default_factory=dict)
    printers: Mapping[str, Printer] = field(default_factory=dict)
    tray: Printer | None = None
    jobs: tuple[Printer, ...] = ()

    def __post_init__(self) -> None:
        if self.size == "letter" and self.scale:
            raise InvalidKey("scale", "must not be set for letters")

@hookimpl
def chorus_settings(config):
    given.append(config.options)
    return Options

@hookimpl
def chorus_agents(config):
    given.append(config.options)
    return []
"""

UNTYPED = """
from chorus import hookimpl

given = []

@hookimpl
def chorus_agents(config):
    given.append(config.options)
    return []
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    return installer(tmp_path, monkeypatch)


def given(module: str) -> list[Any]:
    """Return the options that the hooks of a plugin were given."""
    found: list[Any] = sys.modules[module].given
    return found


def reason(settings: Settings, name: str) -> str:
    """Return why a plugin is switched off; an empty text if it is on."""
    info = next(one for one in plugins.load(settings).infos if one.name == name)
    assert info.enabled is (info.error is None)
    return info.error or ""


def test_hooks_are_given_an_instance_of_what_the_plugin_declares(home: Path, install: Install) -> None:
    install("paper", TYPED)
    settings = configured(
        home,
        '[plugins.paper]\nsize = "letter"\njobs = [{ pages = 4 }]\n[plugins.paper.printers.hall]\npages = 3',
        '[plugins.paper]\nsize = "a4"\ncopies = 2',
        CHORUS_PLUGINS_PAPER_COMMAND="lpr,-P",
        CHORUS_PLUGINS_PAPER_ENV='{ PRINTER = "hall" }',
    )
    loaded = plugins.load(settings)
    plain, options = given("paper")
    assert plain["size"] == "letter"
    assert (plain["copies"], plain["jobs"], plain["printers"]) == (2, [{"pages": 4}], {"hall": {"pages": 3}})
    assert (options.size, options.copies, options.command) == ("letter", 2, ("lpr", "-P"))
    assert options.env == {"PRINTER": "hall"}
    assert (options.printers["hall"].pages, options.tray) == (3, None)
    assert [job.pages for job in options.jobs] == [4]
    shown = loaded.configured(settings)
    assert shown.options["paper"] is options
    assert shown.origins["plugins.paper.size"].endswith("chorus.toml")
    assert shown.origins["plugins.paper.copies"].endswith("config.toml")
    assert shown.origins["plugins.paper.command"] == "the environment"


def test_a_plugin_that_declares_nothing_gets_its_plain_table(home: Path, install: Install) -> None:
    install("paper", UNTYPED)
    settings = configured(home, "[plugins.paper]\na = 1\n", "[plugins.paper]\na = 0\nb = [2]\n")
    plugins.load(settings)
    assert given("paper") == [{"a": 1, "b": [2]}]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "[plugins.paper]\ncopis = 2",
            "chorus.toml:2: unknown key `copis` in [plugins.paper] "
            "(known: command, copies, env, jobs, printers, scale, size, tray); did you mean `copies`?",
        ),
        (
            "[plugins.paper]\ncopies = 10",
            "chorus.toml:2: [plugins.paper] copies must be a whole number from 1 to 9, not 10",
        ),
        (
            "[plugins.paper]\nscale = 0",
            "chorus.toml:2: [plugins.paper] scale must be a number greater than 0 and at most 4, not 0",
        ),
        (
            '[plugins.paper]\nsize = "a5"',
            'chorus.toml:2: [plugins.paper] size must be one of "a4", "letter", not the string "a5"',
        ),
        (
            "[plugins.paper.printers.hall]\n",
            "chorus.toml:1: [plugins.paper.printers.hall] needs `pages`, a whole number of 1 or more",
        ),
        (
            "[plugins.paper.tray]\npages = 1\ncolour = 2",
            "chorus.toml:3: unknown key `colour` in [plugins.paper.tray] (known: pages)",
        ),
        (
            "[[plugins.paper.jobs]]\npages = 1\n[[plugins.paper.jobs]]\npages = 0",
            "chorus.toml:4: [plugins.paper.jobs.1] pages must be a whole number of 1 or more, not 0",
        ),
        (
            "[plugins.paper]\njobs = 3",
            "chorus.toml:2: [plugins.paper] jobs must be a list of tables, not 3",
        ),
        (
            '[plugins.paper]\nsize = "letter"\nscale = 2',
            "chorus.toml:3: [plugins.paper] scale must not be set for letters",
        ),
    ],
)
def test_a_wrong_option_switches_the_plugin_off_and_says_where(
    home: Path, install: Install, text: str, problem: str
) -> None:
    install("paper", TYPED)
    settings = configured(home, text)
    assert reason(settings, "paper") == f"{home}/project/{problem}"
    assert len(given("paper")) == 1, "the other hooks are not asked"
    assert reason(settings, "git") == ""
    assert plugins.load(settings).switched_off() == [
        f"The plugin paper is switched off: {home}/project/{problem}"
    ]


@pytest.mark.parametrize(
    ("variable", "text", "problem"),
    [
        ("CHORUS_PLUGINS_PAPER_COPIES", "none", "copies must be a whole number from 1 to 9"),
        ("CHORUS_PLUGINS_PAPER_COPIS", "2", "did you mean `CHORUS_PLUGINS_PAPER_COPIES`?"),
    ],
)
def test_a_wrong_variable_switches_the_plugin_off(
    home: Path, install: Install, variable: str, text: str, problem: str
) -> None:
    install("paper", TYPED)
    found = reason(configured(home, **{variable: text}), "paper")
    assert found.startswith(f"{variable}: ")
    assert problem in found


def test_a_variable_belongs_to_the_plugin_with_the_longest_name(home: Path, install: Install) -> None:
    install("paper", TYPED)
    install("paper-jam", TYPED)
    settings = configured(home, CHORUS_PLUGINS_PAPER_JAM_COPIES="2")
    assert (reason(settings, "paper"), reason(settings, "paper-jam")) == ("", "")
    assert given("paper_jam")[-1].copies == 2


def test_a_plugin_may_require_an_option(home: Path, install: Install) -> None:
    install("paper", TYPED.replace('size: Literal["a4", "letter"] = "a4"', 'size: Literal["a4", "letter"]'))
    assert reason(configured(home), "paper") == '[plugins.paper] needs `size`, one of "a4", "letter"'
    assert reason(configured(home, CHORUS_PLUGINS_PAPER_SIZE="a4"), "paper") == ""


def test_a_type_that_no_setting_can_have_switches_the_plugin_off(home: Path, install: Install) -> None:
    install("paper", TYPED.replace("copies: Annotated[int, Meta(ge=1, le=9)] = 1", "copies: complex = 1"))
    assert reason(configured(home), "paper") == "TypeError: a setting cannot have the type complex"


def test_the_keys_of_a_plugin_are_named_by_their_tables(home: Path, install: Install) -> None:
    install("paper", TYPED)
    plugins.load(configured(home))
    keys = {key.name: key.variable for key in all_keys({"paper": type(given("paper")[-1])})}
    assert keys["plugins.paper.printers.NAME.pages"] == "CHORUS_PLUGINS_PAPER_PRINTERS"
    assert keys["plugins.paper.jobs[].pages"] == "CHORUS_PLUGINS_PAPER_JOBS"
    assert keys["plugins.paper.tray.pages"] == "CHORUS_PLUGINS_PAPER_TRAY_PAGES"


@pytest.mark.parametrize(
    ("declared", "problem"),
    [
        ("42", "chorus_settings returned 42, which is not a dataclass"),
        ("dict", "chorus_settings returned <class 'dict'>, which is not a dataclass"),
        ("config", "chorus_settings returned PluginConfig("),
    ],
)
def test_what_is_no_class_of_options_switches_the_plugin_off(
    home: Path, install: Install, declared: str, problem: str
) -> None:
    code = f"from chorus import hookimpl\n@hookimpl\ndef chorus_settings(config):\n    return {declared}\n"
    install("paper", code)
    assert reason(configured(home), "paper").startswith(f"TypeError: {problem}")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[plugins.hoks]\nmodel = 'x'", "chorus.toml:1"),
        ('[plugins]\ndisabled = ["git", "hoks"]', "chorus.toml:2"),
    ],
)
def test_a_name_that_no_plugin_has_is_an_error_at_the_start(home: Path, text: str, place: str) -> None:
    with pytest.raises(BadInput) as caught:
        plugins.load(configured(home, text))
    message = caught.value.message
    assert message.startswith(f"{home}/project/{place}: no plugin is called 'hoks' (installed: command, ")
    assert message.endswith("did you mean `hooks`?")


@pytest.mark.parametrize("variable", ["CHORUS_PLUGINS_HOKS_MODEL", "CHORUS_PLUGINS_DISABLE"])
def test_a_variable_that_no_plugin_has_is_an_error_at_the_start(home: Path, variable: str) -> None:
    with pytest.raises(BadInput, match=f"{variable}: no plugin has this variable"):
        plugins.load(configured(home, **{variable: "x"}))


def test_a_plugin_that_is_broken_or_switched_off_is_not_unknown(home: Path, install: Install) -> None:
    install("broken", "raise RuntimeError('no luck')")
    settings = configured(
        home,
        '[plugins]\ndisabled = ["gitbutler"]\n[plugins.gitbutler]\nanything = 1\n[plugins.broken]\na = 1',
        CHORUS_PLUGINS_GITBUTLER_TIMEOUT="long",
        CHORUS_PLUGINS_BROKEN_KEY="x",
    )
    assert reason(settings, "gitbutler") == plugins.SWITCHED_OFF
    assert reason(settings, "broken") == "RuntimeError: no luck"


def test_the_built_in_agents_have_no_options(home: Path) -> None:
    problem = reason(configured(home, "[plugins.command]\na = 1"), "command")
    assert "chorus.toml:2: unknown key `a` in [plugins.command]" in problem


def test_a_pattern_that_the_provider_of_documents_refuses_has_its_line(home: Path) -> None:
    settings = configured(home, "[documents]\nchanges = true\nexclude = ['[z-a]']")
    assert reason(settings, "documents").startswith(
        f"{home}/project/chorus.toml:3: [documents] exclude: '[z-a]' is no pattern"
    )
