"""What Claude Code writes down about itself, and what else may lie in that place."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from chorus_hooks import ClaudeHooks

from chorus.backends import StateFileReading
from chorus.model import AgentStatus


def observe(home: Path, **env: str) -> StateFileReading | None:
    return ClaudeHooks().observe(42, {"HOME": str(home), **env})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / ".claude" / "sessions").mkdir(parents=True)
    return tmp_path / ".claude" / "sessions" / "42.json"


def write(file: Path, **state: Any) -> None:
    file.write_text(json.dumps({"pid": 42, "statusUpdatedAt": 1_795_240_682_841, **state}))


@pytest.mark.parametrize(
    ("state", "status", "activity"),
    [
        ({"status": "idle"}, AgentStatus.IDLE, None),
        ({"status": "busy"}, AgentStatus.THINKING, None),
        (
            {"status": "waiting", "waitingFor": "permission prompt"},
            AgentStatus.WAITING,
            "Waiting in the terminal: permission prompt",
        ),
        ({"status": "waiting", "waitingFor": 3}, AgentStatus.WAITING, "Waiting in the terminal"),
        ({"status": "shell"}, AgentStatus.RUNNING, "Background shell"),
        ({"status": "dreaming"}, None, None),
        ({}, None, None),
    ],
)
def test_statuses(
    file: Path, tmp_path: Path, state: dict[str, Any], status: AgentStatus | None, activity: str | None
) -> None:
    write(file, **state)
    assert observe(tmp_path) == StateFileReading(status, activity, 1_795_240_682.841)


def test_the_configuration_may_be_elsewhere(file: Path, tmp_path: Path) -> None:
    write(file, status="idle")
    config = str(tmp_path / ".claude")
    assert ClaudeHooks().observe(42, {"HOME": "/nowhere", "CLAUDE_CONFIG_DIR": config}) is not None
    assert observe(tmp_path, CLAUDE_CONFIG_DIR="/nowhere") is None


@pytest.mark.parametrize("content", ["", "[]", "{", "null", '{"pid": 43, "status": "idle"}', "[" * 60_000])
def test_anything_odd_means_nothing(file: Path, tmp_path: Path, content: str) -> None:
    file.write_text(content)
    assert observe(tmp_path) is None


def test_a_strange_time_is_no_time(file: Path, tmp_path: Path) -> None:
    write(file, status="idle", statusUpdatedAt="now")
    assert observe(tmp_path) == StateFileReading(AgentStatus.IDLE, None, None)


def test_only_ordinary_files_are_read(file: Path, tmp_path: Path) -> None:
    assert observe(tmp_path) is None
    os.mkfifo(file)
    assert observe(tmp_path) is None
    file.unlink()
    target = tmp_path / "elsewhere.json"
    write(target, status="idle")
    file.symlink_to(target)
    assert observe(tmp_path) is None
    file.unlink()
    file.write_text(" " * 70_000 + json.dumps({"pid": 42, "status": "idle"}))
    assert observe(tmp_path) is None
