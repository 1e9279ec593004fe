"""What the titles say that the real CLIs give their terminals, together with the screens they showed."""

from __future__ import annotations

import pytest
from chorus_hooks import ClaudeAgent, Options

from chorus.model import AgentStatus
from tests.support.recorded import screen

VERSIONS = ("2.1.197", "2.1.329")
#: Each version turns two signs while it works.
WORKING = {"2.1.197": "⠂⠐", "2.1.329": "◐◑"}


def titled(title: str, screen: str) -> AgentStatus | None:
    return ClaudeAgent(Options(command=("claude",))).titled(title, screen)


@pytest.mark.parametrize("version", VERSIONS)
def test_while_it_works(version: str) -> None:
    found = {titled(f"{sign} Claude Code", screen("working", version)) for sign in WORKING[version]}
    assert found == {AgentStatus.THINKING}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "name", ["permission-bash", "permission-plan", "permission-write", "question", "trust"]
)
def test_the_screen_tells_rest_and_work_from_a_question(name: str, version: str) -> None:
    asking = screen(name, version)
    assert [titled(f"{sign} Fix the bug", asking) for sign in f"✳{WORKING[version]}"] == [None] * 3


@pytest.mark.parametrize("version", VERSIONS)
def test_while_it_rests(version: str) -> None:
    assert titled("✳ Fix the bug", screen("idle", version)) == AgentStatus.IDLE


@pytest.mark.parametrize(
    "title",
    [
        "",
        " ",
        "✳",
        "✳Claude Code",
        "◐",
        "◐◑ both",
        "x ✳ name",
        " ✳ name",
        "vm",
        "⠋ another program",
        "✻ Thinking",
        "* name",
        "Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA",  # a question of 2.1.329 to its terminal, in tmux 3.3a
    ],
)
def test_any_other_title_says_nothing(title: str) -> None:
    assert titled(title, screen("idle", "2.1.329")) is None


def test_a_name_may_be_anything() -> None:
    assert titled("✳ ◐ works #{pid}", screen("idle", "2.1.197")) == AgentStatus.IDLE
    assert titled("◑ ", screen("idle", "2.1.329")) == AgentStatus.THINKING
