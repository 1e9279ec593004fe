"""The life of a task over the public API, with scripted agents in real terminals."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from tests.support.live import Api, ApiError, Server, git

pytestmark = pytest.mark.timeout(240)


def ended(task: dict[str, Any]) -> bool:
    return bool(task["runs"]) and task["runs"][-1]["end"] is not None


async def test_the_demo_agent_edits_asks_and_finishes(api: Api, tmp_path: Path, project: str) -> None:
    repo = tmp_path / "repo"
    (repo / "greet.py").write_text('def greet(name):\n    return f"Hello, {name}!"\n')
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "Greet")
    task = await api.create("Trim", projectId=project, agent="demo", description="Trim in greet()")
    await api.start(task)
    waiting = await api.until(task, lambda one: one["agentStatus"] == "WAITING" and one["commits"])
    assert waiting["activity"].startswith("Needs approval:")
    assert waiting["commits"][0]["files"] == ["greet.py"]
    assert "Trim in greet()" in waiting["commits"][0]["message"]
    request = waiting["permissionRequests"][0]
    answered = await api.respond(request["id"], "DENY", message="not now")
    assert (answered["state"], answered["message"]) == ("DENIED", "not now")
    done = await api.until(task, ended)
    assert done["runs"][-1]["end"] == "FINISHED"
    assert done["agentStatus"] == "STOPPED"
    assert done["status"] == "RUNNING", "only people complete tasks"
    assert done["messages"][0]["state"] == "ACCEPTED"
    diff = (await api.task(task, "diff"))["diff"]
    assert "name.strip()" in diff
    assert git(repo, "status", "--porcelain") == ""


async def test_two_tasks_never_see_each_others_edits(api: Api, tmp_path: Path, project: str) -> None:
    tasks = [
        await api.create(f"Note {word}", projectId=project, agent="demo", description=f"remember {word}")
        for word in ("apples", "pears")
    ]
    for task in tasks:
        await api.start(task)
    found = [await api.until(task, lambda one: ended(one) and one["commits"]) for task in tasks]
    repo = tmp_path / "repo"
    notes = [git(repo, "show", f"{one['branch']}:notes.md") for one in found]
    assert "apples" in notes[0]
    assert "pears" not in notes[0]
    assert "pears" in notes[1]
    assert "apples" not in notes[1]
    assert not (repo / "notes.md").exists()
    assert found[0]["worktree"] != found[1]["worktree"]


async def test_twenty_tasks_start_report_and_finish(api: Api, project: str) -> None:
    tasks = [
        await api.create(f"Note {number}", projectId=project, agent="demo", description=f"number {number}")
        for number in range(20)
    ]
    await asyncio.gather(*(api.start(task) for task in tasks))
    found = await asyncio.gather(
        *(api.until(task, lambda one: ended(one) and one["commits"], 90) for task in tasks)
    )
    assert {one["runs"][-1]["end"] for one in found} == {"FINISHED"}
    assert {one["messages"][0]["state"] for one in found} == {"ACCEPTED"}
    assert {len(one["commits"]) for one in found} == {1}


async def test_the_event_log_has_no_gaps_and_replays(api: Api, project: str) -> None:
    for number in range(10):
        await api.create(f"Task {number}", projectId=project, agent="sleeper")
    events = await api.events()
    numbers = [int(event["cursor"][1:]) for event in events]
    assert numbers == list(range(1, len(events) + 1))
    middle = events[len(events) // 2]["cursor"]
    document = "subscription($after: Cursor) { events(after: $after) { cursor } }"
    replayed = []
    async with asyncio.timeout(45), aclosing(api.subscribe(document, after=middle)) as follower:
        async for data in follower:
            replayed.append(data["events"]["cursor"])
            if len(replayed) == len(events) - len(events) // 2 - 1:
                break
    assert replayed == [event["cursor"] for event in events[len(events) // 2 + 1 :]]


@pytest.mark.parametrize("cursor", ["", "x", "e-1", "e99999999", "1", "e1; drop"])
async def test_a_cursor_that_is_none_is_refused(api: Api, cursor: str) -> None:
    with pytest.raises(ApiError) as found:
        await api.events(after=cursor)
    assert found.value.code == "BAD_INPUT"


# --- doing things once ---------------------------------------------------------------------------


async def test_a_repeated_mutation_answers_what_the_first_one_did(api: Api, project: str) -> None:
    fields = {"projectId": project, "agent": "sleeper", "clientMutationId": "click-1"}
    first, second = await asyncio.gather(api.create("Once", **fields), api.create("Once", **fields))
    assert first == second
    with pytest.raises(ApiError, match="was used for another") as found:
        await api.create("Other", **fields)
    assert found.value.code == "CONFLICT"

    await asyncio.gather(api.start(first), api.start(first), api.start(first))
    live = await api.until(first, lambda one: one["messages"][0]["state"] == "DELIVERED")
    assert len(live["runs"]) == 1
    sent = await asyncio.gather(*(api.send(first, "more", key="say-1") for _ in range(3)))
    assert len({one["id"] for one in sent}) == 1
    await api.act("failTask", first, reason="only a test")
    await asyncio.gather(*(api.act("failTask", first, reason="only a test") for _ in range(2)))


# --- transitions ---------------------------------------------------------------------------------

SENSELESS = {
    "PENDING": ("completeTask", "interruptAgent", "restartAgent", "sendMessage"),
    "COMPLETED": ("startTask", "failTask", "deleteTask", "interruptAgent", "restartAgent", "sendMessage"),
    "FAILED": ("completeTask", "interruptAgent", "restartAgent", "sendMessage"),
    "RUNNING": ("deleteTask",),
}


async def bring_to(api: Api, project: str, status: str) -> str:
    task = await api.create("Some task", projectId=project, agent="sleeper")
    if status in ("RUNNING", "COMPLETED"):
        await api.start(task)
        await api.until(task, lambda one: one["messages"][0]["state"] == "DELIVERED")
    if status == "COMPLETED":
        await api.act("completeTask", task)
    if status == "FAILED":
        await api.act("failTask", task, reason="a test")
    return task


async def attempt(api: Api, mutation: str, task: str) -> None:
    match mutation:
        case "sendMessage":
            await api.send(task, "hello")
        case "startTask":
            await api.start(task)
        case "deleteTask":
            await api.call("mutation($id: ID!) { deleteTask(id: $id) }", id=task)
        case "failTask":
            await api.act(mutation, task, reason="a test")
        case _:
            await api.act(mutation, task)


@pytest.mark.parametrize("status", SENSELESS)
async def test_what_makes_no_sense_says_what_is_possible(api: Api, project: str, status: str) -> None:
    task = await bring_to(api, project, status)
    for mutation in SENSELESS[status]:
        with pytest.raises(ApiError, match=f"that is {status} cannot .*; you can ") as found:
            await attempt(api, mutation, task)
        assert found.value.code == "CONFLICT"
    if status == "RUNNING":
        await api.act("failTask", task, reason="done with it", deleteBranch=True)


async def test_a_pending_task_is_deleted_and_gone(api: Api, project: str) -> None:
    task = await api.create("Never mind", projectId=project, agent="sleeper")
    await attempt(api, "deleteTask", task)
    assert await api.task(task, "id") is None
    with pytest.raises(ApiError) as found:
        await api.start(task)
    assert found.value.code == "NOT_FOUND"


async def test_failing_can_delete_the_branch(api: Api, tmp_path: Path, project: str) -> None:
    task = await api.create("Give up", projectId=project, agent="sleeper")
    await api.start(task)
    started = await api.until(task, lambda one: one["branch"])
    for _ in range(2):  # a client that got no answer asks again
        failed = await api.act("failTask", task, reason="a dead end", deleteBranch=True)
        assert failed["status"] == "FAILED"
    gone = await api.until(task, lambda one: one["branch"] is None and one["worktree"] is None)
    assert (gone["status"], gone["error"]) == ("FAILED", "a dead end")
    branches = git(tmp_path / "repo", "branch", "--list", started["branch"])
    assert branches == ""
    await attempt(api, "deleteTask", task)


async def test_a_failed_task_can_be_started_again(api: Api, project: str) -> None:
    task = await bring_to(api, project, "FAILED")
    await api.start(task)
    again = await api.until(task, lambda one: one["messages"][0]["state"] == "DELIVERED")
    assert again["status"] == "RUNNING"
    await api.act("completeTask", task)


async def test_restart_replaces_the_process(api: Api, project: str) -> None:
    task = await bring_to(api, project, "RUNNING")
    await api.act("restartAgent", task, prompt="something else")
    after = await api.until(
        task, lambda one: len(one["runs"]) == 2 and one["messages"][-1]["state"] == "DELIVERED"
    )
    assert after["runs"][0]["end"] == "KILLED"
    assert after["runs"][1]["end"] is None
    await api.act("completeTask", task)


async def test_a_message_waits_for_an_agent_that_cannot_be_typed_to(api: Api, project: str) -> None:
    task = await bring_to(api, project, "RUNNING")
    sent = await api.send(task, "later")
    assert sent["state"] == "QUEUED"
    await api.act("completeTask", task)


# --- the terminal --------------------------------------------------------------------------------


async def test_typing_into_a_terminal_and_reading_it_back(api: Api, project: str) -> None:
    from websockets.asyncio.client import connect

    task = await api.create("Shell", projectId=project, agent="shell", description="print(6 * 7)")
    await api.start(task)
    await api.until(task, lambda one: one["messages"][0]["state"] == "DELIVERED")
    address = "ws" + api.url.removeprefix("http") + f"/terminal/{task}"
    headers = {"Authorization": api.authorization}
    async with asyncio.timeout(30), connect(address, additional_headers=headers, proxy=None) as socket:
        start = json.loads(await socket.recv())
        assert start["type"] == "start"
        await socket.send(json.dumps({"type": "resize", "cols": 100, "rows": 30}))
        await socket.send("import os; print(os.get_terminal_size(), 'ü' * 3)\r".encode())
        screen = b""
        while "columns=100, lines=30) üüü".encode() not in screen:
            frame = await socket.recv()
            screen += frame if isinstance(frame, bytes) else b""
        assert b"42" in screen
    document = "subscription($id: ID!) { terminal(taskId: $id) { runId offset base64 } }"
    async with asyncio.timeout(30), aclosing(api.subscribe(document, id=task)) as chunks:
        async for data in chunks:
            assert data["terminal"]["offset"] == 0
            break
    await api.act("completeTask", task)


# --- the command line ------------------------------------------------------------------------------


async def test_the_command_line_does_the_main_job(server: Server, api: Api, project: str) -> None:
    made = server.cli(
        "task", "new", "By hand", "-d", "remember this", "--agent", "demo", "--project", project,
        "--start", "--json",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    task = json.loads(made.stdout)["id"]
    await api.until(task, lambda one: ended(one) and one["commits"])
    shown = server.cli("task", "show", task[:12], "--diff")
    assert "By hand" in shown.stdout
    assert "remember this" in shown.stdout
    listed = json.loads(server.cli("task", "list", "--json").stdout)
    assert task in [one["id"] for one in listed]
    done = server.cli("task", "complete", task[:12], "--result", "written")
    assert done.returncode == 0
    twice = server.cli("task", "send", task[:12], "hello")
    assert twice.returncode == 1
    assert "that is COMPLETED cannot be sent a message" in twice.stderr
    assert server.cli("task", "frobnicate").returncode == 2
    assert server.cli("task", "show", "zzzz").returncode == 1


async def test_a_task_whose_folder_cannot_be_committed_keeps_it(api: Api, project: str) -> None:
    task = await bring_to(api, project, "RUNNING")
    folder = Path((await api.task(task, "worktree"))["worktree"])
    git(folder, "checkout", "--quiet", "--detach")
    (folder / "precious.txt").write_text("work\n")
    await api.act("completeTask", task)
    kept = await api.until(task, lambda one: one["error"])
    assert kept["status"] == "COMPLETED"
    assert kept["worktree"] == str(folder)
    assert (folder / "precious.txt").read_text() == "work\n"
