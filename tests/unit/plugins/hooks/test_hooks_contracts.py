"""Claude Code's agent and status source, and the agent made of any command, keep the contracts."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest
from chorus_hooks import ClaudeAgent, ClaudeHooks, ClaudeStream, Options, chorus_agents, chorus_status_sources

from chorus import PluginConfig
from chorus.agents import CommandAgent
from chorus.backends import Agent, SpeaksLines, StatusSource, SupportsObserve, SupportsTranscripts
from chorus.errors import BadInput
from chorus.settings import AgentSettings, read_options
from chorus.testing.agents import AgentContract, StatusSourceContract, TypedTextContract
from chorus.testing.channels import SpeaksLinesContract, TranscriptsContract


class TestClaude(TypedTextContract, AgentContract):
    @pytest.fixture
    def agent(self, transcripts: Path) -> Agent:
        (transcripts / f"{uuid.UUID(int=7)}.jsonl").write_text('{"type":"user"}')
        return ClaudeAgent(Options(env={"CLAUDE_CONFIG_DIR": str(transcripts.parent.parent)}))


class TestReadingCommand(AgentContract):
    @pytest.fixture
    def agent(self) -> Agent:
        return CommandAgent("any", AgentSettings(command=("cat",), resume=("cat", "-"), stdin=True))


class TestCommand(AgentContract):
    @pytest.fixture
    def agent(self) -> Agent:
        return CommandAgent("any", AgentSettings(command=("cat",), resume=("cat", "{session_id}")))


class TestHooks(StatusSourceContract):
    permission = {
        "hook_event_name": "PermissionRequest",
        "cwd": "/repo",
        "tool_name": "Bash",
        "tool_input": {"command": "make"},
        "permission_suggestions": [],
    }
    malformed = (
        {},
        {"hook_event_name": 1},
        {"hook_event_name": ""},
        {"hook_event_name": "PreToolUse"},
        {"hook_event_name": "PermissionRequest", "tool_name": 3},
        {"hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_input": "ls"},
        {"hook_event_name": "UserPromptSubmit", "prompt": ["hi"]},
        {"hook_event_name": "Stop", "background_tasks": {"a": 1}},
        {"hook_event_name": "Stop", "background_tasks": [1]},
        {"hook_event_name": "Notification", "message": {}},
    )

    @pytest.fixture
    def source(self) -> StatusSource:
        return ClaudeHooks()


def test_what_the_plugin_offers(tmp_path: Path) -> None:
    config = PluginConfig(Options(), state_dir=tmp_path, runtime_dir=tmp_path)
    [agent] = chorus_agents(config)
    [source, stream] = chorus_status_sources(config)
    assert (agent.name, agent.status_source, source.name) == ("claude", "claude-hooks", "claude-hooks")
    assert stream.name == "claude-stream"
    assert isinstance(stream, SpeaksLines)
    assert isinstance(source, SupportsTranscripts)
    assert agent.resumes
    assert agent.accepts_input
    assert agent.confirms_prompts
    assert isinstance(source, SupportsObserve)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"comand": ["claude"]}, "unknown key `comand`"),
        ({"command": "claude"}, "must be a list"),
        ({"command": []}, "must be a list"),
        ({"command": [""]}, "must be a list"),
        ({"command": ["a\0b"]}, "must be a list"),
        ({"env": ["A=1"]}, "must be a table"),
        ({"env": {"A": 1}}, "must be a table"),
        ({"env": {"A=B": "1"}}, 'with the key "A=B"'),
        ({"env": {"A": "a\0b"}}, "must be a table"),
        ({"model": "--help"}, 'model must be a string such as "opus"'),
        ({"model": "opus\n"}, "model must be"),
        ({"model": 4}, "model must be a string such as"),
    ],
)
def test_wrong_options_are_named(options: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        read_options(Options, options, "hooks")


def test_a_missing_program_is_explained() -> None:
    reason = ClaudeAgent(Options(command=("no-such-claude",))).check()
    assert reason is not None
    assert "npm install" in reason
    assert ClaudeAgent(Options(command=("sh",))).check() is None


class TestStream(SpeaksLinesContract):
    asking: ClassVar[Mapping[str, Any]] = {
        "type": "control_request",
        "request_id": "37f9",
        "request": {"subtype": "can_use_tool", "tool_name": "Bash", "input": {"command": "ls"}},
    }

    @pytest.fixture
    def source(self) -> StatusSource:
        return ClaudeStream()


class TestTranscripts(TranscriptsContract):
    @pytest.fixture
    def source(self) -> StatusSource:
        return ClaudeHooks()
