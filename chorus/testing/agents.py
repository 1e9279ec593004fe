"""For authors of agents and status sources: their contracts as test classes.

    class TestMyAgent(AgentContract):
        @pytest.fixture
        def agent(self) -> Agent:
            return MyAgent()

    class TestMySource(StatusSourceContract):
        permission = {"kind": "may I", "tool": "shell", "command": "make"}   # a report, as it arrives

        @pytest.fixture
        def source(self) -> StatusSource:
            return MySource()

Nothing is started. Needs pytest.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

import pytest

from chorus.backends import (
    Agent,
    Dialog,
    Injection,
    Keys,
    LaunchRequest,
    PermissionProfile,
    StatusSource,
    SupportsGuard,
    SupportsTitle,
    Verdict,
)
from chorus.errors import BadInput
from chorus.model import (
    PermissionAsked,
    PermissionDecision,
    PermissionScope,
    Ruling,
    RunMode,
    Signal,
    ToolDecision,
    ToolUse,
)

#: Where reports go in these tests; nobody listens there.
HOOK_URL = "http://127.0.0.1:9/hook"

#: What people say to agents, and what must not be taken for something else on the way.
PROMPTS = (
    "Fix the bug",
    "-rf is an option",
    "--help",
    "two\nlines",
    "tab\there",
    "; rm -rf / #",
    "$HOME `id` $(id) %s {prompt} {task_id} #{pane_id}",
    "ünï ∑ 日本語 👩‍👩‍👧",
    "a trailing backslash \\",
    "word " * 1_200,
)

#: Titles of terminals that other programs set, or that are none.
TITLES = ("", " ", "vm", "user@host: ~/repo", "README.md (~/repo) - VIM", "a" * 250, "Gi=31,s=1,v=1,a=q;AAAA")

#: Keys that move a cursor, as terminals send them (ECMA-48, 5.4).
_CURSOR_KEY = re.compile(rb"\x1b\[[0-9;]*[A-Z~]")

#: Text that a terminal would take for something else than text.
_HOSTILE = ("\x1b[31mred", "\x1b[2Jgone", "a\x03b", "a\x7fb", "a\x9bb", "a\rb", "a\r\nb", "bell\x07")


def launch_request(run_dir: Path, prompt: str | None = "Fix the bug", **changes: Any) -> LaunchRequest:
    """A request as the host agent makes it."""
    values: dict[str, Any] = {
        "task_id": "task-1",
        "run_id": "run-1",
        "title": "Fix the bug",
        "cwd": str(run_dir),
        "run_dir": run_dir,
        "hook_url": HOOK_URL,
        "prompt": prompt,
        "agent_session_id": str(uuid.UUID(int=7)),
        "resume": False,
        "mode": RunMode.INTERACTIVE,
        "profile": PermissionProfile("default"),
    }
    return LaunchRequest(**{**values, **changes})


def typed(keys: Sequence[Keys]) -> str:
    """The text among the keys: an agent may press keys of its own (End, …) between its parts."""
    return _CURSOR_KEY.sub(b"", b"".join(key.data for key in keys)).decode()


def _controls(keys: Sequence[Keys]) -> str:
    return "".join(char for char in typed(keys) if char != "\n" and not char.isprintable())


class AgentContract:
    """What every agent promises."""

    @pytest.fixture
    def agent(self) -> Agent:
        raise NotImplementedError("override the fixture `agent`")

    def test_has_a_name_and_a_source(self, agent: Agent) -> None:
        assert isinstance(agent, Agent)
        assert agent.name
        assert agent.status_source
        assert isinstance(agent.resumes, bool)
        assert isinstance(agent.accepts_input, bool)

    def test_says_why_it_cannot_work_or_nothing(self, agent: Agent) -> None:
        reason = agent.check()
        assert reason is None or len(reason) > 10

    @pytest.mark.parametrize("prompt", PROMPTS)
    def test_starts_with_the_prompt_whole(self, agent: Agent, tmp_path: Path, prompt: str) -> None:
        """In one argument of its own, on standard input or typed; never as an option before `--`."""
        launch = agent.launch(launch_request(tmp_path, prompt))
        assert launch.argv
        assert all(isinstance(word, str) and "\0" not in word for word in launch.argv)
        assert all(isinstance(value, str) for value in launch.env.values())
        given = [at for at, word in enumerate(launch.argv) if prompt in word]
        read = launch.stdin is not None and launch.files[launch.stdin] == prompt
        assert (bool(given) or read) == launch.prompt_given
        if given and launch.argv[given[0]] == prompt and prompt.startswith("-"):
            assert "--" in launch.argv[: given[0]]

    def test_starts_without_a_prompt(self, agent: Agent, tmp_path: Path) -> None:
        assert agent.launch(launch_request(tmp_path, None)).argv

    def test_launching_has_no_effect(self, agent: Agent, tmp_path: Path) -> None:
        first = agent.launch(launch_request(tmp_path))
        assert agent.launch(launch_request(tmp_path)) == first
        assert list(tmp_path.iterdir()) == []
        assert all(PurePath(name).name == name for name in first.files)

    def test_continues_the_conversation(self, agent: Agent, tmp_path: Path) -> None:
        if not agent.resumes:
            pytest.skip("this agent cannot continue a conversation")
        fresh = agent.launch(launch_request(tmp_path))
        resumed = agent.launch(launch_request(tmp_path, resume=True))
        assert list(resumed.argv) != list(fresh.argv)

    def test_a_title_it_did_not_set_says_nothing(self, agent: Agent) -> None:
        if not isinstance(agent, SupportsTitle):
            pytest.skip("its titles say nothing")
        assert [title for title in TITLES if agent.titled(title, "") is not None] == []

    @pytest.mark.parametrize("prompt", PROMPTS)
    def test_types_a_prompt_and_submits_it_once(self, agent: Agent, prompt: str) -> None:
        data = typed(agent.typing(prompt))
        assert data.endswith("\r")
        assert data.count("\r") == 1
        words = [word for word in prompt.split() if word]
        assert words == [word for word in data.split() if word in words][-len(words) :]

    def test_pauses_are_sane(self, agent: Agent) -> None:
        keys = [*agent.typing("word " * 1_200), *agent.interrupting()]
        assert all(isinstance(key, Keys) and key.data and 0 <= key.pause <= 1 for key in keys)

    def test_a_blank_screen_shows_no_dialog(self, agent: Agent) -> None:
        assert agent.dialog("") is None
        assert agent.dialog("\n" * 40) is None

    def test_any_screen_can_be_looked_at(self, agent: Agent) -> None:
        for screen in ("─" * 120, "❯ 1. Yes\n  2. No", "\x1b[31m\0", "x" * 20_000):
            found = agent.dialog(screen)
            assert found is None or (isinstance(found, Dialog) and found.kind and found.advice)


class TypedTextContract:
    """For agents with an input box of their own: nothing in a text acts on the terminal."""

    @pytest.mark.parametrize("prompt", _HOSTILE)
    def test_types_no_control_characters(self, agent: Agent, prompt: str) -> None:
        assert _controls(agent.typing(prompt)) == _controls(agent.typing("ab"))

    @pytest.mark.parametrize("prompt", ["", " ", "\n\t", "\x1b"])
    def test_refuses_to_say_nothing(self, agent: Agent, prompt: str) -> None:
        with pytest.raises(BadInput):
            agent.typing(prompt)


class StatusSourceContract:
    """What every status source promises. `permission` is a report that asks, as the agent sends it."""

    permission: Mapping[str, Any]
    malformed: Sequence[Mapping[str, Any]] = ({},)

    @pytest.fixture
    def source(self) -> StatusSource:
        raise NotImplementedError("override the fixture `source`")

    def test_has_a_name(self, source: StatusSource) -> None:
        assert isinstance(source, StatusSource)
        assert source.name

    def test_injecting_has_no_effect(self, source: StatusSource, tmp_path: Path) -> None:
        request = launch_request(tmp_path)
        injection = source.inject(request)
        assert isinstance(injection, Injection)
        assert source.inject(request) == injection
        assert list(tmp_path.iterdir()) == []
        assert all(PurePath(name).name == name for name in injection.files)
        assert all("\0" not in word for word in injection.argv)

    def test_reports_go_to_this_run(self, source: StatusSource, tmp_path: Path) -> None:
        injection = source.inject(launch_request(tmp_path))
        told = [*injection.files.values(), *injection.argv, *injection.env.values()]
        assert any(HOOK_URL in text for text in told) or not told

    def test_asking_is_understood(self, source: StatusSource) -> None:
        signals = source.interpret(self.permission)
        assert all(isinstance(signal, Signal) for signal in signals)
        [asked] = [signal for signal in signals if isinstance(signal, PermissionAsked)]
        assert asked.tool.name
        assert ToolUse.from_json(asked.tool.name, asked.tool.input, asked.tool.to_json()) == asked.tool

    def test_interpreting_is_pure(self, source: StatusSource) -> None:
        before = json.dumps(self.permission)
        assert source.interpret(self.permission) == source.interpret(self.permission)
        assert json.dumps(self.permission) == before

    def test_malformed_reports_are_refused(self, source: StatusSource) -> None:
        for report in self.malformed:
            with pytest.raises(BadInput):
                source.interpret(report)

    @pytest.mark.parametrize("scope", list(PermissionScope))
    @pytest.mark.parametrize("decision", list(PermissionDecision))
    def test_every_verdict_has_an_answer(
        self, source: StatusSource, decision: PermissionDecision, scope: PermissionScope
    ) -> None:
        body = source.answer(self.permission, Verdict(decision, scope, "because"))
        assert json.loads(json.dumps(body)) == body

    def test_yes_is_not_no(self, source: StatusSource) -> None:
        yes, no = (source.answer(self.permission, Verdict(one)) for one in PermissionDecision)
        assert yes != no

    def test_rulings_differ(self, source: StatusSource) -> None:
        """One that guards tells an agent to use a tool, to leave it or to ask; the reason is in the words."""
        if not isinstance(source, SupportsGuard):
            pytest.skip("it does not guard")
        rulings = [Ruling(decision, "policy p", "Because of p.") for decision in ToolDecision]
        bodies = [json.dumps(source.guard(self.permission, ruling)) for ruling in rulings]
        assert len(set(bodies)) == len(rulings)
        assert all("Because of p." in body for body in bodies)

    def test_a_report_keeps_its_name(self, source: StatusSource) -> None:
        name = source.source_id(self.permission)
        assert name == source.source_id(dict(self.permission))
        assert name is None or name
