"""Errors in settings: file, line, key, what is expected and what was found."""

from __future__ import annotations

from pathlib import Path

import pytest

from chorus.errors import BadInput
from tests.support.settings_files import configured


def problems(home: Path, project: str = "", user: str = "", **variables: str) -> list[str]:
    """Return the lines of the error; files are named without their folder."""
    with pytest.raises(BadInput) as caught:
        configured(home, project, user, **variables)
    text = caught.value.message.replace(f"{home}/project/", "").replace(f"{home}/.config/chorus/", "")
    return text.splitlines()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "# first\n\n[server]\nport = 70000",
            "chorus.toml:4: [server] port must be a whole number from 0 to 65535, not 70000",
        ),
        (
            '[limits]\nagents = "many"',
            'chorus.toml:2: [limits] agents must be a whole number of 0 or more, not the string "many"',
        ),
        (
            "[limits]\nagents = true",
            "chorus.toml:2: [limits] agents must be a whole number of 0 or more, not true",
        ),
        ("server.port = 1.5", "chorus.toml:1: [server] port must be a whole number from 0 to 65535, not 1.5"),
        (
            '[server]\nhost = ""',
            'chorus.toml:2: [server] host must be a string that is not empty, not the string ""',
        ),
        (
            "documents = { changes = 0 }",
            "chorus.toml:1: [documents] changes must be true or false, not 0",
        ),
        (
            "[documents]\ninclude = [\n  1,\n]",
            'chorus.toml:2: [documents] include must be a list of strings such as ["docs/**/*.md"], '
            "not a list containing 1",
        ),
        (
            '[plugins]\ndisabled = "git"',
            'chorus.toml:2: [plugins] disabled must be a list of strings such as ["gitbutler"], '
            'not the string "git"',
        ),
        (
            "[agents.x]\nenv = {}\n[agents.y]\ncommand = ['y']",
            "chorus.toml:1: [agents.x] needs `command`, a list of one or more strings such as "
            '["aider", "--message={prompt}"]',
        ),
        (
            "[agents.x]\ncommand = []",
            "chorus.toml:2: [agents.x] command must be a list of one or more strings such as "
            '["aider", "--message={prompt}"], not an empty list',
        ),
        ('agents."my agent" = 3', 'chorus.toml:1: [agents."my agent"] must be a table, not 3'),
        ("agents = 3", "chorus.toml:1: [agents] must be a table, not 3"),
        ("server = []", "chorus.toml:1: [server] must be a table, not an empty list"),
        (
            "[server]\nprot = 1",
            "chorus.toml:2: unknown key `prot` in [server] (known: host, port); did you mean `port`?",
        ),
        (
            '[permissions.profiles.a]\nmood = "plan"',
            "chorus.toml:2: unknown key `mood` in [permissions.profiles.a] "
            "(known: allow, deny, mode, on_timeout, timeout_seconds); did you mean `mode`?",
        ),
        (
            "[plugins]\nhistory = 1",
            "chorus.toml:2: unknown key `history` in [plugins] (known: disabled); "
            "the options of a plugin are in a table [plugins.NAME]",
        ),
        (
            '[permissions.profiles.a]\nmode = "plan"\non_timeout = "deny"',
            'chorus.toml:3: [permissions.profiles.a] on_timeout = "deny" needs timeout_seconds of 1 or more',
        ),
        (
            '[permissions.profiles.a]\nallow = ["Bash(git:*)", "Bash("]',
            "chorus.toml:2: [permissions.profiles.a] allow must be a list of tool patterns: 'Bash(' is not a "
            "tool pattern; write a tool's name, or like run(git status:*).",
        ),
    ],
)
def test_a_problem_names_place_key_and_expectation(home: Path, text: str, problem: str) -> None:
    assert problems(home, text) == [problem]


def test_an_unknown_table_lists_the_known_ones_and_the_nearest(home: Path) -> None:
    [problem] = problems(home, "[server]\nport = 1\n\n[sevrer]\nport = 1")
    assert problem.startswith("chorus.toml:4: unknown table [sevrer] (known: agents, database, defaults")
    assert problem.endswith("did you mean `server`?")


def test_a_key_outside_of_a_table_is_unknown(home: Path) -> None:
    assert "chorus.toml:1: unknown key `port` outside of a table" in problems(home, "port = 1")[0]


def test_a_name_that_is_near_to_nothing_has_no_suggestion(home: Path) -> None:
    assert problems(home, "[server]\nxyzzy = 1") == [
        "chorus.toml:2: unknown key `xyzzy` in [server] (known: host, port)"
    ]


def test_all_problems_of_all_sources_are_told_at_once(home: Path) -> None:
    found = problems(
        home,
        "[server]\nprot = 1\n[limits]\nagents = -1",
        "[events]\nkeep = 0",
        CHORUS_SERVER_PORT="http",
    )
    assert [problem.partition(": ")[0] for problem in found] == [
        "chorus.toml:2",
        "CHORUS_SERVER_PORT",
        "config.toml:2",
        "chorus.toml:4",
    ]


def test_a_wrong_value_is_an_error_also_where_a_later_source_has_a_right_one(home: Path) -> None:
    assert "config.toml:2: [server] port" in problems(home, "[server]\nport = 1", '[server]\nport = ""')[0]


def test_text_that_may_be_a_secret_is_not_repeated(home: Path) -> None:
    [problem] = problems(home, '[agents.x]\ncommand = ["x"]\nenv = "KEY=hush-hush"')
    assert problem.startswith("chorus.toml:3: [agents.x] env must be a table of strings")
    assert problem.endswith("not this string")


def test_a_long_value_is_cut(home: Path) -> None:
    [problem] = problems(home, f'[server]\nport = "{"x" * 1000}"')
    assert len(problem) < 200


@pytest.mark.parametrize("text", ["[server", "a = " + "[" * 5000, "port = 1\nport = 2"])
def test_a_file_that_is_no_toml_is_named(home: Path, text: str) -> None:
    [problem] = problems(home, text)
    assert problem.startswith("chorus.toml cannot be read: ")


def test_a_file_that_is_no_text_is_named(home: Path) -> None:
    (home / "project").mkdir()
    configured(home)
    (home / "project" / "chorus.toml").write_bytes(b"\xff")
    from chorus.settings import load_settings

    with pytest.raises(BadInput, match=r"chorus\.toml cannot be read"):
        load_settings(home / "project", environ={"HOME": str(home)})
