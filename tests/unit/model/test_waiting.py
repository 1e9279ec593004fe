"""Why a task does not go on, in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chorus.model import AgentStatus, RunMode, Task, TaskStatus, Wait
from chorus.model.waiting import moment, waiting_for

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

TASK = Task(
    id="t",
    project_id="p",
    host_id="h",
    title="A task",
    description="",
    priority=0,
    status=TaskStatus.RUNNING,
    agent_status=AgentStatus.THINKING,
    activity="Thinking",
    status_source=None,
    status_since=None,
    agent="claude",
    session_backend="tmux",
    vcs_backend="git",
    permission_profile="default",
    allowed_tools=(),
    run_mode=RunMode.INTERACTIVE,
    branch=None,
    worktree=None,
    base=None,
    result=None,
    error=None,
    conflict=None,
    added_lines=None,
    removed_lines=None,
    changed_files=None,
    agent_session_id=None,
    current_run_id=None,
    created_at=NOW,
    started_at=None,
    finished_at=None,
)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, None),
        ({"status": TaskStatus.PENDING}, None),
        ({"status": TaskStatus.COMPLETED, "agent_status": AgentStatus.STOPPED}, None),
        (
            {"status": TaskStatus.WAITING, "waits": Wait.START, "waiting_for": "a free place"},
            "a free place",
        ),
        (
            {"agent_status": AgentStatus.WAITING, "activity": "Needs approval: rm -rf build"},
            "Needs approval: rm -rf build",
        ),
        ({"agent_status": AgentStatus.WAITING, "activity": None}, "an answer in the terminal"),
        ({"agent_status": AgentStatus.IDLE}, "the next message, or to be completed"),
        ({"agent_status": AgentStatus.STOPPED}, "the next message, or to be completed"),
        ({"agent_status": AgentStatus.ERRORED}, "a message, or a restart of its agent"),
    ],
)
def test_waiting_for(changes: dict[str, Any], words: str | None) -> None:
    assert waiting_for(replace(TASK, **changes), NOW) == words


def test_a_budget_that_is_used_up() -> None:
    spent = replace(TASK, budget_usd=1.0, cost_usd=1.5)
    assert waiting_for(spent, NOW) is None, "the turn goes on"
    idle = waiting_for(replace(spent, agent_status=AgentStatus.IDLE), NOW)
    assert idle is not None
    assert idle.startswith("a larger budget. The budget of $1.00 is used up")


def test_a_limit_with_its_moment() -> None:
    until = NOW + timedelta(hours=1)
    parked = replace(TASK, status=TaskStatus.WAITING, waits=Wait.LIMIT, wait_until=until)
    assert waiting_for(parked, NOW) == f"usage limit until {until.astimezone().strftime('%H:%M')}"
    assert moment(NOW + timedelta(days=3), NOW).startswith("2026-11-24 ")
