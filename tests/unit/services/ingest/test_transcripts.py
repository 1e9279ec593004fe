"""Transcripts: what they tell is applied only where the agent's own report was not heard."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from chorus_hooks.tools import use

from chorus.backends import Entry
from chorus.host.reports import Committed, TranscriptRead
from chorus.model import (
    AgentStatus,
    Commit,
    FileEdit,
    MessageState,
    PermissionAsked,
    PromptAccepted,
    Signal,
    StatusSeen,
    ToolFinished,
    TurnEnded,
    UsageSeen,
)
from tests.support.services import Core, services

LATER, EARLIER = 60.0, -60.0


async def read(core: Core, task_id: str, *signals: Signal, at: float = LATER) -> None:
    """Have the transcript of the task's agent say this, so many seconds after its last report."""
    run = await core.run(task_id)
    entries = [Entry(time.time() + at, list(signals))] if signals else []
    await core.report(TranscriptRead(run.id, {}, [], entries))


async def shown(core: Core, task_id: str) -> tuple[AgentStatus, str | None]:
    task = await core.task(task_id)
    return task.agent_status, task.activity


async def test_a_turn_that_ended_while_nobody_heard(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await core.seen(task.id, AgentStatus.RUNNING, "make")
        await read(core, task.id, TurnEnded("All done."))
        assert await shown(core, task.id) == (AgentStatus.IDLE, "All done.")
        [turn] = await core.events("agent.turn")
        assert (turn.source, turn.data["text"]) == ("transcript", "All done.")
        [sweep] = await core.commands("commit", task.id)
        assert sweep.payload["key"] == f"turn:{(await core.run(task.id)).id}:0"


async def test_a_turn_whose_end_was_reported(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await core.told(task.id, TurnEnded("All done."))
        await core.told(task.id, PromptAccepted("go on"), StatusSeen(AgentStatus.THINKING, "go on"))
        await read(core, task.id, StatusSeen(AgentStatus.RUNNING), TurnEnded("All done."), at=EARLIER)
        assert await shown(core, task.id) == (AgentStatus.THINKING, "go on")
        assert len(await core.events("agent.turn")) == len(await core.commands("commit", task.id)) == 1


async def test_a_turn_that_ended_with_a_request_open(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        run, asked = await core.run(task.id), PermissionAsked(use("Bash", {"command": "make"}))
        ask = core.services.permissions.requests.ask
        await core.database.write(lambda unit: ask(unit, run, asked, "fake", None))
        await core.told(task.id, asked)
        await read(core, task.id, TurnEnded("Never mind."))
        assert await shown(core, task.id) == (AgentStatus.IDLE, "Never mind.")


async def test_a_prompt_that_was_taken_up_while_nobody_heard(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running(description="do it")
        await read(core, task.id, PromptAccepted("do it"))
        assert [message.state for message in await core.messages(task.id)] == [MessageState.ACCEPTED]
        assert await shown(core, task.id) == (AgentStatus.THINKING, "do it")
        assert [event.source for event in await core.events("agent.prompt")] == ["transcript"]


async def test_a_prompt_that_was_reported(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running(description="do it")
        await core.told(task.id, PromptAccepted("do it"), TurnEnded("All done."))
        await read(core, task.id, PromptAccepted("do it"), at=EARLIER)
        assert await shown(core, task.id) == (AgentStatus.IDLE, "All done.")
        assert [event.source for event in await core.events("agent.prompt")] == ["fake"]


async def test_edits_are_committed_once_whoever_tells_of_them(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running(description="do it")
        run = await core.run(task.id)
        heard, unheard = [
            ToolFinished(use("Edit", {}), use_id=id, edits=(FileEdit(f"/worktrees/{id}.py"),))
            for id in ("u1", "u2")
        ]
        await core.told(task.id, heard)
        await read(core, task.id, heard, unheard)
        keys = [command.payload["key"] for command in await core.commands("commit", task.id)]
        assert keys == [f"edit:{run.id}:u1", f"edit:{run.id}:u2"]
        commit = Commit("abc", "Edit app.py", "Agent", run.started_at, ("app.py",))
        await core.report(Committed(task.id, keys[0], commit))
        await core.done("commit", task.id)
        await read(core, task.id, heard)
        assert await core.commands("commit", task.id) == []


async def test_the_status_of_an_agent_that_has_ended_is_the_end(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await core.ended(task.id)
        await read(core, task.id, StatusSeen(AgentStatus.RUNNING, "make"), TurnEnded("All done."))
        assert await shown(core, task.id) == (AgentStatus.STOPPED, "Finished")
        assert await core.events("agent.turn") == []


async def test_usage_counts_always_and_the_place_is_kept(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        run = await core.run(task.id)
        usages: Sequence[UsageSeen] = [UsageSeen("m1", 100, 20, 0.5)]
        await core.report(TranscriptRead(run.id, {"/a.jsonl": 10, "/b.jsonl": 5}, usages, []))
        await core.report(TranscriptRead(run.id, {"/a.jsonl": 30}, [], []))
        offsets = await core.services.control.transcript_offsets(task.id)
        assert offsets == {"/a.jsonl": 30, "/b.jsonl": 5}
        found = await core.run(task.id)
        assert (found.input_tokens, found.output_tokens, found.cost_usd) == (100, 20, 0.5)


async def test_a_run_that_is_gone(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        before = await core.events()
        await core.report(TranscriptRead("gone", {"/a.jsonl": 1}, [], [Entry(time.time(), [TurnEnded()])]))
        assert await core.events() == before
