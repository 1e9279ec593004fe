"""What a headless Claude Code says and takes in lines of JSON, where the versions differ."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from chorus.backends import Verdict
from chorus.model import AgentStatus, PermissionDecision, StatusSeen, TurnEnded
from tests.support.claude import CLAUDES
from tests.support.claude_lines import Lines
from tests.support.claude_terminal import Claude
from tests.support.endpoint import prompt

pytestmark = [pytest.mark.parametrize("version", CLAUDES), pytest.mark.timeout(240)]

OLDEST = "2.1.197"


@pytest.fixture
async def lines(claude: Claude) -> AsyncIterator[Lines]:
    lines = await Lines.start(claude)
    yield lines
    await lines.kill()


def made(name: str) -> dict[str, object]:
    """A step that needs permission."""
    return {"tool": "Bash", "input": {"command": f'python3 -c \'open("{name}", "w")\'', "description": "d"}}


async def test_an_allowed_tool_wants_its_input_back(claude: Claude, lines: Lines) -> None:
    """The older version takes no answer without it, the newer one does; ours has it, and both take ours.
    A tool is asked about once, and not again by a hook.
    """
    lines.say(prompt(made("bare"), made("ours"), {"text": "Done."}))
    asked = await lines.until("control_request")
    bare = {"subtype": "success", "request_id": asked["request_id"], "response": {"behavior": "allow"}}
    lines.tell({"type": "control_response", "response": bare})
    asked = await lines.until("control_request")
    assert (claude.repo / "bare").exists() == (claude.version != OLDEST)
    lines.tell(lines.source.answer(asked, Verdict(PermissionDecision.ALLOW)))
    await lines.until("result")
    assert (claude.repo / "ours").exists()
    assert len(lines.of("control_request")) == 2
    assert claude.hook_server.events() == ["PreToolUse", "PreToolUse"]
    [init] = [line for line in lines.said if line.get("subtype") == "init"]
    assert init["permissionMode"] == "default", "it is named so in both, whatever the help says"
    assert TurnEnded("Done.") in lines.means()
    assert await lines.end() == 0


async def test_a_subagent_and_the_turns_it_makes(claude: Claude, lines: Lines) -> None:
    """In the older version the turn waits for it. In the newer one the turn ends before, and the end of the
    subagent begins another.
    """
    inner = prompt(made("inner"), {"text": "inner done"})
    given = {"description": "look", "subagent_type": "general-purpose", "prompt": inner}
    lines.say(prompt({"tool": "Agent", "input": given}, {"text": "one"}, {"text": "two"}))
    turns = [TurnEnded("one")]
    if claude.version != OLDEST:
        await lines.until("result")
        turns = [TurnEnded("one", background=1), TurnEnded("two")]
    asked = await lines.once("control_request")
    lines.tell(lines.source.answer(asked, Verdict(PermissionDecision.ALLOW)))
    await lines.until("result")
    assert (claude.repo / "inner").exists()
    assert [signal for signal in lines.means() if isinstance(signal, TurnEnded)] == turns


async def test_a_request_that_fails_is_made_again(lines: Lines) -> None:
    """It is told when nothing came, and not when the answer broke off: then it is asked for as a whole."""
    lines.say(prompt({"error": 529, "times": 1, "headers": {"retry-after": "0"}}, {"text": "after all"}))
    await lines.until("result")
    retrying = StatusSeen(AgentStatus.THINKING, "Retrying, attempt 1 of 1: overloaded")
    assert [signal for signal in lines.means() if signal == retrying] == [retrying]
    assert TurnEnded("after all") in lines.means()
    lines.say(prompt({"sse_error": "api_error", "text": "half", "times": 1}, {"text": "whole"}))
    await lines.until("result")
    assert TurnEnded("whole") in lines.means()
