"""Where the oldest supported Claude Code and the newest differ, and Chorus has to get on with both.

| what differs                               | older                  | newer                       |
|--------------------------------------------|------------------------|-----------------------------|
| a command under way when the agent is told to end | it lives on     | it ends                     |
| the screen                                 | the terminal's own     | another, without history    |
| a question that is allowed unanswered      | goes on unanswered     | stays on the screen         |
| a conversation resumed in another folder   | is not found           | goes on                     |
| trust in the folder above a repository     | is enough              | is not                      |
| Enter at the question for trust            | is Yes                 | is No: it ends              |

Differences in what is asked and reported are in the other files with `live` in their names.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable

import pytest

from chorus.backends import Keys, PermissionProfile
from tests.support.claude import CLAUDES
from tests.support.claude_terminal import Claude
from tests.support.endpoint import prompt
from tests.support.faults import alive, until
from tests.support.live import PATIENCE
from tests.support.terminal import run

pytestmark = [pytest.mark.parametrize("version", CLAUDES), pytest.mark.timeout(240)]

OLDEST = "2.1.197"
FREE = PermissionProfile("free", allow=("Bash",))
ENTER = Keys(b"\r", 0.5)


async def enter(claude: Claude, taken: Callable[[], Awaitable[bool]]) -> None:
    """Press Enter until it is taken: a dialog that has just come up may lose it."""
    async with asyncio.timeout(PATIENCE):
        while not await taken():
            await claude.press(ENTER)


async def test_one_life_from_its_first_request_to_its_end(claude: Claude) -> None:
    """Nothing but answers of the model is asked for, its tools have the names that Chorus knows, and its
    screen is its own or not. Told to end, the older version leaves a command running: Chorus ends it.
    """
    step = {"tool": "Bash", "input": {"command": "echo $$ > child; exec sleep 300"}}
    await claude.start(prompt(step, {"text": "never"}), profile=FREE)
    note = claude.repo / "child"
    await until(lambda: note.exists() and note.read_text().endswith("\n"))
    child = int(note.read_text())
    asked = {(request.method, request.path) for request in claude.endpoint.requests}
    assert asked - {("HEAD", "/")} == {("POST", "/v1/messages")}
    offered = {str(tool.get("name")) for tool in claude.endpoint.requests[-1].body["tools"]}
    assert offered >= {"Agent", "AskUserQuestion", "Bash", "Edit", "Read", "Write"}
    assert await claude.terminal.show("#{alternate_on}") == ("0" if claude.version == OLDEST else "1")
    os.kill(await claude.terminal.pid(), signal.SIGTERM)
    await claude.terminal.ended()
    if claude.version == OLDEST:
        assert alive(child)
        os.kill(child, signal.SIGKILL)
    else:
        await until(lambda: not alive(child))
    assert (await claude.hook_server.reported("SessionEnd")).payload["reason"] == "other"


async def test_a_question_that_is_allowed_unanswered(claude: Claude) -> None:
    """So Chorus refuses to allow one without an answer."""
    options = [{"label": label, "description": label} for label in ("A", "B")]
    question = {"question": "Which one?", "header": "Pick", "multiSelect": False, "options": options}
    step = {"tool": "AskUserQuestion", "input": {"questions": [question]}}
    await claude.start(prompt(step, {"text": "thanks"}))
    held = await claude.hook_server.reported("PermissionRequest")
    await claude.asks()
    allow = {"hookEventName": "PermissionRequest", "decision": {"behavior": "allow"}}
    held.decide({"hookSpecificOutput": allow})

    async def answered() -> bool:
        return "PostToolUse" in claude.hook_server.events()

    if claude.version != OLDEST:  # the first choice, in the dialog that is still there
        await enter(claude, answered)
    report = await claude.hook_server.reported("PostToolUse")
    given = {} if claude.version == OLDEST else {"Which one?": "A"}
    assert report.payload["tool_response"]["answers"] == given


async def test_a_conversation_that_is_resumed_in_another_folder(claude: Claude) -> None:
    """So Chorus resumes where it was begun: in the task's own folder."""
    other = claude.base / "other"
    await run("git", "init", "--quiet", str(other))
    claude.surroundings.seed(trusted=[claude.repo, other])
    await claude.start(prompt({"text": "first answer"}))
    await claude.hook_server.reported("Stop")
    await claude.written_down()
    await claude.terminal.close()
    claude.repo = other
    await claude.start(prompt({"text": "second answer"}), resume=True)
    if claude.version == OLDEST:
        await claude.terminal.ended()
        assert claude.hook_server.events().count("SessionStart") == 1
    else:
        stop = await claude.hook_server.reported("Stop", number=2)
        assert stop.payload["cwd"] == str(other)
        assert "first answer" in json.dumps(claude.endpoint.requests[-1].messages)


async def test_what_counts_as_trust(claude: Claude) -> None:
    """So a person is asked to trust the repository itself, and Chorus never types into that question."""
    claude.surroundings.seed(trusted=[claude.repo.parent])
    await claude.start("Hello")
    if claude.version == OLDEST:
        await claude.hook_server.reported("UserPromptSubmit")
        await claude.terminal.close()
        claude.surroundings.seed(trusted=[])
        await claude.start("Hello again")
    assert (await claude.asks()).kind == "trust"

    async def answered() -> bool:
        dead = await claude.terminal.show("#{pane_dead}") == "1"
        return dead or len(claude.hook_server.all("UserPromptSubmit")) == 2

    await enter(claude, answered)
    if claude.version == OLDEST:
        assert claude.hook_server.all("UserPromptSubmit")[-1].payload["prompt"] == "Hello again"
    else:
        assert claude.hook_server.reports == []
