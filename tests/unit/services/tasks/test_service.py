"""Creating tasks and changing what people say of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from chorus.errors import BadInput, Conflict, UnknownBackend
from chorus.model import RunMode, TaskStatus
from chorus.services.tasks.inputs import Budget, NewTask, TaskChanges
from tests.support.services import ACTOR, services


async def test_a_new_task_takes_the_defaults(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.services.tasks.create(NewTask("Title"), actor=ACTOR)  # the only project
        assert (task.status, task.project_id) == (TaskStatus.PENDING, core.project.id)
        chosen = (task.agent, task.session_backend, task.vcs_backend, task.permission_profile)
        assert chosen == ("fake", "memory", "memory", "default")
        assert await core.task(task.id) == task
        [event] = await core.events("task.created")
        assert (event.task_id, event.data["title"]) == (task.id, "Title")


async def test_creating_again_with_the_same_key_is_the_same_task(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        new = NewTask("Title", core.project.id)
        first = await core.services.tasks.create(new, actor=ACTOR, key="k")
        assert (await core.services.tasks.create(new, actor=ACTOR, key="k")).id == first.id
        assert (await core.services.tasks.create(new, actor="other", key="k")).id != first.id
        assert (await core.services.tasks.create(new, actor=ACTOR)).id != first.id
        with pytest.raises(Conflict, match="used for another createTask"):
            await core.services.tasks.create(NewTask("Other"), actor=ACTOR, key="k")
        assert (await core.services.browse.page()).total == 3


@pytest.mark.parametrize(
    "new",
    [
        NewTask(" "),
        NewTask("T", budget_usd=0),
        NewTask("T", priority=2000),
        NewTask("T", allowed_tools=["--help"]),
    ],
    ids=["title", "budget", "priority", "tools"],
)
async def test_what_makes_no_sense_is_refused(tmp_path: Path, new: NewTask) -> None:
    async with services(tmp_path) as core:
        with pytest.raises(BadInput):
            await core.services.tasks.create(new, actor=ACTOR)
        assert (await core.services.browse.page()).total == 0


async def test_an_unknown_agent_is_named_with_those_there_are(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        with pytest.raises(UnknownBackend, match=r"No agent is called 'nobody' \(available: fake\)"):
            await core.new(agent="nobody")


async def test_only_what_is_given_is_changed(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.new("Title", description="Text", priority=3)
        changes = TaskChanges(title="Other", run_mode=RunMode.HEADLESS, allowed_tools=["Bash(ls)"])
        changed = await core.services.tasks.update(task.id, changes, actor=ACTOR)
        assert (changed.title, changed.description, changed.priority) == ("Other", "Text", 3)
        assert (changed.run_mode, changed.allowed_tools) == (RunMode.HEADLESS, ("Bash(ls)",))
        [event] = await core.events("task.updated")
        assert event.data["fields"] == ["allowedTools", "runMode", "title"]


async def test_a_budget_can_be_taken_away(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.new(budget_usd=3.0)
        changed = await core.services.tasks.update(task.id, TaskChanges(budget=Budget(None)), actor=ACTOR)
        assert changed.budget_usd is None


async def test_nothing_to_change_is_no_event(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.new()
        assert await core.services.tasks.update(task.id, TaskChanges(), actor=ACTOR) == task
        assert await core.events("task.updated") == []


async def test_a_closed_task_is_not_changed(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.new()
        await core.services.closing.fail(task.id, "no", actor=ACTOR)
        with pytest.raises(Conflict, match="FAILED cannot be changed; you can start it again"):
            await core.services.tasks.update(task.id, TaskChanges(title="Other"), actor=ACTOR)
