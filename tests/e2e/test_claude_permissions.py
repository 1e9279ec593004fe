"""Permissions with the real Claude Code: requests that outlive servers, answers in the terminal, questions,
plans, remembered answers, and profiles that change under a running agent.
"""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.claude import CLAUDES
from tests.support.claude_scene import ClaudeScene, asked, bash, claude_scene, script, write
from tests.support.faults import tmux
from tests.support.live import Api, ApiError

pytestmark = [pytest.mark.timeout(300), pytest.mark.parametrize("version", CLAUDES)]

OPTIONS = [{"label": label, "description": label} for label in ("Red", "Blue")]
QUESTION = {"question": "Which colour?", "header": "Colour", "multiSelect": False, "options": OPTIONS}
SEVERAL = {"question": "Which sizes?", "header": "Size", "multiSelect": True, "options": OPTIONS}


def python(code: str) -> dict[str, Any]:
    """A step that needs permission."""
    return bash(f"python3 -c '{code}'")


async def start(on: ClaudeScene, *steps: dict[str, Any], **fields: Any) -> str:
    task = await on.api.create("Try", description=script(*steps), **fields)
    await on.api.start(task)
    return task


async def request(api: Api, task: str) -> dict[str, Any]:
    found: dict[str, Any] = asked(await api.until(task, asked))[0]
    return found


async def states(api: Api, task: str) -> list[str]:
    return [one["state"] for one in (await api.task(task))["permissionRequests"]]


async def change_profile(api: Api, task: str, name: str) -> None:
    document = """mutation($id: ID!, $name: String!) {
      updateTask(id: $id, input: {permissionProfile: $name}) { id } }"""
    await api.call(document, id=task, name=name)


async def press(api: Api, task: str, *keys: str) -> None:
    """Keys in the task's terminal, as a person there presses them."""
    words = (await api.task(task))["attachCommand"].split()
    done = tmux(words[words.index("-S") + 1], "send-keys", "-t", "=main:", *keys)
    assert done.returncode == 0, done.stderr


async def shown(api: Api, task: str, text: str) -> None:
    """Wait until the terminal shows it: the dialog opens a moment after the request."""
    words = (await api.task(task))["attachCommand"].split()
    async with asyncio.timeout(45):
        while text not in tmux(words[words.index("-S") + 1], "capture-pane", "-p", "-t", "=main:").stdout:
            await asyncio.sleep(0.05)  # a screen has no event


async def test_a_request_outlives_the_server(home: Path, version: str) -> None:
    """kill -9, another server at another address: the same request, answered once, reaches the agent."""
    async with claude_scene(home, version) as on:
        task = await start(on, python('open("made", "w")'), {"text": "Done."})
        before = await request(on.api, task)
        on.server.kill()
        on.server.port = 0  # another one than before
        on.server.start()
        async with on.server.api() as api:
            after = await request(api, task)
            assert after["id"] == before["id"]
            await api.respond(after["id"], "ALLOW")
            worktree = Path((await api.task(task))["worktree"])
            async with asyncio.timeout(45):
                while not (worktree / "made").exists():
                    await asyncio.sleep(0.05)  # written by the agent's command
            assert await states(api, task) == ["ALLOWED"]


async def test_what_was_decided_meanwhile_reaches_the_agent(home: Path, version: str) -> None:
    """A stopped server leaves the request open, and a refusal of the next one ends the turn."""
    async with claude_scene(home, version) as on:
        task = await start(on, python('open("made", "w")'), {"text": "never"})
        before = await request(on.api, task)
        assert on.server.stop() == 0
        on.server.port = 0  # another one than before
        on.server.start()
        async with on.server.api() as api:
            await api.respond(before["id"], "DENY", message="no", interrupt=True)
            idle = await api.until(task, lambda one: one["agentStatus"] == "IDLE")
            assert "Interrupted" in idle["activity"]
            assert await states(api, task) == ["DENIED"]
            await shown(api, task, "Interrupted")


@pytest.mark.parametrize("keys", [("Escape",), ("No",)])
async def test_refused_in_the_terminal(home: Path, version: str, keys: tuple[str, ...]) -> None:
    async with claude_scene(home, version) as on:
        task = await start(on, python("1"), {"text": "never"})
        await request(on.api, task)
        await shown(on.api, task, "Do you want to proceed?")
        if keys == ("No",):
            keys = ("3",) if version == "2.1.197" else ("4",)
        await press(on.api, task, *keys)
        over = await on.api.until(task, lambda one: not asked(one) and one["agentStatus"] == "IDLE")
        assert [one["state"] for one in over["permissionRequests"]] == ["WITHDRAWN"]


async def test_allowed_in_the_terminal(home: Path, version: str) -> None:
    """Withdrawn while the tool still runs, not only when it has ended: nobody answers in vain."""
    async with claude_scene(home, version) as on:
        task = await start(on, python("import time; time.sleep(30)"), {"text": "Done."})
        await request(on.api, task)
        await shown(on.api, task, "Do you want to proceed?")
        await press(on.api, task, "Enter")
        withdrawn = await on.api.until(task, lambda one: not asked(one))
        assert [one["state"] for one in withdrawn["permissionRequests"]] == ["WITHDRAWN"]
        assert withdrawn["agentStatus"] != "IDLE"


async def test_questions_are_answered(home: Path, version: str) -> None:
    async with claude_scene(home, version) as on:
        ask = {"tool": "AskUserQuestion", "input": {"questions": [QUESTION, SEVERAL]}}
        one = {"tool": "AskUserQuestion", "input": {"questions": [QUESTION]}}
        task = await start(on, ask, one, {"text": "Thank you."})
        first = await request(on.api, task)
        assert (await on.api.task(task))["activity"] == "Asks: Which colour?"
        document = """mutation($id: ID!, $answers: JSON, $scope: PermissionScope) {
          respondToPermission(id: $id, decision: ALLOW, answers: $answers, scope: $scope) {
            state answers } }"""
        wrong: list[dict[str, Any]] = [
            {},
            {"answers": {"Which colour?": "Red"}},
            {"answers": {"Which colour?": ["Red", "Blue"], "Size": "Red"}},
            {"answers": {"Which planet?": "Red"}},
            {"answers": {"Which colour?": " ", "Size": "Red"}},
            {"answers": ["Red"]},
            {"answers": {"Colour": "Red", "Size": "Red"}, "scope": "PROJECT"},
        ]
        for variables in wrong:
            with pytest.raises(ApiError) as refused:
                await on.api.call(document, id=first["id"], **variables)
            assert refused.value.code == "BAD_INPUT", variables
        assert await states(on.api, task) == ["PENDING"]
        answers = {"Which colour?": "Neither: green", "Size": ["Red", "Blue"]}
        given = (await on.api.call(document, id=first["id"], answers=answers))["respondToPermission"]
        told = {"Which colour?": "Neither: green", "Which sizes?": "Red, Blue"}
        assert given == {"state": "ALLOWED", "answers": told}

        second = await on.api.until(task, lambda it: asked(it) and asked(it)[0]["id"] != first["id"])
        cli = on.server.cli
        bare = await asyncio.to_thread(cli, "permissions", "allow", asked(second)[0]["id"])
        assert bare.returncode == 1
        assert "Red, Blue, or your own words" in bare.stderr
        done = await asyncio.to_thread(
            cli, "permissions", "allow", asked(second)[0]["id"], "--answer", "Blue"
        )
        assert done.returncode == 0, done.stderr
        await on.api.until(task, lambda it: it["activity"] == "Thank you.")
        results = [str(seen.tool_results[-1]) for seen in on.endpoint.requests if seen.tool_results]
        assert any("Neither: green" in text and "Red, Blue" in text for text in results)
        assert "Blue" in results[-1]
        resolved = [it for it in await on.api.events(task=task) if it["kind"] == "permission.resolved"]
        assert [it["data"]["answers"] for it in resolved] == [told, {"Which colour?": "Blue"}]


def plan_file(on: ClaudeScene, mark: str) -> str:
    """Where the model is to write the plan of the conversation that begins with `mark`."""
    told = json.dumps([seen.messages for seen in on.endpoint.requests if mark in seen.said])
    return str(re.findall(r"/[^\"\\ ]+/plans/[^\"\\ ]+?\.md", told)[0])


async def test_plans_are_read_sent_back_and_approved(home: Path, version: str) -> None:
    """An approved plan may have the agent accept edits, until its profile says something else."""
    config = '[permissions.profiles.planning]\nmode = "plan"\n'
    async with claude_scene(home, version, more=config) as on:
        await asyncio.gather(*(_plans(on, mode) for mode in ("INTERACTIVE", "HEADLESS")))


async def _plans(on: ClaudeScene, mode: str) -> None:
    api = on.api
    task = await start(on, {"text": f"Looking, {mode}."}, permissionProfile="planning", runMode=mode)
    await api.until(task, lambda it: it["agentStatus"] == "IDLE" and it["activity"] == f"Looking, {mode}.")
    leave: dict[str, Any] = {"tool": "ExitPlanMode", "input": {}}
    file = plan_file(on, f"Looking, {mode}.")
    plans = [write(file, f"# Plan {number}\n1. Do **it**.") for number in (1, 2)]
    steps = (plans[0], leave, plans[1], leave, write("made", "x"), {"text": "Done."})
    await api.send(task, script(*steps))
    first = await request(api, task)
    assert first["summary"] == "Plan: # Plan 1"
    waiting = await api.task(task)
    assert (waiting["agentStatus"], waiting["activity"]) == ("WAITING", "Plan: # Plan 1")
    await api.respond(first["id"], "DENY", message=f"Write a test first, {mode}")
    second = asked(await api.until(task, lambda it: asked(it) and asked(it)[0]["id"] != first["id"]))[0]
    assert any(f"test first, {mode}" in str(seen.tool_results) for seen in on.endpoint.requests)
    document = """mutation($id: ID!) { respondToPermission(id: $id, decision: ALLOW,
      afterPlan: ACCEPT_EDITS) { detail } }"""
    approved = (await api.call(document, id=second["id"]))["respondToPermission"]
    assert approved == {"detail": "# Plan 2\n1. Do **it**."}

    after = await api.until(task, lambda it: it["activity"] == "Done.")
    assert [one["state"] for one in after["permissionRequests"]] == ["DENIED", "ALLOWED"]
    assert (Path(after["worktree"]) / "made").exists()
    assert (await api.task(task, "permissionRestart"))["permissionRestart"] is None
    await change_profile(api, task, "default")
    await api.send(task, script(write("more", "x"), {"text": "Made more."}))
    assert (await request(api, task))["toolName"] == "Write"


async def test_remembered_answers_are_not_asked_again(home: Path, version: str) -> None:
    async with claude_scene(home, version) as on:
        write = [{"tool": "Write", "input": {"file_path": name, "content": "x"}} for name in ("a", "b", "a")]
        task = await start(on, python("1"), python("1"), *write, {"text": "Done."})
        first = await request(on.api, task)
        await on.api.respond(first["id"], "ALLOW", scope="SESSION")
        second = await on.api.until(task, lambda it: asked(it) and asked(it)[0]["id"] != first["id"])
        assert asked(second)[0]["toolName"] == "Write"
        document = """mutation($id: ID!) { respondToPermission(id: $id, decision: ALLOW, scope: TASK,
          pattern: "Edit(**)") { state } }"""
        await on.api.call(document, id=asked(second)[0]["id"])
        done = await on.api.until(task, lambda it: it["agentStatus"] == "IDLE")
        assert done["activity"] == "Done."
        assert await states(on.api, task) == ["ALLOWED", "ALLOWED"]
        assert not (Path(done["worktree"]) / ".claude").exists()
        assert not (on.repo / ".claude").exists()


async def test_a_changed_profile_takes_effect_on_the_running_agent(home: Path, version: str) -> None:
    async with claude_scene(home, version) as on:
        write = [{"tool": "Write", "input": {"file_path": name, "content": "x"}} for name in "abc"]
        steps = (python("1"), write[0], python("2"), write[1], write[2], {"text": "Done."})
        task = await start(on, *steps)
        first = await request(on.api, task)
        await change_profile(on.api, task, "safe_edit")  # wider: edits go through unasked
        await on.api.respond(first["id"], "ALLOW")
        second = await on.api.until(task, lambda it: asked(it) and asked(it)[0]["id"] != first["id"])
        assert asked(second)[0]["toolName"] == "Bash"
        assert (Path(second["worktree"]) / "a").exists()
        assert await on.api.task(task, "permissionRestart") == {"permissionRestart": None}
        await change_profile(on.api, task, "read_only")  # narrower: what waits is refused, and all after it
        done = await on.api.until(task, lambda it: it["activity"] == "Done.")
        assert [one["state"] for one in done["permissionRequests"]] == ["ALLOWED", "DENIED"]
        assert done["permissionRequests"][1]["decidedBy"] == "policy read_only"
        assert not (Path(done["worktree"]) / "b").exists()
        results = json.dumps([seen.tool_results for seen in on.endpoint.requests])
        assert "The permission profile read_only does not allow this" in results


@pytest.mark.parametrize("mode", ["INTERACTIVE", "HEADLESS"])
async def test_profiles_are_kept_from_the_start(home: Path, version: str, mode: str) -> None:
    """The agent has neither the tools nor the say; what it may do it does unasked."""
    async with claude_scene(home, version) as on:
        write = {"tool": "Write", "input": {"file_path": "a", "content": "x"}}
        read = {"tool": "Read", "input": {"file_path": "app.py"}}
        steps = (read, write, bash("touch b"), {"text": "Done."})
        locked = await start(on, *steps, permissionProfile="read_only", runMode=mode)
        free = await start(on, *steps, permissionProfile="full_dev", runMode=mode)
        for task, exists in ((locked, False), (free, True)):
            done = await on.api.until(task, lambda it: it["activity"] == "Done." or it["runs"][0]["end"])
            assert done["permissionRequests"] == []
            work = Path(done["worktree"])
            await change_profile(on.api, task, "safe_edit")
            reason = (await on.api.task(task, "permissionRestart"))["permissionRestart"]
            assert mode == "HEADLESS" or bool(reason) == (task == locked)
            assert ((work / "a").exists(), (work / "b").exists()) == (exists, exists)
