"""The command line, the environment and the files of a run."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from chorus_hooks import ClaudeAgent, ClaudeHooks, Options
from chorus_hooks.command_line import PROMPT_BYTES

from chorus.backends import Channel, Injection, PermissionProfile
from chorus.errors import BadInput
from chorus.model import RunMode
from chorus.settings import read_options
from chorus.testing.agents import HOOK_URL, launch_request

SESSION = "00000000-0000-0000-0000-000000000007"
AGENT = ClaudeAgent(Options(env={"CLAUDE_CONFIG_DIR": "/nowhere"}))


def argv(tmp_path: Path, prompt: str | None = "hi", **changes: Any) -> list[str]:
    return list(AGENT.launch(launch_request(tmp_path, prompt, **changes)).argv)


def test_the_least_that_is_said(tmp_path: Path) -> None:
    begin = ["claude", "--session-id", SESSION, "--permission-mode", "default", "--", "hi"]
    assert argv(tmp_path) == begin
    assert argv(tmp_path, None) == begin[:-2]


@pytest.mark.parametrize(
    ("transcript", "resume", "expected"),
    [
        (None, False, ["--session-id", SESSION]),
        (None, True, ["--session-id", SESSION]),
        ('{"type":"user","message":{}}', True, ["--resume", SESSION]),
        ('{"type":"user","message":{}}', False, ["--session-id", "another"]),
        ('{"type":"mode"}\n', True, ["--session-id", "another"]),
    ],
)
def test_what_was_never_written_down_begins_anew(
    tmp_path: Path, transcripts: Path, transcript: str | None, resume: bool, expected: list[str]
) -> None:
    """A kill right after a turn leaves a transcript without it: the id is taken, and nothing can go on."""
    if transcript is not None:
        (transcripts / f"{SESSION}.jsonl").write_text(transcript)
    agent = ClaudeAgent(Options(env={"CLAUDE_CONFIG_DIR": str(transcripts.parent.parent)}))
    said = list(agent.launch(launch_request(tmp_path, resume=resume)).argv[1:3])
    another = str(uuid.uuid5(uuid.UUID(SESSION), "run-1"))
    assert said == [another if word == "another" else word for word in expected]


def test_everything_that_can_be_said(tmp_path: Path) -> None:
    agent = ClaudeAgent(Options(command=("env", "claude"), model="opus"))
    profile = PermissionProfile("p", "acceptEdits", ("Read", "Bash(git status:*)"), ("WebFetch",))
    request = launch_request(
        tmp_path,
        "-p",
        profile=profile,
        allowed_tools=("Read", "mcp__s__t"),
        injection=Injection(argv=("--settings", "/s.json"), env={"A": "1"}, files={"s.json": "{}"}),
    )
    launch = agent.launch(request)
    tools = ["--allowedTools", "Read", "Bash(git status:*)", "mcp__s__t", "--disallowedTools", "WebFetch"]
    assert launch.argv == [
        *("env", "claude", "--settings", "/s.json", "--session-id", SESSION),
        *("--permission-mode", "acceptEdits", *tools, "--model", "opus"),
        *("--", "-p"),
    ]
    assert launch.files == {"s.json": "{}"}
    assert launch.env["A"] == "1"


@pytest.mark.parametrize(
    "changes",
    [
        {"agent_session_id": "--help"},
        {"agent_session_id": "7"},
        {"profile": PermissionProfile("p", "yolo")},
        {"profile": PermissionProfile("p", allow=("--dangerously-skip-permissions",))},
        {"profile": PermissionProfile("p", deny=("",))},
        {"allowed_tools": ("Bash(ls\n)",)},
        {"prompt": "\x1b\x07"},
    ],
)
def test_what_the_cli_would_refuse_is_refused_before(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        AGENT.launch(launch_request(tmp_path, **{"prompt": "hi", **changes}))


def test_headless(tmp_path: Path) -> None:
    request = launch_request(tmp_path / "run", "hi", mode=RunMode.HEADLESS)
    launch = AGENT.launch(request)
    assert launch.channel == Channel("claude-stream")
    assert not launch.prompt_given
    words = list(launch.argv)
    assert "hi" not in words
    assert words[3:5] == [str(tmp_path / "run" / "relay.py"), str(tmp_path / "run")]
    assert words[5:8] == ["--keep", str(512 * 1024 * 1024), "--"]
    assert words[-3:] == ["--permission-prompt-tool", "stdio", "--replay-user-messages"]
    assert "Runs a headless agent" in launch.files["relay.py"]


def test_headless_with_a_process_for_each_prompt(tmp_path: Path) -> None:
    agent = ClaudeAgent(Options(headless="atomic"))
    launch = agent.launch(launch_request(tmp_path, "hi", mode=RunMode.HEADLESS))
    assert launch.channel == Channel("claude-stream", once=True)
    assert "--once" in launch.argv
    with pytest.raises(BadInput, match="keep-alive"):
        read_options(Options, {"headless": "sometimes"}, "hooks")
    with pytest.raises(BadInput, match="headless_keep_mb must be a whole number of 1 or more"):
        read_options(Options, {"headless_keep_mb": 0}, "hooks")


def test_the_new_name_of_the_default_mode(tmp_path: Path) -> None:
    assert "default" in argv(tmp_path, profile=PermissionProfile("p", "manual"))


def test_a_prompt_that_is_too_long_for_an_argument_is_typed(tmp_path: Path) -> None:
    launch = AGENT.launch(launch_request(tmp_path, "ü" * PROMPT_BYTES))
    assert not launch.prompt_given
    assert "--" not in launch.argv


def test_no_proxy_gets_the_reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "intranet, 127.0.0.1")
    monkeypatch.delenv("no_proxy", raising=False)
    agent = ClaudeAgent(Options(env={"no_proxy": "mine", "FOO": "bar"}))
    env = agent.launch(launch_request(tmp_path)).env
    assert env["NO_PROXY"] == env["no_proxy"] == "intranet,127.0.0.1,mine,localhost,::1"
    assert env["FOO"] == "bar"


def test_settings_name_the_token_and_do_not_hold_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHORUS_HOOK_TOKEN", "very-secret")
    injection = ClaudeHooks().inject(launch_request(tmp_path))
    assert injection.argv == ("--settings", str(tmp_path / "settings.json"))
    assert "very-secret" not in str(injection)
    hooks = json.loads(injection.files["settings.json"])["hooks"]
    for event, [group] in hooks.items():
        [hook] = group["hooks"]
        assert hook["timeout"] == (86400 if event == "PermissionRequest" else 5)
        if event in ("SessionStart", "PermissionRequest"):
            assert hook["type"] == "command"
            assert HOOK_URL in hook["command"]
        else:
            assert (hook["type"], hook["url"]) == ("http", HOOK_URL)
            assert hook["headers"] == {"Authorization": "Bearer $CHORUS_HOOK_TOKEN"}
            assert hook["allowedEnvVars"] == ["CHORUS_HOOK_TOKEN"]
    assert not {"WorktreeCreate", "MessageDisplay", "PostToolBatch", "FileChanged"} & set(hooks)
