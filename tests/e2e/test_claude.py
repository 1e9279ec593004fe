"""The main job with the real Claude Code: created, started, edited, asked, followed up, completed."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from tests.support.claude import CLAUDES
from tests.support.claude_scene import agent_pid, asked, bash, claude_scene, script
from tests.support.live import git

pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize("version", CLAUDES)
async def test_from_create_to_complete(home: Path, version: str) -> None:
    async with claude_scene(home, version) as on:
        api = on.api
        write = {"tool": "Write", "input": {"file_path": "hello.txt", "content": "hello\n"}}
        prompt = script(write, bash("python3 -c 'print(6*7)' > answer.txt"), {"text": "All done."})
        task = await api.create("Say hello", description=prompt, permissionProfile="safe_edit")
        before = git(on.repo, "status", "--porcelain"), git(on.repo, "rev-parse", "HEAD")
        await api.start(task)

        # The edit becomes a commit on the task's branch while the turn goes on.
        waiting = await api.until(task, lambda one: asked(one) and one["commits"])
        assert waiting["agentStatus"] == "WAITING"
        assert "python3 -c" in waiting["activity"]
        assert waiting["commits"][0]["files"] == ["hello.txt"]
        assert git(on.repo, "show", f"{waiting['branch']}:hello.txt") == "hello\n"

        answered = await api.respond(asked(waiting)[0]["id"], "ALLOW")
        assert answered["state"] == "ALLOWED"
        idle = await api.until(task, lambda one: one["agentStatus"] == "IDLE" and len(one["commits"]) == 2)
        # What Bash changed was named by no report and is swept up at the end of the turn.
        assert idle["commits"][1]["files"] == ["answer.txt"]
        assert git(on.repo, "show", f"{idle['branch']}:answer.txt") == "42\n"
        assert idle["messages"][0]["state"] == "ACCEPTED"

        # The agent dies; a message brings it back in the same conversation.
        pid = agent_pid(on.server, idle)
        os.kill(pid, signal.SIGKILL)
        dead = await api.until(task, lambda one: one["runs"][-1]["end"] is not None)
        assert (dead["runs"][0]["end"], dead["runs"][0]["signal"]) == ("CRASHED", "SIGKILL")
        assert (dead["agentStatus"], "SIGKILL" in dead["activity"]) == ("ERRORED", True)
        kinds = [event["kind"] for event in await api.events(task=task)]
        assert "agent.left" not in kinds, "it had no time to say so"
        edit = {
            "tool": "Write",
            "input": {"file_path": "again.txt", "content": "again\n"},
        }
        await api.send(task, script(edit, {"text": "Done again."}))
        back = await api.until(task, lambda one: one["agentStatus"] == "IDLE" and len(one["commits"]) == 3)
        assert len(back["runs"]) == 2
        assert back["runs"][1]["resumedFrom"] == back["runs"][0]["id"]
        assert back["runs"][1]["agentSessionId"] == back["runs"][0]["agentSessionId"]

        # A follow-up to the living agent is typed into its terminal, exactly.
        text = script({"text": "Heard."}, say='Ünïcode, "quotes" and\na second line — ')
        await api.send(task, text)
        heard = await api.until(
            task, lambda one: one["messages"][-1]["state"] == "ACCEPTED" and one["agentStatus"] == "IDLE"
        )
        assert heard["messages"][-1]["text"] == text
        request = await on.endpoint.seen(lambda one: "a second line" in one.prompt)
        assert text in request.prompt

        done = await api.act("completeTask", task, result="It says hello.")
        assert done["status"] == "COMPLETED"
        closed = await api.until(task, lambda one: one["worktree"] is None)
        assert closed["runs"][-1]["end"] == "KILLED"
        assert (git(on.repo, "status", "--porcelain"), git(on.repo, "rev-parse", "HEAD")) == before
        log = git(on.repo, "log", "--format=%s", f"main..{closed['branch']}")
        assert len(log.splitlines()) == 3


@pytest.mark.parametrize("version", CLAUDES)
async def test_deny_reaches_the_model(home: Path, version: str) -> None:
    async with claude_scene(home, version) as on:
        task = await on.api.create("Try", description=script(bash("python3 -c pass"), {"text": "So be it."}))
        await on.api.start(task)
        waiting = await on.api.until(task, asked)
        await on.api.respond(asked(waiting)[0]["id"], "DENY", message="not on my machine")
        idle = await on.api.until(task, lambda one: one["agentStatus"] == "IDLE")
        assert idle["activity"] == "So be it."
        told = await on.endpoint.seen(lambda one: "not on my machine" in json.dumps(one.tool_results))
        assert told.tool_results[-1]["is_error"]


@pytest.mark.parametrize("version", CLAUDES)
async def test_interrupt_ends_the_turn_and_keeps_the_agent(home: Path, version: str) -> None:
    async with claude_scene(home, version) as on:
        prompt = script(bash("python3 -c 'import time; time.sleep(60)'"), {"text": "never"})
        task = await on.api.create("Sleep", description=prompt, permissionProfile="full_dev")
        await on.api.start(task)
        await on.api.until(task, lambda one: one["agentStatus"] == "RUNNING")
        await on.api.act("interruptAgent", task)
        idle = await on.api.until(task, lambda one: one["agentStatus"] == "IDLE")
        assert (idle["activity"], idle["runs"][-1]["end"]) == ("Interrupted by token", None)
        # It goes on in the same process.
        await on.api.send(task, script({"text": "Here again."}))
        after = await on.api.until(task, lambda one: one["activity"] == "Here again.")
        assert len(after["runs"]) == 1


@pytest.mark.parametrize("version", CLAUDES)
async def test_a_repository_that_nobody_trusts_yet_waits_for_a_person(home: Path, version: str) -> None:
    async with claude_scene(home, version, trusted=False) as on:
        task = await on.api.create("Try", description=script({"text": "Hello."}))
        await on.api.start(task)
        waiting = await on.api.until(task, lambda one: one["agentStatus"] == "WAITING")
        assert waiting["statusSource"] == "screen"
        assert "Answer in the terminal" in waiting["activity"]
        assert waiting["messages"][0]["state"] == "DELIVERED"
        # What is said now must not answer the dialog: it waits.
        sent = await on.api.send(task, script({"text": "Later."}))
        assert sent["state"] == "QUEUED"
        await on.api.act("failTask", task, reason="nobody trusts it")


@pytest.mark.parametrize("version", CLAUDES)
async def test_nobody_is_logged_in(home: Path, version: str) -> None:
    """The turn fails and says why; what is said next waits, and the advice with it."""
    async with claude_scene(home, version, ANTHROPIC_API_KEY="") as on:
        task = await on.api.create("Try", description=script({"text": "never"}))
        await on.api.start(task)
        failed = await on.api.until(task, lambda one: one["agentStatus"] == "ERRORED")
        assert failed["activity"] == "authentication_failed: Not logged in · Please run /login"
        await on.api.send(task, script({"text": "never either"}))
        waiting = await on.api.until(task, lambda one: one["agentStatus"] == "WAITING")
        assert waiting["statusSource"] == "screen"
        assert waiting["activity"] == "Claude Code is not logged in. Run /login in its terminal."
        assert waiting["messages"][1]["state"] != "ACCEPTED"
