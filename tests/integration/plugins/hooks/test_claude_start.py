"""Starting, resuming and ending the real Claude Code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chorus.backends import PermissionProfile
from tests.support.claude import CLAUDES
from tests.support.claude_terminal import TOKEN, Claude
from tests.support.endpoint import prompt
from tests.support.terminal import run

pytestmark = [pytest.mark.parametrize("version", CLAUDES), pytest.mark.timeout(240)]


async def test_begins_with_the_prompt_and_reports(claude: Claude) -> None:
    """A proxy in the environment gets neither the reports nor the requests to the endpoint."""
    claude.with_env(HTTP_PROXY="http://127.0.0.1:9", HTTPS_PROXY="http://127.0.0.1:9")
    said = prompt({"text": "Hello."}, say="-- 42 KB, ünï 🎉\n" * 2_300)
    assert len(said.encode()) > 42_000
    await claude.start(said)
    stop = await claude.hook_server.reported("Stop")
    assert claude.hook_server.events() == ["SessionStart", "UserPromptSubmit", "Stop"]
    start, submitted = claude.hook_server.reports[:2]
    assert {report.authorization for report in claude.hook_server.reports} == {f"Bearer {TOKEN}"}
    assert {report.payload["session_id"] for report in claude.hook_server.reports} == {claude.session_id}
    assert start.payload["source"] == "startup"
    assert submitted.payload["prompt"] == said
    assert submitted.payload["permission_mode"] == "default"
    assert stop.payload["last_assistant_message"] == "Hello."
    request = await claude.endpoint.seen(lambda request: said in request.said)
    assert request.session == claude.session_id
    await claude.rests()
    words = Path(f"/proc/{await claude.terminal.pid()}/cmdline").read_bytes().decode()
    settings = (claude.base / "run-1" / "settings.json").read_text()
    assert "--permission-mode" in words
    assert TOKEN not in words + settings


@pytest.mark.parametrize("text", ["exit", "/help", "!touch made-by-a-prompt"])
async def test_a_first_prompt_is_never_a_command(claude: Claude, text: str) -> None:
    await claude.start(text)
    submitted = await claude.hook_server.reported("UserPromptSubmit")
    assert submitted.payload["prompt"].removeprefix("Text: ") == text
    await claude.hook_server.reported("Stop")
    assert not (claude.repo / "made-by-a-prompt").exists()


async def test_goes_on_after_a_crash(claude: Claude) -> None:
    await claude.start(prompt({"text": "first answer"}))
    await claude.hook_server.reported("Stop")
    await claude.written_down()
    await claude.kill()
    assert "SessionEnd" not in claude.hook_server.events()
    await claude.start(prompt({"text": "second answer"}), resume=True)
    start = await claude.hook_server.reported("SessionStart", number=2)
    assert (start.payload["source"], start.payload["session_id"]) == ("resume", claude.session_id)
    stop = await claude.hook_server.reported("Stop", number=2)
    assert stop.payload["last_assistant_message"] == "second answer"
    assert "first answer" in json.dumps(claude.endpoint.requests[-1].messages)


async def test_starts_after_a_crash_before_anything_was_written_down(claude: Claude) -> None:
    """It goes on with the conversation, or begins another one: it never fails to start."""
    await claude.start(prompt({"text": "first answer"}))
    await claude.hook_server.reported("Stop")
    await claude.kill()
    await claude.start(prompt({"text": "second answer"}), resume=True)
    stop = await claude.hook_server.reported("Stop", number=2)
    assert stop.payload["last_assistant_message"] == "second answer"


async def test_leaves_when_its_terminal_closes(claude: Claude) -> None:
    await claude.start(prompt({"text": "x"}))
    await claude.hook_server.reported("Stop")
    await claude.terminal.close()
    assert (await claude.hook_server.reported("SessionEnd")).payload["reason"] == "other"


async def test_asks_for_trust_once_a_repository(claude: Claude) -> None:
    """A folder it does not know stops it silently; a worktree of a trusted repository does not."""
    claude.surroundings.seed(trusted=[])
    await claude.start("Hello")
    assert (await claude.asks()).kind == "trust"
    assert claude.hook_server.reports == []
    assert await claude.observe() is None
    await claude.terminal.close()
    claude.surroundings.seed(trusted=[claude.repo])
    identity = ("-c", "user.name=T", "-c", "user.email=t@example.org")
    await run("git", "-C", str(claude.repo), *identity, "commit", "-q", "--allow-empty", "-m", "first")
    tree = claude.base / "tree"
    await run("git", "-C", str(claude.repo), "worktree", "add", "-q", str(tree))
    claude.repo = tree
    await claude.start("Hello")
    assert (await claude.hook_server.reported("UserPromptSubmit")).payload["cwd"] == str(tree)


async def test_first_steps_are_for_a_person(claude: Claude) -> None:
    claude.surroundings.seed(trusted=[claude.repo], customApiKeyResponses=None)
    await claude.start("Hello")
    assert (await claude.asks()).kind == "api-key"
    assert claude.hook_server.reports == []


async def test_not_logged_in(claude: Claude) -> None:
    claude.with_env(ANTHROPIC_API_KEY=None)
    await claude.start("Hello")
    assert (await claude.asks()).kind == "login"


async def test_works_while_nobody_takes_its_reports(claude: Claude) -> None:
    """A server that is away never stops an agent; its question is still seen on the screen."""
    steps = ({"tool": "Bash", "input": {"command": "touch done"}}, {"text": "Finished alone."})
    profile = PermissionProfile("p", allow=("Bash(touch:*)",))
    await claude.start(prompt(*steps), profile=profile, hook_url="http://127.0.0.1:9/hook")
    await claude.endpoint.seen(lambda request: len(request.tool_results) == 1)
    assert (claude.repo / "done").exists()
    await claude.terminal.shows("Finished alone.")
    await claude.rests()
    ask = {"tool": "Bash", "input": {"command": "python3 -c 1"}}
    await claude.press(*claude.agent.typing(prompt(ask)))
    assert (await claude.asks()).kind == "permission"
