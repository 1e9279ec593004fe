"""Reading tasks."""

from __future__ import annotations

from contextlib import aclosing
from pathlib import Path

import pytest

from chorus.errors import BadInput, NotFound
from chorus.model import Task, TaskStatus
from chorus.services.tasks.inputs import TaskChanges
from tests.support.services import ACTOR, Core, services


async def titles(core: Core, **wanted: object) -> list[str]:
    """Return the titles of a page."""
    return [task.title for task in (await core.services.browse.page(**wanted)).tasks]  # type: ignore[arg-type]


async def test_pages_go_from_the_newest_to_the_oldest(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        for number in range(5):
            await core.new(str(number))
        first = await core.services.browse.page(first=2)
        assert ([task.title for task in first.tasks], first.total, first.more) == (["4", "3"], 5, True)
        after = first.tasks[-1].id
        last = await core.services.browse.page(first=3, after=after)
        assert ([task.title for task in last.tasks], last.total, last.more) == (["2", "1", "0"], 5, False)


async def test_a_page_after_an_unknown_task_and_one_that_is_too_large_are_errors(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        with pytest.raises(NotFound):
            await core.services.browse.page(after="nobody")
        with pytest.raises(BadInput):
            await core.services.browse.page(first=1000)


async def test_lists_are_filtered(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        other = await core.services.projects.add("/other", "other")
        await core.new("a", description="50% of it")
        await core.new("b", project_id=other.id)
        await core.running("c")
        assert await titles(core, project_id=other.id) == ["b"]
        assert await titles(core, status=[TaskStatus.RUNNING]) == ["c"]
        assert await titles(core, status=[]) == []
        assert await titles(core, search="50%") == ["a"]
        assert await titles(core, search="_") == []  # what is looked for is no pattern
        assert await titles(core, search="A") == ["a"]


async def test_many_are_read_in_their_order_with_the_missing_ones_named(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        first, second = await core.new("a"), await core.new("b")
        found = await core.services.browse.many([second.id, "nobody", first.id])
        assert [one.title if isinstance(one, Task) else type(one) for one in found] == ["b", NotFound, "a"]


async def test_a_task_is_followed_until_it_is_gone(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        task = await core.new("a")
        async with aclosing(core.services.browse.follow(task.id)) as followed:
            assert (await anext(followed)).title == "a"
            await core.new("another")
            await core.services.tasks.update(task.id, TaskChanges(title="b"), actor=ACTOR)
            assert (await anext(followed)).title == "b"
            await core.services.closing.delete(task.id, actor=ACTOR)
            with pytest.raises(StopAsyncIteration):
                await anext(followed)
