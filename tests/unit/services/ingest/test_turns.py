"""Ends of turns: reported, interrupted by a person, or failed."""

from __future__ import annotations

import time
from pathlib import Path

from chorus_hooks.tools import use

from chorus.model import (
    AgentStatus,
    PermissionAsked,
    PermissionState,
    TaskStatus,
    TurnEnded,
    TurnFailed,
    Wait,
)
from chorus.settings import LimitSettings
from tests.support.services import Core, services


async def keys(core: Core, task_id: str) -> list[str]:
    return [command.payload["key"] for command in await core.commands("commit", task_id)]


async def test_a_turn_that_ends_orders_one_sweep(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running(description="do it")
        run = await core.run(task.id)
        await core.told(task.id, TurnEnded("All done.\nReally."))
        shown = await core.task(task.id)
        assert (shown.agent_status, shown.activity) == (AgentStatus.IDLE, "All done.")
        assert await keys(core, task.id) == [f"turn:{run.id}:0"]
        [commit] = await core.commands("commit", task.id)
        assert commit.payload["edits"] is None
        assert commit.payload["message"].startswith("Keep what the turn changed\n\ndo it\n\nTask: Task\n")
        await core.told(task.id, TurnEnded("Once more."))
        assert await keys(core, task.id) == [f"turn:{run.id}:0", f"turn:{run.id}:1"]
        told = {"runId": run.id, "background": 0, "interrupted": False}
        assert [event.data for event in await core.events("agent.turn")] == [
            {**told, "text": "All done.\nReally."},
            {**told, "text": "Once more."},
        ]


async def test_a_turn_that_leaves_something_in_the_background_takes_the_next_prompt(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await core.told(task.id, TurnEnded(background=1))
        assert (await core.task(task.id)).activity == "Waiting for 1 background task"
        await core.told(task.id, TurnEnded(background=2))
        shown = await core.task(task.id)
        assert (shown.agent_status, shown.activity) == (AgentStatus.RUNNING, "Waiting for 2 background tasks")
        await core.services.agents.send(task.id, "go on", actor="user")
        assert len(await core.commands("deliver", task.id)) == 1


async def test_the_end_of_a_turn_withdraws_what_it_asked(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        run = await core.run(task.id)
        ask = core.services.permissions.requests.ask
        asked = PermissionAsked(use("Bash", {"command": "make"}))
        await core.database.write(lambda unit: ask(unit, run, asked, "fake", None))
        await core.told(task.id, asked)
        assert (await core.task(task.id)).activity == "Needs approval: make"
        await core.told(task.id, TurnEnded("Never mind."))
        [request] = await core.services.permissions.inbox.list(None, task.id)
        assert (request.state, request.message) == (PermissionState.WITHDRAWN, "the turn is over")
        assert (await core.task(task.id)).activity == "Never mind."


async def test_what_waits_is_given_when_the_turn_is_over(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await core.seen(task.id, AgentStatus.RUNNING)
        await core.services.agents.send(task.id, "go on", actor="user")
        assert await core.commands("deliver", task.id) == []
        await core.told(task.id, TurnEnded())
        assert len(await core.commands("deliver", task.id)) == 1


async def test_a_turn_that_a_person_interrupts_is_over_when_the_keys_are_given(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await core.seen(task.id, AgentStatus.RUNNING, "make")
        await core.services.agents.interrupt(task.id, actor="ann")
        assert (await core.task(task.id)).activity == "make"
        await core.done("interrupt", task.id)
        shown = await core.task(task.id)
        assert (shown.agent_status, shown.activity) == (AgentStatus.IDLE, "Interrupted by ann")
        [turn] = await core.events("agent.turn")
        assert (turn.source, turn.data["interrupted"]) == ("ann", True)


async def test_an_interruption_of_an_agent_that_has_ended_meanwhile(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await core.seen(task.id, AgentStatus.RUNNING, "make")
        await core.services.agents.interrupt(task.id, actor="ann")
        await core.ended(task.id)
        await core.done("interrupt", task.id)
        assert (await core.task(task.id)).activity == "Finished"
        assert await core.events("agent.turn") == []


async def test_a_turn_that_fails_is_an_error_and_takes_the_next_prompt(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await core.told(task.id, TurnFailed("overloaded", "Try again later"))
        shown = await core.task(task.id)
        assert (shown.agent_status, shown.activity) == (AgentStatus.ERRORED, "overloaded: Try again later")
        assert shown.status is TaskStatus.RUNNING
        [error] = await core.events("agent.error")
        assert (error.data["error"], error.data["text"]) == ("overloaded", "Try again later")
        await core.services.agents.send(task.id, "go on", actor="user")
        assert len(await core.commands("deliver", task.id)) == 1


async def test_a_usage_limit_has_its_task_wait_until_it_resets(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        resets = time.time() + 3600
        await core.told(task.id, TurnFailed("rate_limit", "Usage limit reached", resets))
        parked = await core.task(task.id)
        assert (parked.status, parked.waits) == (TaskStatus.WAITING, Wait.LIMIT)
        assert parked.wait_until is not None
        assert 0 < parked.wait_until.timestamp() - resets < 10


async def test_a_usage_limit_whose_end_is_not_told_is_tried_again_as_configured(tmp_path: Path) -> None:
    async with services(tmp_path, limits=LimitSettings(usage_retry_minutes=0)) as core:
        task = await core.running()
        await core.told(task.id, TurnFailed("rate_limit", "Usage limit reached"))
        assert (await core.task(task.id)).status is TaskStatus.RUNNING
