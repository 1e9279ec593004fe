"""A title counts once it has said the same for long enough, and where the agent writes nothing down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

import pytest

from chorus.backends import (
    Agent,
    Dialog,
    Injection,
    Keys,
    Launch,
    LaunchRequest,
    SessionState,
    StateFileReading,
    StatusSource,
    Verdict,
)
from chorus.host.observe.probe import Probe
from chorus.host.observe.title import TitleTracker
from chorus.model import AgentStatus, Signal
from chorus.model.status import FILE_SETTLES
from chorus.testing.memory_sessions import MemorySessionBackend

IDLE, THINKING, WAITING = AgentStatus.IDLE, AgentStatus.THINKING, AgentStatus.WAITING


class Plain(Agent):
    name = "plain"
    status_source = "told"
    resumes = False
    accepts_input = True

    def launch(self, request: LaunchRequest) -> Launch:
        raise NotImplementedError

    def typing(self, text: str) -> Sequence[Keys]:
        return ()


class Titled(Plain):
    """Its titles are `rests` and `works`."""

    def titled(self, title: str, screen: str) -> AgentStatus | None:
        assert screen == "the screen"
        return {"rests": IDLE, "works": THINKING}.get(title)


def said(*looks: tuple[float, str], agent: Agent | None = None) -> list[tuple[AgentStatus, float] | None]:
    """What is believed after each look, and since when."""
    tracker = TitleTracker(agent or Titled(), "told")
    found = [tracker.update(title, "the screen", at) for at, title in looks]
    return [(seen.status, seen.at) if seen else None for seen in found]


AFTER = FILE_SETTLES + 0.5


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        ([(10, "rests")], [None]),
        ([(10, "rests"), (10 + AFTER, "rests")], [None, (IDLE, 10)]),
        ([(10, "rests"), (11, "rests"), (10 + AFTER, "rests")], [None, None, (IDLE, 10)]),
        # Until the next one has settled, the last one holds.
        (
            [(10, "rests"), (12, "rests"), (14, "works"), (16, "works")],
            [None, (IDLE, 10), (IDLE, 10), (THINKING, 14)],
        ),
        # One that turned for a moment has begun anew.
        (
            [(10, "works"), (12, "works"), (14, "rests"), (16, "works"), (18, "works")],
            [None, (THINKING, 10), (THINKING, 10), (THINKING, 10), (THINKING, 16)],
        ),
        # What nobody understands says nothing, and what it said before is not known to hold.
        ([(10, "rests"), (12, "rests"), (14, "Gi=31")], [None, (IDLE, 10), None]),
        ([(10, "rests"), (12, ""), (14, "rests")], [None, None, None]),
    ],
)
def test_settling(looks: list[tuple[float, str]], expected: list[tuple[AgentStatus, float] | None]) -> None:
    assert said(*looks) == expected


def test_an_agent_without_such_titles() -> None:
    assert said((10, "rests"), (12, "rests"), agent=Plain()) == [None, None]
    assert not TitleTracker(Plain(), "told").supported


def test_its_words_and_its_source() -> None:
    tracker = TitleTracker(Titled(), "told")
    for at, title in ((10, "works"), (12, "works")):
        seen = tracker.update(title, "the screen", at)
    assert seen is not None
    assert (seen.source, seen.activity) == ("told title", "Works, by the title of its terminal")
    tracker.reset()
    assert tracker.update("works", "the screen", 14) is None


class Source(StatusSource):
    """`found` is what the agent has written down."""

    name = "told"

    def __init__(self, found: StateFileReading | None) -> None:
        self.found = found

    def observe(self, pid: int, env: Mapping[str, str]) -> StateFileReading | None:
        return self.found

    def inject(self, request: LaunchRequest) -> Injection:
        raise NotImplementedError

    def interpret(self, report: Mapping[str, Any]) -> Sequence[Signal]:
        raise NotImplementedError

    def answer(self, report: Mapping[str, Any], verdict: Verdict) -> Mapping[str, Any]:
        raise NotImplementedError


class Terminals(MemorySessionBackend):
    """Notes what it is asked; its terminal's title says that the agent works."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    async def screen(self, task_id: str) -> str:
        self.asked.append("screen")
        return "the screen"

    async def observe(self, task_id: str) -> SessionState | None:
        self.asked.append("state")
        return SessionState(task_id, "run", alive=True, title="works")


def probe(found: StateFileReading | None, agent: Agent, terminals: Terminals, run: str = "run") -> Probe:
    """One whose looks are far enough apart."""
    moments = count(100.0, AFTER)
    return Probe(run, "task", 1, {}, agent, Source(found), terminals, clock=lambda: next(moments))


@pytest.mark.parametrize(
    ("found", "agent", "asked"),
    [
        (StateFileReading(IDLE, at=10.0), Titled(), []),
        (StateFileReading(THINKING, at=10.0), Titled(), []),
        (None, Plain(), []),
        (None, Titled(), ["screen", "state"]),
        (StateFileReading(None), Titled(), ["screen", "state"]),
        (StateFileReading(IDLE), Titled(), ["screen", "state"]),  # nobody knows of when that is
    ],
)
async def test_the_terminal_is_asked_only_where_nothing_else_tells(
    found: StateFileReading | None, agent: Agent, asked: list[str]
) -> None:
    terminals = Terminals()
    looking = probe(found, agent, terminals)
    await looking.probe(await looking.observe())
    assert terminals.asked == asked


async def test_a_title_counts_from_the_second_look_on() -> None:
    looking = probe(None, Titled(), Terminals())
    assert (await looking.probe(None)).title is None
    seen = (await looking.probe(None)).title
    assert seen is not None
    assert (seen.status, seen.at, seen.source) == (THINKING, 100.0, "told title")
    # What the agent writes down is better, and what its title said before that is over.
    file = await looking.probe(StateFileReading(IDLE, at=10.0))
    assert (file.file is not None, file.title) == (True, None)
    assert (await looking.probe(None)).title is None


async def test_the_title_of_another_run_says_nothing() -> None:
    looking = probe(None, Titled(), Terminals(), run="another")
    assert [(await looking.probe(None)).title for _ in range(2)] == [None, None]


class Asking(Plain):
    """Whatever its screen shows is a question."""

    def dialog(self, screen: str) -> Dialog | None:
        return Dialog("any", "Answer there.")


async def test_a_question_on_the_screen_is_left_a_moment_to_be_reported() -> None:
    """Its report says more, and is on its way while the screen already shows it."""
    terminals = Terminals()
    looking = probe(None, Asking(), terminals)  # the moments of its looks: 100, 102, ...
    asks = StateFileReading(WAITING, at=99.0)
    assert (await looking.probe(asks)).dialog is None
    assert terminals.asked == []
    seen = (await looking.probe(asks)).dialog
    assert seen is not None
    assert (seen.status, seen.activity, seen.source) == (WAITING, "Answer there.", "screen")
