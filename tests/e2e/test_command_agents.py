"""Agents without a plugin: prompts on standard input, and the hook endpoint."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.live import Api, ApiError, git, repository, running

#: Writes what it reads into a file, and what it is given in its terminal into another.
READER = "import sys; open('said.txt', 'a').write(sys.stdin.read() + '|')"

#: Reports as an agent of its own kind would, each report twice.
REPORTER = """
import json, os, sys, urllib.request

def report(id, **body):
    data = json.dumps({**body, "chorus_report_id": id}).encode()
    token = os.environ["CHORUS_HOOK_TOKEN"]
    headers = {"Authorization": "Bearer " + token, "Content-Type": "application/json"}
    for _ in range(2):
        request = urllib.request.Request(os.environ["CHORUS_HOOK_URL"], data, headers)
        urllib.request.urlopen(request, timeout=30).read()

report("1", hook_event_name="UserPromptSubmit", prompt=sys.argv[1])
open("made.txt", "w").write("made")
edit = {"tool_name": "Write", "tool_input": {"file_path": os.path.abspath("made.txt")}, "tool_use_id": "1"}
report("2", hook_event_name="PostToolUse", **edit)
usage = {"message_id": "m1", "model": "local", "input_tokens": 10, "output_tokens": 5, "cost_usd": 0.5}
report("3", hook_event_name="Usage", **usage)
report("5", hook_event_name="Weather", sky="blue " * 10_000)
report("4", hook_event_name="Stop", last_assistant_message="All done.")
sys.stdin.readline()
"""


@pytest.fixture
async def api(home: Path) -> AsyncIterator[Api]:
    (home / "reporter.py").write_text(REPORTER)
    config = f"""
[agents.reader]
command = ["{sys.executable}", "-c", "{READER}"]
resume = ["{sys.executable}", "-c", "{READER}"]
stdin = true

[agents.reporter]
command = ["{sys.executable}", "{home / "reporter.py"}", "{{prompt}}"]
"""
    with running(home, config) as server:
        async with server.api() as api:
            await api.add_project(repository(home / "repo"))
            yield api


async def test_a_prompt_on_standard_input(api: Api, home: Path) -> None:
    text = '-- "quotes" and\na second line: ' + "x" * 50_000
    task = await api.create("Read", agent="reader", description=text)
    await api.start(task)
    await api.until(task, lambda one: one["runs"][0]["end"] == "FINISHED")
    await api.send(task, "More.")
    both = await api.until(task, lambda one: len(one["runs"]) == 2 and one["runs"][1]["end"] == "FINISHED")
    assert (Path(both["worktree"]) / "said.txt").read_text() == f"{text}|More.|"
    # It reports nothing, so what it changed is committed when its process has ended.
    kept = await api.until(task, lambda one: len(one["commits"]) == 2)
    assert [one["files"] for one in kept["commits"]] == [["said.txt"], ["said.txt"]]
    assert git(home / "repo", "show", f"{kept['branch']}:said.txt") == f"{text}|More.|"


async def test_reports_at_the_hook_endpoint_count_once(api: Api, home: Path) -> None:
    task = await api.create("Report", agent="reporter", description="Make it")
    await api.start(task)
    done = await api.until(task, lambda one: one["activity"] == "All done." and one["commits"])
    assert done["messages"][0]["state"] == "ACCEPTED"
    assert (done["inputTokens"], done["outputTokens"], done["costUsd"]) == (10, 5, 0.5)
    assert git(home / "repo", "show", f"{done['branch']}:made.txt") == "made"
    events = await api.events(task=task)
    [unknown] = [one["data"] for one in events if one["kind"] == "agent.report"]
    assert unknown["kind"] == "Weather"
    assert unknown["data"]["sky"].startswith("blue blue")
    assert len(unknown["data"]["sky"]) < 5000
    kinds = [one["kind"] for one in events]
    assert [kinds.count(kind) for kind in ("agent.prompt", "agent.turn", "run.usage")] == [1, 1, 1]


async def test_an_agent_that_only_runs_in_a_terminal_is_not_taken_over_to_headless(api: Api) -> None:
    task = await api.create("Read", agent="reader", description="hello")
    modes = "query($id: ID!) { task(id: $id) { availableRunModes } }"
    assert (await api.call(modes, id=task))["task"]["availableRunModes"] == []
    await api.start(task)
    assert (await api.call(modes, id=task))["task"]["availableRunModes"] == []
    with pytest.raises(ApiError, match="only runs in a terminal") as refused:
        await api.call("mutation($id: ID!) { switchRunMode(taskId: $id, mode: HEADLESS) { id } }", id=task)
    assert refused.value.code == "CONFLICT"
