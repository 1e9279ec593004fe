"""Headless runs of the real Claude Code: lines of JSON in and out, that outlive the server."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from chorus.platform.processes import descendants
from tests.support.claude import CLAUDES
from tests.support.claude_scene import ClaudeScene, asked, bash, claude_scene, script, write
from tests.support.faults import alive, until
from tests.support.live import git

pytestmark = pytest.mark.timeout(300)

HEADLESS = {"runMode": "HEADLESS"}
SLEEP = "python3 -c 'import time; time.sleep(60)'"


def idle(task: dict[str, Any]) -> bool:
    return bool(task["agentStatus"] == "IDLE")


def shown(on: ClaudeScene, task: dict[str, Any]) -> str:
    """What stands in the terminal of the task's last run."""
    log = on.server.state_dir / "runs" / task["runs"][-1]["id"] / "log"
    return b"".join(path.read_bytes() for path in sorted(log.glob("*")) if path.name != "position").decode()


def results(on: ClaudeScene, task: dict[str, Any]) -> list[dict[str, Any]]:
    """What the CLI said at the end of the turns of the task's last run."""
    output = on.server.state_dir / "runs" / task["runs"][-1]["id"] / "output.jsonl"
    lines = [json.loads(line) for line in output.read_text().splitlines()]
    return [line for line in lines if line["type"] == "result"]


@pytest.mark.parametrize("version", CLAUDES)
async def test_one_process_for_many_prompts(home: Path, version: str) -> None:
    async with claude_scene(home, version) as on:
        api = on.api
        prompt = script(write("hello.txt", "hello\n"), bash("python3 -c 'print(6*7)'"), {"text": "All done."})
        task = await api.create("Say hello", description=prompt, permissionProfile="safe_edit", **HEADLESS)
        await api.start(task)
        waiting = await api.until(task, lambda one: asked(one) and one["commits"])
        assert waiting["agentStatus"] == "WAITING"
        assert waiting["commits"][0]["files"] == ["hello.txt"]
        assert "python3 -c" in waiting["activity"]
        await api.respond(asked(waiting)[0]["id"], "ALLOW")
        done = await api.until(task, lambda one: idle(one) and one["activity"] == "All done.")
        assert done["messages"][0]["state"] == "ACCEPTED"
        assert done["statusSource"] == "claude-stream"
        assert (done["permissionRequests"][0]["state"], len(done["commits"])) == ("ALLOWED", 1)

        # A follow-up goes to the same process, whatever is in it.
        text = script({"text": "Heard."}, say='/exit "quotes"\n\tand Ünïcode ' + "x" * 20_000)
        await api.send(task, text)
        heard = await api.until(task, lambda one: idle(one) and one["activity"] == "Heard.")
        assert heard["messages"][1]["state"] == "ACCEPTED"
        assert len(heard["runs"]) == 1

        # No is told to the model; an interrupted turn leaves the agent as it is.
        await api.send(task, script(bash("python3 -c pass"), bash(SLEEP), {"text": "never"}))
        waiting = await api.until(task, asked)
        await api.respond(asked(waiting)[0]["id"], "DENY", message="not on my machine")
        waiting = await api.until(task, lambda one: asked(one) and "sleep" in one["activity"])
        await api.respond(asked(waiting)[0]["id"], "ALLOW")
        await api.until(task, lambda one: one["agentStatus"] == "RUNNING")
        await api.act("interruptAgent", task)
        await api.until(task, idle)
        await api.send(task, script({"text": "Here again."}))
        again = await api.until(task, lambda one: one["activity"] == "Here again.")
        assert len(again["runs"]) == 1
        assert await on.endpoint.seen(lambda one: "not on my machine" in str(one.tool_results))

        screen = shown(on, again)
        assert "* Write" in screen
        assert "All done." in screen
        assert '"type"' not in screen

        # What is counted from the transcript costs what the CLI itself says.
        said = results(on, again)[-1]["total_cost_usd"]
        counted = await api.until(task, lambda one: one["costUsd"] == pytest.approx(said))
        assert counted["runs"][0]["mode"] == "HEADLESS"
        kinds = [(one["kind"], one["data"].get("phase")) for one in await api.events(task=task)]
        assert kinds.count(("agent.tool", "start")) == kinds.count(("agent.tool", "end")) + 2
        await api.act("completeTask", task)
        closed = await api.until(task, lambda one: one["worktree"] is None)
        assert closed["runs"][0]["end"] == "KILLED"


@pytest.mark.parametrize("version", CLAUDES)
async def test_a_request_and_the_rest_of_a_turn_outlive_the_server(home: Path, version: str) -> None:
    async with claude_scene(home, version) as on:
        prompt = script(bash("python3 -c 'print(1)'"), write("after.txt", "1\n"), {"text": "All done."})
        task = await on.api.create("Ask", description=prompt, permissionProfile="safe_edit", **HEADLESS)
        await on.api.start(task)
        request = asked(await on.api.until(task, asked))[0]
        await on.kill()
        await on.restart()
        again = asked(await on.api.until(task, asked))
        assert [one["id"] for one in again] == [request["id"]]

        # The next server dies when the answer is on record: the one after it gives it to the agent.
        await on.kill()
        on.server.env = {"CHORUS_CRASH_AT": "permission.decided"}
        await on.restart()
        with pytest.raises(Exception, match=r".*"):
            await on.api.respond(request["id"], "ALLOW")
        assert on.server.died(20)
        await on.api.__aexit__()
        on.server.env = {}
        await on.restart()
        done = await on.api.until(task, lambda one: one["activity"] == "All done." and one["commits"])
        assert [one["state"] for one in done["permissionRequests"]] == ["ALLOWED"]
        assert done["commits"][0]["files"] == ["after.txt"]

        # And a whole turn while nobody listens.
        gate = home / "gate"
        wait = bash(f"while [ ! -e {gate} ]; do python3 -c 'import time; time.sleep(0.05)'; done")
        update = 'mutation($id: ID!) { updateTask(id: $id, input: {permissionProfile: "full_dev"}) { id } }'
        await on.api.call(update, id=task)
        await on.api.send(task, script(wait, write("away.txt", "2\n"), {"text": "Done alone."}))
        waiting = await on.api.until(task, lambda one: asked(one) or one["agentStatus"] == "RUNNING")
        for one in asked(waiting):
            await on.api.respond(one["id"], "ALLOW")
        await on.api.until(task, lambda one: one["agentStatus"] == "RUNNING")
        await on.kill()
        gate.touch()
        await until(lambda: "Done alone." in on.transcript().split("away.txt")[-1])
        await on.restart()
        back = await on.api.until(
            task, lambda one: one["activity"] == "Done alone." and len(one["commits"]) == 2
        )
        assert git(on.repo, "show", f"{back['branch']}:away.txt") == "2\n"
        assert [one["state"] for one in back["messages"]] == ["ACCEPTED", "ACCEPTED"]
        assert [one["kind"] for one in await on.api.events(task=task)].count("agent.turn") == 2


@pytest.mark.parametrize("version", CLAUDES)
async def test_one_process_for_each_prompt(home: Path, version: str) -> None:
    async with claude_scene(home, version, 'headless = "atomic"') as on:
        prompt = script(bash("python3 -c 'print(1)'"), {"text": "One."})
        task = await on.api.create("Count", description=prompt, **HEADLESS)
        await on.api.start(task)
        waiting = await on.api.until(task, asked)
        # Said while it is at work: it begins the next run, in the same conversation.
        await on.api.send(task, script({"text": "Two."}, say="Now the second. "))
        await on.api.respond(asked(waiting)[0]["id"], "ALLOW")
        both = await on.api.until(
            task, lambda one: len(one["runs"]) == 2 and one["runs"][1]["end"] is not None
        )
        assert [run["end"] for run in both["runs"]] == ["FINISHED", "FINISHED"]
        assert both["runs"][1]["resumedFrom"] == both["runs"][0]["id"]
        assert [one["state"] for one in both["messages"]] == ["ACCEPTED", "ACCEPTED"]
        request = await on.endpoint.seen(lambda one: "Now the second." in one.prompt)
        assert "One." in str(request.messages)


@pytest.mark.parametrize("version", CLAUDES)
async def test_an_error_of_the_api_is_the_agents_own(home: Path, version: str) -> None:
    async with claude_scene(home, version) as on:
        task = await on.api.create("Fail", description=script({"error": 400, "message": "no"}), **HEADLESS)
        await on.api.start(task)
        failed = await on.api.until(task, lambda one: one["agentStatus"] == "ERRORED")
        assert "API Error" in failed["activity"]
        assert failed["runs"][0]["end"] is None
        await on.api.act("restartAgent", task, fresh=True)
        ready = await on.api.until(task, lambda one: len(one["runs"]) == 2 and idle(one))
        assert ready["activity"] == "Ready"


QUESTION = {
    "question": "Which colour?",
    "header": "Colour",
    "multiSelect": False,
    "options": [{"label": label, "description": label} for label in ("Red", "Blue")],
}


@pytest.mark.parametrize("version", CLAUDES)
async def test_questions_and_profiles_hold_headless_as_well(home: Path, version: str) -> None:
    async with claude_scene(home, version) as on:
        ask = {"tool": "AskUserQuestion", "input": {"questions": [QUESTION]}}
        prompt = script(ask, write("made.txt", "1\n"), {"text": "Done."})
        task = await on.api.create("Ask", description=prompt, permissionProfile="safe_edit", **HEADLESS)
        await on.api.start(task)
        waiting = await on.api.until(task, asked)
        assert "Which colour?" in waiting["activity"]
        answer = """mutation($id: ID!, $answers: JSON) {
          respondToPermission(id: $id, decision: ALLOW, answers: $answers) { state } }"""
        await on.api.call(answer, id=asked(waiting)[0]["id"], answers={"Which colour?": "Blue"})
        done = await on.api.until(task, lambda one: idle(one) and len(one["commits"]) == 1)
        assert done["activity"] == "Done."
        request = await on.endpoint.seen(lambda one: len(one.tool_results) >= 1)
        assert "Blue" in str(request.tool_results)

        # The profile is changed under the running agent: what it was started with does not count any more.
        update = (
            """mutation($id: ID!) { updateTask(id: $id, input: {permissionProfile: "read_only"}) { id } }"""
        )
        await on.api.call(update, id=task)
        await on.api.send(task, script(write("never.txt", "1\n"), {"text": "So be it."}))
        refused = await on.api.until(task, lambda one: one["activity"] == "So be it." and idle(one))
        assert len(refused["commits"]) == 1
        assert not (Path(refused["worktree"]) / "never.txt").exists()


@pytest.mark.parametrize("version", CLAUDES)
@pytest.mark.parametrize("where", ["start.prepared", "start.born", "deliver.marked", "deliver.typed"])
async def test_killed_in_the_middle_of_talking(home: Path, version: str, where: str) -> None:
    """Wherever the server dies, each prompt is given once."""
    async with claude_scene(home, version) as on:
        crash = {"CHORUS_CRASH_AT": where}
        task = await on.api.create("Once", description=script({"text": "One."}, say="First. "), **HEADLESS)
        if where.startswith("deliver"):
            await on.api.start(task)
            await on.api.until(task, lambda one: one["activity"] == "One.")
        await on.kill()
        on.server.env = crash
        await on.restart()
        if where.startswith("deliver"):
            await on.api.send(task, script({"text": "Two."}, say="Second. "))
        else:
            await on.api.start(task)
        assert on.server.died(30)
        await on.api.__aexit__()
        on.server.env = {}
        await on.restart()
        if where.startswith("start"):
            await on.api.send(task, script({"text": "Two."}, say="Second. "))
        both = await on.api.until(task, lambda one: one["activity"] == "Two." and idle(one))
        assert [one["state"] for one in both["messages"]] == ["ACCEPTED", "ACCEPTED"]
        assert len(both["runs"]) == 1
        assert [line["result"] for line in results(on, both)] == ["One.", "Two."]


@pytest.mark.parametrize("version", CLAUDES)
async def test_its_relay_is_killed(home: Path, version: str) -> None:
    """The agent behind it and its command, which would go on unheard, are ended; the next message goes on."""
    async with claude_scene(home, version) as on:
        prompt = script(bash(SLEEP), {"text": "never"}, say="The first. ")
        task = await on.api.create("Go on", description=prompt, permissionProfile="full_dev", **HEADLESS)
        await on.api.start(task)
        busy = await on.api.until(task, lambda one: one["agentStatus"] == "RUNNING")
        run = on.server.state_dir / "runs" / busy["runs"][0]["id"]
        relay = int(json.loads((run / "agent.json").read_text())["pid"])
        await until(lambda: len(descendants(relay)) >= 2)
        family = [one.pid for one in descendants(relay)]
        # It writes its conversation down with a delay; killed before that, the next one begins anew.
        await until(lambda: "The first." in on.transcript())
        os.kill(relay, signal.SIGKILL)
        dead = await on.api.until(task, lambda one: one["runs"][0]["end"] is not None)
        assert (dead["runs"][0]["end"], dead["runs"][0]["signal"]) == ("CRASHED", "SIGKILL")
        await until(lambda: not any(alive(pid) for pid in family))
        await on.api.send(task, script({"text": "Here again."}, say="The second. "))
        back = await on.api.until(task, lambda one: one["activity"] == "Here again." and idle(one))
        assert len(back["runs"]) == 2
        request = await on.endpoint.seen(lambda one: "The second." in one.prompt)
        assert "The first." in json.dumps(request.messages)
