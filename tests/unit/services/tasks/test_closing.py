"""The end of a task, by people."""

from __future__ import annotations

from pathlib import Path

import pytest

from chorus.errors import BadInput, Conflict, NotFound
from chorus.host.reports import WorkspaceClosed
from chorus.model import TaskStatus, Wait
from chorus.settings import LimitSettings
from tests.support.services import ACTOR, services


async def test_a_completed_task_has_its_agent_ended_and_its_session_put_away(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        done = await core.services.closing.complete(task.id, actor=ACTOR, result="It works")
        assert (done.status, done.result, done.finished_at is None) == (
            TaskStatus.COMPLETED,
            "It works",
            False,
        )
        stop, close = await core.commands(task_id=task.id)
        assert (stop.kind, close.kind) == ("stop", "close")
        assert close.payload["delete_branch"] is False
        *_, event = await core.events("task.status", task.id)
        assert (event.data["status"], event.data["why"]) == ("COMPLETED", "It works")


async def test_what_a_stopped_agent_left_is_put_away_too(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await core.ended(task.id)
        await core.done("commit", task.id)
        await core.services.closing.complete(task.id, actor=ACTOR)
        assert [one.kind for one in await core.commands(task_id=task.id)] == ["close"]


async def test_completing_again_changes_nothing(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        done = await core.services.closing.complete(task.id, actor=ACTOR, result="first")
        again = await core.services.closing.complete(task.id, actor=ACTOR, result="second")
        assert again == done
        assert len(await core.commands("close")) == 1


async def test_what_never_ran_can_fail_and_not_be_completed(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.new()
        with pytest.raises(Conflict, match="PENDING cannot be completed; you can start, update, fail or"):
            await core.services.closing.complete(task.id, actor=ACTOR)
        failed = await core.services.closing.fail(task.id, "not needed", actor=ACTOR)
        assert (failed.status, failed.error) == (TaskStatus.FAILED, "not needed")
        assert await core.commands() == []


async def test_giving_up_needs_a_reason(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.new()
        with pytest.raises(BadInput):
            await core.services.closing.fail(task.id, " ", actor=ACTOR)


async def test_the_branch_goes_only_when_that_was_said_the_first_time(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        kept, gone = await core.running(), await core.running()
        fail = core.services.closing.fail
        await fail(kept.id, "no", actor=ACTOR)
        assert (await fail(kept.id, "no", actor=ACTOR)).status is TaskStatus.FAILED
        with pytest.raises(Conflict, match="FAILED cannot be failed"):
            await fail(kept.id, "no", actor=ACTOR, delete_branch=True)
        await fail(gone.id, "no", actor=ACTOR, delete_branch=True)
        await fail(gone.id, "no", actor=ACTOR, delete_branch=True)  # the answer may have been lost
        closes = await core.commands("close")
        assert [(one.task.id, one.payload["delete_branch"]) for one in closes] == [
            (kept.id, False),
            (gone.id, True),
        ]


async def test_completing_what_waits_frees_its_place_in_the_queue(tmp_path: Path) -> None:
    async with services(tmp_path, limits=LimitSettings(agents=1)) as core:
        await core.running()
        task = await core.started()
        assert task.waits is Wait.START
        done = await core.services.closing.complete(task.id, actor=ACTOR)
        assert (done.status, done.waits, done.start_order) == (TaskStatus.COMPLETED, None, None)
        assert await core.services.start_queue.list() == []


async def test_the_end_of_its_agent_lets_another_one_start(tmp_path: Path) -> None:
    async with services(tmp_path, limits=LimitSettings(agents=1)) as core:
        first, second = await core.running(), await core.started()
        await core.services.closing.complete(first.id, actor=ACTOR)
        assert (await core.task(second.id)).status is TaskStatus.WAITING
        await core.ended(first.id)
        assert (await core.task(second.id)).status is TaskStatus.RUNNING


async def test_a_deleted_task_leaves_nothing_but_its_event(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        answered = await core.asks(task.id, "Bash", command="ls")
        await core.services.closing.fail(task.id, "no", actor=ACTOR)
        assert await answered[1] is None
        with pytest.raises(Conflict, match="still being put away"):
            await core.services.closing.delete(task.id, actor=ACTOR)
        await core.ended(task.id)
        await core.report(WorkspaceClosed(task.id, None))
        await core.done("close", task.id)
        assert await core.services.closing.delete(task.id, actor=ACTOR) == task.id
        with pytest.raises(NotFound):
            await core.task(task.id)
        assert await core.services.browse.runs(task.id) == []
        assert await core.messages(task.id) == []
        assert len(await core.events("task.deleted", task.id)) == 1


async def test_uncommitted_work_keeps_a_task_from_being_deleted(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        await core.services.closing.fail(task.id, "no", actor=ACTOR)
        await core.ended(task.id)
        await core.report(WorkspaceClosed(task.id, "it has changes"))
        await core.done("close", task.id)
        with pytest.raises(Conflict, match=r"still holds uncommitted work \(it has changes\)") as refused:
            await core.services.closing.delete(task.id, actor=ACTOR)
        assert refused.value.details["worktree"] == f"/worktrees/{task.id}"


async def test_what_runs_is_not_deleted(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.running()
        with pytest.raises(Conflict, match="RUNNING cannot be deleted"):
            await core.services.closing.delete(task.id, actor=ACTOR)
