"""Starting tasks: once, and only what may start."""

from __future__ import annotations

from pathlib import Path

import pytest

from chorus.db import tasks
from chorus.db.unit import Unit
from chorus.errors import BadInput, Conflict, NotFound, Unavailable
from chorus.host.reports import WorkspaceClosed
from chorus.model import MessageState, TaskStatus, UsageSeen
from chorus.settings import LimitSettings
from tests.support.services import ACTOR, services


async def test_a_start_orders_one_run_with_the_description_as_its_prompt(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.started("Title", description="What is to be done")
        assert (task.status, task.started_at is not None) == (TaskStatus.RUNNING, True)
        [command] = await core.commands()
        assert (command.kind, command.payload["resume"]) == ("start", False)
        run = await core.run(task.id)
        assert (run.prompt, run.id) == ("What is to be done", task.current_run_id)
        [message] = await core.messages(task.id)
        assert (message.text, message.run_id, message.state) == (run.prompt, run.id, MessageState.QUEUED)


async def test_the_title_is_the_prompt_when_there_is_no_description(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.started("Title")
        assert (await core.run(task.id)).prompt == "Title"


async def test_a_prompt_goes_before_the_description(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.new("Title", description="What is to be done")
        await core.services.starter.start(task.id, actor=ACTOR, prompt="Only this")
        assert (await core.run(task.id)).prompt == "Only this"


async def test_starting_a_started_task_changes_nothing(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.started()
        again = await core.services.starter.start(task.id, actor=ACTOR)
        assert again == task
        assert len(await core.commands()) == 1
        assert len(await core.services.browse.runs(task.id)) == 1


async def test_a_prompt_for_a_started_task_is_refused(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.started()
        with pytest.raises(Conflict, match="RUNNING cannot be started; you can send a message"):
            await core.services.starter.start(task.id, actor=ACTOR, prompt="more")


async def test_a_prompt_for_a_task_that_waits_to_be_started_is_refused(tmp_path: Path) -> None:
    async with services(tmp_path, limits=LimitSettings(agents=1)) as core:
        await core.started()
        task = await core.started()
        with pytest.raises(Conflict, match="WAITING cannot be started"):
            await core.services.starter.start(task.id, actor=ACTOR, prompt="more")


async def test_a_completed_task_cannot_be_started(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await core.services.closing.complete(task.id, actor=ACTOR)
        with pytest.raises(Conflict, match="COMPLETED cannot be started; you can read it"):
            await core.services.starter.start(task.id, actor=ACTOR)


async def test_a_failed_task_starts_again_once_it_is_put_away(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await core.services.closing.fail(task.id, "no use", actor=ACTOR)
        with pytest.raises(Conflict, match="still being put away"):
            await core.services.starter.start(task.id, actor=ACTOR)
        await core.ended(task.id)
        await core.report(WorkspaceClosed(task.id, None))
        await core.done("close", task.id)
        started = await core.services.starter.start(task.id, actor=ACTOR)
        assert (started.status, started.error, started.finished_at) == (TaskStatus.RUNNING, None, None)


async def test_what_the_host_cannot_start_is_refused_before_anything_is_recorded(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.new()
        core.host.refuses = Unavailable("There is no such program.")
        with pytest.raises(Unavailable, match="no such program"):
            await core.services.starter.start(task.id, actor=ACTOR)
        assert await core.task(task.id) == task
        assert await core.commands() == []


async def test_one_that_has_cost_what_it_may_is_not_started(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running(budget_usd=1.0)
        await core.told(task.id, UsageSeen("m1", 10, 10, cost_usd=2.0))
        await core.services.closing.fail(task.id, "too dear", actor=ACTOR)
        await core.done("close", task.id)
        with pytest.raises(Conflict) as refused:
            await core.services.starter.start(task.id, actor=ACTOR)
        assert refused.value.details["budgetUsd"] == 1.0


async def test_two_ways_to_keep_branches_are_not_mixed_in_a_project(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        await core.running()
        task = await core.new()

        def other_way(unit: Unit) -> None:
            tasks.update(unit.connection, task.id, vcs_backend="other")

        await core.database.write(other_way)
        with pytest.raises(Conflict, match="Tasks of this project work with memory, this one wants other"):
            await core.services.starter.start(task.id, actor=ACTOR)


async def test_what_was_taken_out_of_the_queue_starts_with_its_message(tmp_path: Path) -> None:
    async with services(tmp_path, limits=LimitSettings(agents=1)) as core:
        first, task = await core.running("first"), await core.new("second")
        await core.services.starter.start(task.id, actor=ACTOR, prompt="Do this")
        await core.services.start_queue.unqueue(task.id, actor=ACTOR)
        await core.ended(first.id)
        await core.services.starter.start(task.id, actor=ACTOR)
        assert (await core.run(task.id)).prompt == "Do this"
        assert [message.text for message in await core.messages(task.id)] == ["Do this"]


async def test_an_unknown_task_and_an_empty_prompt_are_errors(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        with pytest.raises(NotFound, match="no task with the id 'nobody'"):
            await core.services.starter.start("nobody", actor=ACTOR)
        task = await core.new()
        with pytest.raises(BadInput):
            await core.services.starter.start(task.id, actor=ACTOR, prompt=" ")
