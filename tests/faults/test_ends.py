"""Every end of a run is explained, harms nobody else, and can be resumed from."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from contextlib import aclosing
from pathlib import Path

import pytest

from tests.support.faults import Scene, alive, at_rest, begin, ended, said, scene, tmux, until

pytestmark = pytest.mark.timeout(240)


#: Everything that happens to a task.
FOLLOW = "subscription($id: ID!, $after: Cursor) { events(taskId: $id, after: $after) { kind data } }"


async def resumes(shared: Scene, task: str) -> None:
    """Resume is offered, and works: a new run in the same conversation, in the same folder."""
    before = await shared.api.task(task)
    await shared.api.act("restartAgent", task, prompt="again")
    after = await shared.api.until(
        task,
        lambda one: len(one["runs"]) > len(before["runs"]) and said(one, -1) in ("ACCEPTED", "DELIVERED"),
    )
    assert after["runs"][-1]["resumedFrom"] == before["runs"][-1]["id"]
    assert after["worktree"] == before["worktree"]
    await shared.api.act("completeTask", task)


async def test_the_tmux_server_of_one_task_is_killed(shared: Scene, project: str) -> None:
    one, other = [await begin(shared.api, project, f"hello {word}") for word in ("one", "other")]
    where = shared.socket_of((await shared.api.task(one))["attachCommand"])
    tmux(where, "kill-server")
    run = await ended(shared.api, one)
    assert run["end"] == "INTERRUPTED"
    assert "terminal session was closed" in run["endDetail"]
    assert (await shared.api.task(other))["runs"][0]["end"] is None
    assert (await shared.api.task(one))["agentStatus"] == "STOPPED"
    await resumes(shared, one)
    await shared.api.act("completeTask", other)


async def test_somebody_closes_the_pane(shared: Scene, project: str) -> None:
    task = await begin(shared.api, project, "hello")
    where = shared.socket_of((await shared.api.task(task))["attachCommand"])
    tmux(where, "kill-pane", "-t", "=main:")
    assert (await ended(shared.api, task))["end"] == "INTERRUPTED"
    await resumes(shared, task)


async def test_somebody_ends_the_agent_in_its_terminal(shared: Scene, project: str) -> None:
    task = await begin(shared.api, project, "hello")
    await at_rest(shared.api, task)
    where = shared.socket_of((await shared.api.task(task))["attachCommand"])
    tmux(where, "send-keys", "-t", "=main:", "C-d")
    run = await ended(shared.api, task)
    assert (run["end"], run["exitCode"]) == ("FINISHED", 0)
    assert (await shared.api.task(task))["agentStatus"] == "STOPPED"
    await resumes(shared, task)


async def test_the_agent_is_killed(shared: Scene, project: str) -> None:
    task = await begin(shared.api, project, "hello")
    os.kill(shared.noted(task, "start")[0][0], signal.SIGKILL)
    run = await ended(shared.api, task)
    assert (run["end"], run["signal"]) == ("CRASHED", "SIGKILL")
    assert "SIGKILL, which Chorus did not send" in run["endDetail"]
    shown = await shared.api.task(task)
    assert (shown["agentStatus"], shown["status"]) == ("ERRORED", "RUNNING")
    await resumes(shared, task)


async def test_what_a_killed_agent_left_behind_ends_with_the_task(shared: Scene, project: str) -> None:
    task = await begin(shared.api, project, "fork")
    await at_rest(shared.api, task)
    [[child]] = shared.noted(task, "child")
    os.kill(shared.noted(task, "start")[0][0], signal.SIGKILL)
    await ended(shared.api, task)
    assert alive(child), "a process in the background outlives its agent: it may be a server"
    await shared.api.act("completeTask", task)
    await shared.api.until(task, lambda one: one["worktree"] is None)
    assert not alive(child)


async def test_the_agent_exits_with_an_error(shared: Scene, project: str) -> None:
    task = await begin(shared.api, project, "exit 3")
    run = await ended(shared.api, task)
    assert (run["end"], run["exitCode"], run["endDetail"]) == ("ERRORED", 3, "Exited with code 3")
    await resumes(shared, task)


async def test_an_agent_that_fails_at_once_is_not_started_again(shared: Scene, project: str) -> None:
    """A crash loop cannot begin: after a bad end only a person starts the agent again."""
    task = await shared.api.create("Fails", projectId=project, agent="failing", description="hello")
    await shared.api.start(task)
    assert (await ended(shared.api, task))["end"] == "ERRORED"
    for number in range(3):
        await shared.api.send(task, f"try {number}")
        await ended(shared.api, task, number + 2)
    runs = (await shared.api.task(task))["runs"]
    assert [run["end"] for run in runs] == ["ERRORED"] * 4, "one run for each time a person asked"
    assert await shared.api.task(task, "messages { state }")
    await shared.api.act("failTask", task, reason="a test")


async def test_a_busy_agent_falls_silent(shared: Scene, project: str) -> None:
    """It is said to be silent, and nothing is done to it; interrupting it works."""
    task = await begin(shared.api, project, "wait")
    silent = await shared.api.until(task, lambda one: "No sign of life" in (one["activity"] or ""))
    assert silent["statusSource"] == "silence"
    assert silent["runs"][0]["end"] is None
    assert "agent.silent" in [event["kind"] for event in await shared.api.events(task=task)]
    await shared.api.act("interruptAgent", task)
    await at_rest(shared.api, task)
    await until(lambda: shared.noted(task, "interrupted"))
    await shared.api.act("completeTask", task)


async def test_an_agent_that_never_reports(shared: Scene, project: str) -> None:
    """The process decides what is true, and the silence is told."""
    task = await begin(shared.api, project, "hello", "sleeper")
    async with asyncio.timeout(30):
        async with aclosing(
            shared.api.subscribe(FOLLOW, id=task, after=(await shared.api.events())[0]["cursor"])
        ) as feed:
            async for data in feed:
                if data["events"]["kind"] == "agent.silent":
                    break
    await shared.api.act("restartAgent", task)
    assert (await ended(shared.api, task))["end"] == "KILLED"
    await shared.api.act("completeTask", task)


async def test_an_agent_that_was_stopped_by_a_signal_can_be_ended(shared: Scene, project: str) -> None:
    task = await begin(shared.api, project, "hello")
    pid = shared.noted(task, "start")[0][0]
    os.kill(pid, signal.SIGSTOP)
    await shared.api.act("restartAgent", task, prompt="again")
    run = await ended(shared.api, task)
    assert (run["end"], run["endDetail"]) == ("KILLED", "Ended by token")
    assert not alive(pid)
    await shared.api.act("completeTask", task)


async def test_an_agent_that_ignores_sigterm_is_ended_with_all_it_started(
    shared: Scene, project: str
) -> None:
    task = await begin(shared.api, project, "fork")
    await at_rest(shared.api, task)
    child = shared.noted(task, "child")[0][0]
    await shared.api.send(task, "deaf")
    await until(lambda: shared.noted(task, "deaf"))
    pid = shared.noted(task, "start")[0][0]
    await shared.api.act("restartAgent", task, prompt="again")
    assert (await ended(shared.api, task))["end"] == "KILLED"
    await until(lambda: not alive(child) and not alive(pid))
    await shared.api.act("completeTask", task)


async def test_the_folder_of_a_task_is_removed_by_hand(home: Path) -> None:
    """It is noticed, said with what to do, and made again from the branch."""
    async with scene(home) as found:
        project = await found.api.add_project(found.repo)
        task = await begin(found.api, project, "write kept.txt")
        done = await found.api.until(task, lambda one: one["commits"] and one["agentStatus"] == "IDLE")
        folder = Path(done["worktree"])
        shutil.rmtree(folder)
        await found.kill_and_restart()
        async with asyncio.timeout(30):
            async with aclosing(
                found.api.subscribe(FOLLOW, id=task, after=(await found.api.events())[0]["cursor"])
            ) as feed:
                async for data in feed:
                    if data["events"]["kind"] == "vcs.error":
                        break
        assert "Restart the agent to have it made again from the branch" in str(data["events"]["data"])
        await found.api.act("restartAgent", task, prompt="hello")
        await found.api.until(task, lambda one: said(one, -1) == "ACCEPTED")
        assert (folder / "kept.txt").read_text() == "kept.txt\n"
        await found.check()


async def test_the_machine_is_started_again(home: Path) -> None:
    """Everything is gone at once: the server, all terminals, the folder of the sockets."""
    async with scene(home) as found:
        project = await found.api.add_project(found.repo)
        tasks = [await begin(found.api, project, f"hello {number}") for number in range(3)]
        await at_rest(found.api, tasks[0])
        await found.api.send(tasks[1], "wait")
        await until(lambda: ["wait"] in found.noted(tasks[1], "read"))
        queued = await found.api.send(tasks[1], "later")
        assert queued["state"] == "QUEUED"
        found.server.kill()
        found.server.end_sessions()
        for task in tasks:
            await until(lambda task=task: not alive(found.noted(task, "start")[0][0]))  # type: ignore[misc]
        shutil.rmtree(home / "run")
        await found.restart()
        for task in tasks:
            assert (await ended(found.api, task))["end"] == "INTERRUPTED"
        await found.settled()
        for task in tasks:
            assert len(found.noted(task, "start")) == 1, "nothing starts by itself"
        await found.api.act("restartAgent", tasks[0], prompt="again")
        await found.api.until(tasks[0], lambda one: said(one, -1) == "ACCEPTED")
        await found.check()
