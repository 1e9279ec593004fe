"""Delays: what a host tries again is said where somebody waits for it."""

from __future__ import annotations

from pathlib import Path

from chorus.host.reports import CommandDelayed, CommandFailed
from chorus.model import AgentStatus, MessageState, RunEnd
from chorus.settings import LimitSettings
from tests.support.services import services


async def test_an_agent_that_cannot_be_started_yet_says_why(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.started()
        [start] = await core.commands("start", task.id)
        await core.report(CommandDelayed(start.seq, "UNAVAILABLE", "The disk is full."))
        shown = await core.task(task.id)
        assert (shown.agent_status, shown.activity) == (
            AgentStatus.STARTING,
            "Waiting to start: The disk is full.",
        )
        [retry] = await core.events("host.retry")
        assert retry.data == {"command": "start", "code": "UNAVAILABLE", "message": "The disk is full."}


async def test_the_same_reason_once_more_is_nothing_new_and_another_one_is(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.started()
        [start] = await core.commands("start", task.id)
        for why in ("The disk is full.", "The disk is full.", "tmux is not there."):
            await core.report(CommandDelayed(start.seq, "UNAVAILABLE", why))
        told = [event.data["message"] for event in await core.events("host.retry")]
        assert told == ["The disk is full.", "tmux is not there."]


async def test_an_agent_that_has_started_forgets_its_delay(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.started()
        [start] = await core.commands("start", task.id)
        await core.report(CommandDelayed(start.seq, "UNAVAILABLE", "The disk is full."))
        await core.up(task.id)
        assert (await core.task(task.id)).activity == "Starting"


async def test_a_message_that_cannot_be_given_yet_says_why(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await core.services.agents.send(task.id, "go on", actor="user")
        [deliver] = await core.commands("deliver", task.id)
        await core.report(CommandDelayed(deliver.seq, "UNAVAILABLE", "tmux is busy."))
        message = (await core.messages(task.id))[-1]
        assert (message.state, message.error) == (MessageState.QUEUED, "tmux is busy.")
        [event] = await core.events("message.delayed")
        assert event.data["id"] == message.id


async def test_what_is_done_or_failed_is_delayed_no_more(tmp_path: Path) -> None:
    async with services(tmp_path, limits=LimitSettings(restarts=0)) as core:
        task = await core.started()
        [start] = await core.commands("start", task.id)
        await core.report(CommandFailed(start.seq, "CONFLICT", "No folder.", {"path": "/x"}))
        await core.report(CommandDelayed(start.seq, "UNAVAILABLE", "The disk is full."))
        run = await core.run(task.id)
        assert (run.end, run.end_detail) == (RunEnd.ERRORED, "It could not be started: No folder.")
        assert await core.events("host.retry") == []
        [ended] = await core.events("run.ended")
        assert (ended.data["code"], ended.data["details"]) == ("CONFLICT", {"path": "/x"})


async def test_a_delay_of_what_nobody_wants_any_more(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        await core.report(CommandDelayed(4711, "UNAVAILABLE", "The disk is full."))
        assert await core.events("host.retry") == []
