"""What the real Claude Code reports while it works, and what only its state file knows."""

from __future__ import annotations

import pytest

from chorus.backends import Keys, PermissionProfile
from chorus.model import AgentStatus
from tests.support.claude import CLAUDES
from tests.support.claude_terminal import Claude
from tests.support.endpoint import prompt
from tests.support.recorded import described

pytestmark = [pytest.mark.parametrize("version", CLAUDES), pytest.mark.timeout(240)]

FREE = PermissionProfile("free", "acceptEdits", allow=("Bash", "Read", "Edit", "Write"))
UNTIL_GO = {"tool": "Bash", "input": {"command": "until [ -e go ]; do sleep 0.1; done"}}


def means(claude: Claude) -> list[str]:
    """What all reports so far say, without sessions and ids."""
    signals = [
        signal for report in claude.hook_server.reports for signal in claude.source.interpret(report.payload)
    ]
    return [words for words in described(signals) if words.split(":")[0].isupper()]


async def test_a_turn_with_tools(claude: Claude) -> None:
    readme = str(claude.repo / "README.md")
    change = {"file_path": readme, "old_string": "demo", "new_string": "Demo"}
    steps = (
        {"tool": "Read", "input": {"file_path": readme}},
        {"tool": "Edit", "input": change},
        {"tool": "Bash", "input": {"command": "ls /nowhere"}},
        {"text": "All done."},
    )
    await claude.start(prompt(*steps, say="Improve it\n"), profile=FREE)
    stop = await claude.hook_server.reported("Stop")
    assert means(claude) == [
        "IDLE: Ready",
        "THINKING: Improve it",
        "READING: Reading README.md",
        "THINKING: Thinking",
        "EDITING: Editing README.md",
        "THINKING: Thinking",
        "RUNNING: Running ls /nowhere",
        "THINKING: Thinking",
    ]
    assert described(claude.source.interpret(stop.payload)) == ["turn ended, 0 in the background: All done."]
    edit = await claude.hook_server.reported("PostToolUse", lambda report: report["tool_name"] == "Edit")
    [finished, _] = described(claude.source.interpret(edit.payload))
    assert finished.endswith(f"edited {readme} 1,1>1,1['-# demo', '+# Demo']")
    assert len(claude.hook_server.all("PostToolUseFailure")) == 1


async def test_escape_tells_nobody_but_the_state_file(claude: Claude) -> None:
    await claude.start(prompt(UNTIL_GO, {"text": "never"}), profile=FREE)
    await claude.hook_server.reported("PreToolUse")
    await claude.is_(AgentStatus.THINKING)
    await claude.press(*claude.agent.interrupting())
    await claude.rests()
    assert await claude.say(prompt({"text": "still here"})) != ""
    stop = await claude.hook_server.reported("Stop")
    assert stop.payload["last_assistant_message"] == "still here"
    assert claude.hook_server.events()[2:4] == ["PreToolUse", "UserPromptSubmit"]


async def test_work_in_the_background(claude: Claude) -> None:
    """The turn ends while it runs; its end begins another turn that no person asked for."""
    shell = {**UNTIL_GO, "input": {**UNTIL_GO["input"], "run_in_background": True}}  # type: ignore[dict-item]
    await claude.start(prompt(shell, {"text": "waiting"}, {"text": "it ended"}), profile=FREE)
    stop = await claude.hook_server.reported("Stop")
    assert described(claude.source.interpret(stop.payload)) == ["turn ended, 1 in the background: waiting"]
    (claude.repo / "go").touch()
    stop = await claude.hook_server.reported("Stop", number=2)
    assert described(claude.source.interpret(stop.payload)) == ["turn ended, 0 in the background: it ended"]
    note = claude.hook_server.all("UserPromptSubmit")[1]
    [told] = described(claude.source.interpret(note.payload))
    assert told.startswith("THINKING: Background command")


async def test_a_subagent_speaks_for_itself(claude: Claude) -> None:
    """In the foreground in the older version, in the background in the newer one."""
    inner = prompt({"tool": "Bash", "input": {"command": "echo inner"}}, {"text": "inner done"})
    given = {"description": "look around", "subagent_type": "general-purpose", "prompt": inner}
    agent = {"tool": "Agent", "input": given}
    await claude.start(prompt(agent, {"text": "one"}, {"text": "two"}), profile=FREE)
    await claude.hook_server.reported("SubagentStop")
    await claude.hook_server.reported("Stop", lambda report: not report["background_tasks"])
    id = claude.hook_server.all("SubagentStart")[0].payload["agent_id"]
    told = means_of(claude, id)
    assert told == [
        "RUNNING: Subagent: general-purpose",
        "RUNNING: Running echo inner",
        "THINKING: Thinking",
        "STOPPED: inner done",
    ]
    assert "RUNNING: Subagent: look around" in means(claude)
    assert "RUNNING: Running echo inner" not in means(claude)
    foreground = claude.version == "2.1.197"
    assert len(claude.hook_server.all("Stop")) == (1 if foreground else 2)


def means_of(claude: Claude, id: str) -> list[str]:
    signals = [
        signal for report in claude.hook_server.reports for signal in claude.source.interpret(report.payload)
    ]
    mine = [words.removeprefix(f"@{id} ") for words in described(signals) if words.startswith(f"@{id} ")]
    return [words for words in mine if words.split(":")[0].isupper()]


@pytest.mark.parametrize(
    ("step", "error"),
    [
        ({"error": 429, "headers": {"retry-after": "0"}}, "rate_limit"),
        ({"error": 401}, "authentication_failed"),
    ],
)
async def test_a_failed_turn(claude: Claude, step: dict[str, object], error: str) -> None:
    await claude.start(prompt(step))
    report = await claude.hook_server.reported("StopFailure")
    assert report.payload["error"] == error
    await claude.rests()
    assert "Stop" not in claude.hook_server.events()


async def test_a_passing_error_is_retried(claude: Claude) -> None:
    step = {"error": 529, "times": 1, "headers": {"retry-after": "0"}}
    await claude.start(prompt(step, {"text": "after all"}))
    assert (await claude.hook_server.reported("Stop")).payload["last_assistant_message"] == "after all"


async def test_an_error_in_the_stream_is_retried(claude: Claude) -> None:
    error = {"sse_error": "overloaded_error", "text": "half", "times": 1}
    await claude.start(prompt(error, {"text": "after all"}))
    assert (await claude.hook_server.reported("Stop")).payload["last_assistant_message"] == "after all"


async def test_a_person_clears_and_compacts(claude: Claude) -> None:
    """Typed by a person: the conversation gets another id, or a summary."""
    await claude.start(prompt({"text": "one"}))
    await claude.hook_server.reported("Stop")
    for number, text in enumerate(("two", "three"), start=2):
        await claude.say(text)
        await claude.hook_server.reported("Stop", number=number)
    await command(claude, "/compact")
    compacted = await claude.hook_server.reported("PostCompact")
    [told] = described(claude.source.interpret(compacted.payload))
    assert told == "IDLE: Ready, the conversation was compacted"
    await claude.rests()
    await command(claude, "/clear")
    cleared = await claude.hook_server.reported("SessionStart", lambda report: report["source"] == "clear")
    assert cleared.payload["session_id"] != claude.session_id
    ended = await claude.hook_server.reported("SessionEnd")
    assert claude.source.interpret(ended.payload) == []


async def command(claude: Claude, text: str) -> None:
    """A command of the CLI as a person types it."""
    await claude.press(Keys(text.encode(), 0.3), Keys(b"\r"))
