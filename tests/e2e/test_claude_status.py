"""The status of the real Claude Code in the hard cases, as clients of Chorus see it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.claude import CLAUDES
from tests.support.claude_scene import asked, bash, claude_scene, script
from tests.support.claude_tasks import UNTIL_GO, history, press, rests, says, started

pytestmark = [pytest.mark.timeout(300), pytest.mark.parametrize("version", CLAUDES)]


async def test_escape_in_the_terminal_and_what_was_queued(home: Path, version: str) -> None:
    async with claude_scene(home, version) as on:
        task = await started(on, bash(UNTIL_GO), {"text": "never"})
        busy = await on.api.until(task, lambda one: one["agentStatus"] == "RUNNING")
        press(busy, "Escape")
        idle = await rests(on, task)
        assert (idle["activity"], idle["statusSource"]) == ("Interrupted", "claude-hooks state file")
        await on.api.send(task, script({"text": "Here again."}))
        after = await on.api.until(task, lambda one: one["activity"] == "Here again.")
        assert len(after["runs"]) == 1


async def test_approved_and_refused_in_the_terminal(home: Path, version: str) -> None:
    async with claude_scene(home, version) as on:
        asking = bash("python3 -c pass")
        task = await started(on, asking, asking, {"text": "So be it."}, profile="default")
        waiting = await on.api.until(task, asked)
        assert waiting["activity"].startswith("Needs approval: ")
        press(waiting, "Enter")
        again = await on.api.until(task, lambda one: asked(one) and len(one["permissionRequests"]) == 2)
        assert again["permissionRequests"][0]["state"] == "WITHDRAWN"
        press(again, "Escape")
        idle = await rests(on, task)
        assert {one["state"] for one in idle["permissionRequests"]} == {"WITHDRAWN"}
        assert idle["activity"] == "Interrupted"


async def test_background_commands_are_waited_for(home: Path, version: str) -> None:
    async with claude_scene(home, version) as on:
        shell = {
            "tool": "Bash",
            "input": {"command": UNTIL_GO, "description": "d", "run_in_background": True},
        }
        task = await started(on, shell, {"text": "started"})
        waiting = await on.api.until(task, lambda one: (one["activity"] or "").startswith("Waiting"))
        assert (waiting["agentStatus"], waiting["activity"]) == ("RUNNING", "Waiting for 1 background task")
        # What runs may be a server that never ends: it keeps nobody from saying something.
        await on.api.send(task, script({"text": "In between."}, {"text": "It has ended."}))
        said = await on.api.until(task, lambda one: one["messages"][-1]["state"] == "ACCEPTED")
        assert len(said["runs"]) == 1
        await on.endpoint.seen(lambda one: "In between." in one.said)
        await on.api.until(task, lambda one: (one["activity"] or "").startswith("Waiting"))
        (Path(waiting["worktree"]) / "go").touch()
        idle = await rests(on, task)
        assert idle["activity"] == "It has ended."
        # Nothing that was seen meanwhile took it for idle.
        found = await history(on, task)
        at = found.index("RUNNING: Waiting for 1 background task")
        assert not [one for one in found[at:-1] if one.startswith("IDLE")]
        # Its end begins a turn that no person asked for.
        assert [one for one in found if one.startswith("THINKING: Background command")]
        assert len(idle["messages"]) == 2


async def test_a_subagent_does_not_move_the_status_of_its_task(home: Path, version: str) -> None:
    async with claude_scene(home, version) as on:
        inner = script(bash(UNTIL_GO), {"text": "inner done"}, say="Follow the script. ")
        agent = {
            "tool": "Agent",
            "input": {"description": "look around", "subagent_type": "general-purpose", "prompt": inner},
        }
        task = await started(on, agent, {"text": "one"}, {"text": "two"})
        await on.api.until(task, lambda one: "look around" in (one["activity"] or ""))
        live = await on.api.until(task, lambda one: one["worktree"] is not None)
        # The older version waits in the foreground, the newer one has ended its turn meanwhile.
        foreground = version == "2.1.197"
        words = "Subagent: look around" if foreground else "Waiting for 1 background task"
        waiting = await on.api.until(task, lambda one: one["activity"] == words)
        assert waiting["agentStatus"] == "RUNNING"
        await on.endpoint.seen(lambda one: "inner done" in one.said)
        (Path(live["worktree"]) / "go").touch()
        idle = await rests(on, task)
        assert idle["activity"] == ("one" if foreground else "two")
        found = await history(on, task)
        assert not [one for one in found if "until" in one], "what the subagent did is its own"
        assert [one for one in found if one.startswith("IDLE")] in (
            ["IDLE: Ready", f"IDLE: {idle['activity']}"],
            [f"IDLE: {idle['activity']}"],
        )


async def test_a_cleared_conversation_goes_on_under_its_new_id(home: Path, version: str) -> None:
    async with claude_scene(home, version) as on:
        task = await started(on, {"text": "one"})
        before = await rests(on, task)
        await says(before, "/clear")
        cleared = await on.api.until(task, lambda one: "cleared" in (one["activity"] or ""))
        assert (cleared["agentStatus"], len(cleared["runs"])) == ("IDLE", 1)
        session = cleared["runs"][0]["agentSessionId"]
        assert session != before["runs"][0]["agentSessionId"]
        await on.api.send(task, script({"text": "two"}))
        await on.api.until(task, lambda one: one["activity"] == "two")
        await on.endpoint.seen(lambda one: one.session == session)


async def test_a_request_that_is_tried_again_says_so(home: Path, version: str) -> None:
    async with claude_scene(home, version, CLAUDE_CODE_MAX_RETRIES="5") as on:
        failing = {"error": 529, "times": 3, "headers": {"retry-after": "3"}}
        task = await started(on, failing, {"text": "after all"})
        retrying = await on.api.until(task, lambda one: "Retrying" in (one["activity"] or ""))
        assert (retrying["agentStatus"], retrying["statusSource"]) == ("THINKING", "screen")
        assert retrying["activity"].endswith(" of 5")
        idle = await rests(on, task, within=60)
        assert idle["activity"] == "after all"


async def test_without_any_hook_its_own_file_tells(home: Path, version: str) -> None:
    async with claude_scene(home, version) as on:
        (home / ".claude" / "settings.json").write_text(json.dumps({"disableAllHooks": True}))
        task = await started(on, bash(UNTIL_GO), {"text": "done"})
        busy = await on.api.until(task, lambda one: one["agentStatus"] == "THINKING")
        assert busy["statusSource"] == "claude-hooks state file"
        (Path(busy["worktree"]) / "go").touch()
        idle = await rests(on, task)
        assert idle["statusSource"] == "claude-hooks state file"
