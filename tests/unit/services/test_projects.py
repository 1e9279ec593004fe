"""Projects: registered once, chosen without an id where there is one, left when nobody works there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chorus.errors import BadInput, Conflict, NotFound
from chorus.host.reports import WorkspaceClosed
from tests.support.services import Core, services


@pytest.fixture
async def core(tmp_path: Path) -> AsyncIterator[Core]:
    async with services(tmp_path) as core:
        yield core


async def test_a_repository_is_registered_once(core: Core) -> None:
    projects = core.services.projects
    added = await projects.add("/work/site", " The site ")
    assert (added.name, added.path, added.default_branch, added.trusted) == (
        "The site",
        "/work/site",
        "main",
        True,
    )
    assert await projects.add("/work/site", "Another name") == added
    assert (await projects.add("/work/tool")).name == "tool", "its folder's name"
    told = [event.data["name"] for event in await core.events("project.added")]
    assert told == ["repository", "The site", "tool"]
    assert [project.name for project in await projects.all()] == ["The site", "repository", "tool"]


@pytest.mark.parametrize("path", ["", "  ", "/a\0b"])
async def test_what_is_no_path_is_refused(core: Core, path: str) -> None:
    with pytest.raises(BadInput, match="path of a git repository"):
        await core.services.projects.add(path)


async def test_the_only_project_need_not_be_named(core: Core) -> None:
    projects = core.services.projects
    assert await projects.only(None) == core.project
    other = await projects.add("/work/site")
    with pytest.raises(BadInput, match="Say which project: ") as found:
        await projects.only(None)
    assert core.project.id in str(found.value)
    assert await projects.only(other.id) == other
    with pytest.raises(NotFound, match="no project"):
        await projects.only("nothing")


async def test_a_project_is_left_when_no_task_has_a_folder_there(core: Core) -> None:
    projects, task = core.services.projects, await core.running()
    await core.new()
    with pytest.raises(Conflict, match="1 tasks of this project still work there"):
        await projects.leave(core.project.id, "memory")
    assert core.host.asked[-1] != "leave memory"
    assert await projects.leave(core.project.id, "gitbutler") == core.project, "nobody works with that"
    await core.services.closing.complete(task.id, actor="ada")
    with pytest.raises(Conflict, match="1 tasks"):
        await projects.leave(core.project.id, "memory")
    await core.report(WorkspaceClosed(task.id, None))
    assert await projects.leave(core.project.id, "memory") == core.project
    assert core.host.asked[-1] == "leave memory"
    with pytest.raises(NotFound, match="no project"):
        await projects.leave("nothing", "memory")


async def test_the_usage_of_a_project_is_that_of_its_tasks(core: Core) -> None:
    found = await core.services.projects.usage(core.project.id)
    assert (found.input_tokens, found.output_tokens, found.cost_usd) == (None, None, None)
