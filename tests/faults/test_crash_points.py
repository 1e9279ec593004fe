"""SIGKILL at every intent, effect and record: a restart converges, and everything happens exactly once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from chorus.crash import POINTS
from tests.support.faults import Scene, new_home, said, scene
from tests.support.live import Api, ApiError

pytestmark = pytest.mark.timeout(300)

#: Servers die one after the other, each at the next of these points, until the task's life is through.
CHAINS = {
    "starting": [one for one in POINTS if one.startswith("start.")],
    "typing": [
        "deliver.pulled",
        "deliver.marked",  # before the text
        "deliver.given",  # after it
        "deliver.marked",  # before Enter
        "deliver.given",  # after it
        "deliver.typed",
        "deliver.done",
    ],
    "the first prompt": [
        "deliver.marked",
        "deliver.given",
        "deliver.marked",
        "deliver.given",
        "deliver.typed",
    ],
    "committing": [one for one in POINTS if one.startswith("commit.")],
    "deciding": ["permission.decided", "interrupt.pulled", "interrupt.done"],
    "ending": [one for one in POINTS if one.startswith(("stop.", "close."))],
    "deleting": ["task.deleted"],
    "before commits": [f"unit.written:{times}" for times in (1, 2, 3, 5, 8, 4, 7, 6, 9, 12)],
    "after commits": [f"unit.committed:{times}" for times in (1, 2, 3, 5, 8, 4, 7, 6, 9, 12)],
}


def test_every_point_is_in_a_chain() -> None:
    assert {one.partition(":")[0] for chain in CHAINS.values() for one in chain} == set(POINTS)


async def life(scene: Scene, project: str) -> str:
    """Everything that happens to a task that is completed; its id."""
    task = await scene.do(
        lambda api: api.create(
            "Work", projectId=project, agent="listener", description="write one.txt", clientMutationId="make"
        )
    )
    await scene.do(lambda api: api.start(task))
    await reached(scene, task, lambda one: idle(one) and said(one, 0) == "ACCEPTED" and one["commits"])
    await scene.do(lambda api: api.send(task, "ask rm -rf build", key="say"))
    asking = await reached(scene, task, lambda one: one["agentStatus"] == "WAITING")
    request = asking["permissionRequests"][0]["id"]
    await scene.do(lambda api: api.respond(request, "ALLOW"))
    await reached(scene, task, lambda one: idle(one) and said(one, 1) == "ACCEPTED")
    await scene.do(lambda api: api.send(task, "wait", key="say more"))
    await reached(scene, task, lambda one: one["activity"] == "wait" and said(one, 2) == "ACCEPTED")
    await scene.do(lambda api: api.act("interruptAgent", task))
    await reached(scene, task, idle)
    one_of_each(scene, task)
    await scene.do(lambda api: api.act("completeTask", task, result="done"))
    await reached(scene, task, lambda one: one["worktree"] is None)
    return task


async def dead_end(scene: Scene, project: str) -> str:
    """Everything that happens to a task that is failed and deleted; its id."""
    task = await scene.do(
        lambda api: api.create(
            "Dead end", projectId=project, agent="listener", description="hello", clientMutationId="make 2"
        )
    )
    await scene.do(lambda api: api.start(task))
    await reached(scene, task, lambda one: said(one, 0) == "ACCEPTED")
    await scene.do(lambda api: api.act("failTask", task, reason="a dead end", deleteBranch=True))
    await reached(scene, task, lambda one: one["worktree"] is None and one["branch"] is None)
    await scene.do(lambda api: delete(api, task))
    return task


async def delete(api: Api, task: str) -> None:
    try:
        await api.call("mutation($id: ID!) { deleteTask(id: $id) }", id=task)
    except ApiError as error:
        if error.code != "NOT_FOUND":  # it was deleted, and the server died before it could say so
            raise


async def reached(scene: Scene, task: str, wanted: Any) -> dict[str, Any]:
    return await scene.do(lambda api: api.until(task, wanted))


def idle(task: dict[str, Any]) -> bool:
    return bool(task["agentStatus"] == "IDLE")


def one_of_each(scene: Scene, task: str) -> None:
    assert len(scene.branches()) == 1
    assert len(scene.worktrees()) == 2
    assert len(scene.sessions()) == 1
    assert len(scene.noted(task, "start")) == 1


async def through(home: Path, crashes: list[str]) -> int:
    """A task that is completed and one that is deleted, with servers that die; how many died."""
    async with scene(home, crashes=crashes) as found:
        project = await found.do(lambda api: api.add_project(found.repo))
        task = await life(found, project)
        gone = await dead_end(found, project)
        await found.settled()
        assert found.noted(task, "read") == [["write one.txt"], ["ask rm -rf build"], ["wait"]]
        assert found.noted(task, "verdict") == [["rm -rf build", "allow"]]
        assert [len(found.noted(one, "start")) for one in (task, gone)] == [1, 1]
        assert found.noted(gone, "read") == [["hello"]]
        assert len(found.branches()) == 1
        assert found.worktrees() == [str(found.repo)]
        assert found.sessions() == []
        done = await found.api.task(task)
        assert [one["files"] for one in done["commits"]] == [["one.txt"]]
        assert [one["state"] for one in done["messages"]] == ["ACCEPTED"] * 3
        assert await found.api.task(gone, "id") is None
        await found.check()
        await changes_nothing(found)
        return found.deaths


async def changes_nothing(found: Scene) -> None:
    """A second pass over what is as it should be is a no-op."""
    before = await found.api.events(), found.branches(), sorted(found.diaries.iterdir())
    found.server.stop()
    await found.restart()
    await found.settled()
    assert (await found.api.events(), found.branches(), sorted(found.diaries.iterdir())) == before


@pytest.mark.parametrize("chain", CHAINS)
async def test_restarts_converge_while(home: Path, chain: str) -> None:
    crashes = CHAINS[chain]
    assert await through(home, [*crashes]) == len(crashes), "one of these points was never reached"


@pytest.mark.skipif("CHORUS_SLOW_TESTS" not in os.environ, reason="minutes long: CHORUS_SLOW_TESTS=1 runs it")
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("point", ["unit.written", "unit.committed"])
async def test_a_restart_converges_after_every_commit(point: str) -> None:
    """One server, killed at the first, the second … commit of a task's life, until there is none left."""
    for times in range(1, 200):
        with new_home() as home:
            if await through(home, [f"{point}:{times}"]) == 0:
                assert times > 20, "a life has more commits than that"
                return
    raise AssertionError("no end of commits")
