"""Signals of agents: each has a handler, subagents move nothing, and late reports say nothing about now."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_type_hints

import pytest
from chorus_hooks.tools import use

from chorus import model
from chorus.model import (
    AgentStatus,
    Counts,
    LinesLost,
    MessageState,
    PermissionAsked,
    PromptAccepted,
    SessionLeft,
    SessionSeen,
    Signal,
    StatusSeen,
    TextSeen,
    ToolFinished,
    ToolStarted,
    TurnEnded,
    TurnFailed,
    Unknown,
)
from chorus.services.ingest.signals import OF_MAIN_AGENT
from tests.support.fake_agents import FakeAgent
from tests.support.services import Core, services

BASH = {"command": "make"}
BEGUN = ToolStarted(use("Bash", BASH), use_id="u1")
DONE = ToolFinished(use("Bash", BASH), use_id="u1")
RUNNING = StatusSeen(AgentStatus.RUNNING, "Running make")
THINKING = StatusSeen(AgentStatus.THINKING)


async def test_every_signal_has_a_handler_of_its_type(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        handlers = core.services.reports.writer.signals.handlers
        known = [kind for kind in vars(model.signals).values() if isinstance(kind, type)]
        assert {*handlers, Signal} == {kind for kind in known if issubclass(kind, Signal)}
        taken = {kind: get_type_hints(handler)["signal"] for kind, handler in handlers.items()}
        assert taken == {kind: kind for kind in handlers}


async def does(core: Core, task_id: str) -> str:
    task = await core.task(task_id)
    return f"{task.agent_status}: {task.activity}"


# --- subagents ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "signal",
    [
        StatusSeen(AgentStatus.RUNNING, "sub", agent="a1"),
        SessionSeen("other", agent="a1"),
        PromptAccepted("sub", agent="a1"),
        TurnEnded("sub", agent="a1"),
        TurnFailed("overloaded", agent="a1"),
    ],
    ids=lambda signal: type(signal).__name__,
)
async def test_a_subagent_moves_nothing_of_its_task(tmp_path: Path, signal: Signal) -> None:
    assert isinstance(signal, OF_MAIN_AGENT)
    async with services(tmp_path) as core:
        task = await core.running()
        before, told = await core.task(task.id), await core.events()
        await core.told(task.id, signal)
        assert (await core.task(task.id), await core.events()) == (before, told)


async def test_the_tools_of_a_subagent_are_told_with_its_name(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await core.told(task.id, ToolStarted(use("Bash", BASH), agent="a1"), TextSeen("Hm.", agent="a1"))
        [tool], [text] = await core.events("agent.tool"), await core.events("agent.text")
        assert (tool.data["agentRef"], text.data["agentRef"], text.data["text"]) == ("a1", "a1", "Hm.")


# --- reports that come late ---------------------------------------------------------------------------


async def test_what_is_told_of_a_tool_after_the_turn_says_nothing_about_now(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await core.told(task.id, RUNNING, BEGUN)
        assert await does(core, task.id) == "RUNNING: Running make"
        await core.told(task.id, TurnEnded("All done."))
        await core.told(task.id, THINKING, DONE)
        assert await does(core, task.id) == "IDLE: All done."
        await core.told(task.id, RUNNING, ToolStarted(use("Bash", BASH), use_id="u2"))
        assert await does(core, task.id) == "RUNNING: Running make", "what begins a turn counts"


async def test_a_start_that_is_overtaken_by_its_end(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await core.told(task.id, THINKING, DONE)
        await core.told(task.id, RUNNING, BEGUN)
        assert await does(core, task.id) == "THINKING: None"
        assert len(await core.events("agent.tool")) == 2, "both are told"


async def test_a_late_report_still_withdraws_and_commits(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await core.told(task.id, BEGUN, TurnEnded())
        await core.told(task.id, ToolFinished(use("Edit", {}), use_id="u1", edits=()))
        assert [event.data["phase"] for event in await core.events("agent.tool")] == ["start", "end"]


async def test_a_status_counts_when_it_says_so(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await core.told(task.id, TurnEnded("All done."))
        await core.told(task.id, StatusSeen(AgentStatus.RUNNING, "Compacting", counts=Counts.IN_TURN))
        assert await does(core, task.id) == "IDLE: All done."


# --- permissions, prompts, conversations --------------------------------------------------------------


async def test_a_report_that_asks_shows_the_request_and_not_its_status(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        run, asked = await core.run(task.id), PermissionAsked(use("Bash", BASH))
        await core.database.write(core.services.permissions.requests.ask, run, asked, "fake", None)
        await core.told(task.id, StatusSeen(AgentStatus.WAITING, "Claude asks"), asked)
        assert await does(core, task.id) == "WAITING: Needs approval: make"


async def test_an_accepted_prompt_is_the_oldest_message_with_its_text(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running(description="do it")
        await core.services.agents.send(task.id, "go on", actor="user")
        await core.told(task.id, PromptAccepted("  go   on\n"))
        await core.told(task.id, PromptAccepted("typed in the terminal"))
        states = [(message.text, message.state) for message in await core.messages(task.id)]
        assert states == [("do it", MessageState.DELIVERED), ("go on", MessageState.ACCEPTED)]
        assert len(await core.events("agent.prompt")) == 2


async def test_an_agent_that_has_yet_to_confirm_its_prompt_is_given_no_other(tmp_path: Path) -> None:
    async with services(tmp_path, agents=[FakeAgent(confirms_prompts=True)]) as core:
        task = await core.running(description="do it")
        await core.services.agents.send(task.id, "go on", actor="user")
        assert await core.commands("deliver", task.id) == []
        await core.told(task.id, PromptAccepted("do it"), THINKING)
        await core.told(task.id, TurnEnded())
        assert len(await core.commands("deliver", task.id)) == 1


async def test_the_conversation_is_kept_for_the_next_resume(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        first = await core.run(task.id)
        await core.told(task.id, SessionSeen("cleared", "/t.jsonl"))
        assert (await core.run(task.id)).agent_session_id == "cleared"
        assert (await core.task(task.id)).agent_session_id == "cleared"
        await core.ended(task.id)
        await core.services.agents.send(task.id, "go on", actor="user")
        # What the earlier run says now is about the earlier run.
        signals = core.services.reports.writer.signals
        await core.database.write(signals.apply, first, [SessionSeen("late")], "fake")
        assert (await core.task(task.id)).agent_session_id == "cleared"


async def test_what_is_only_told(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        run = (await core.run(task.id)).id
        await core.told(
            task.id,
            SessionLeft("logout"),
            LinesLost(0, 3 * 1024**2),
            Unknown("New" * 100, {"text": "x" * 100_000}),
            TextSeen("y" * 100_000),
        )
        left, lost, unknown, text = (await core.events())[-4:]
        assert left.data == {"runId": run, "reason": "logout"}
        assert lost.data["message"].startswith("3.0 MiB of what the agent said were removed")
        assert (lost.data["from"], lost.data["until"]) == (0, 3 * 1024**2)
        assert len(unknown.data["kind"]) == 100
        assert len(json.dumps(unknown.data)) < 5000
        assert text.data["truncated"]
        assert len(json.dumps(text.data)) < 16 * 1024
