"""Prompts typed into the real Claude Code arrive as they were said."""

from __future__ import annotations

import pytest

from chorus.backends import PermissionProfile
from tests.support.claude import CLAUDES
from tests.support.claude_terminal import Claude
from tests.support.endpoint import prompt

pytestmark = [pytest.mark.parametrize("version", CLAUDES), pytest.mark.timeout(240)]

#: What is said, and what the agent takes where that differs.
SAID = [
    ("plain words", None),
    ("-rf --help", None),
    ("line one\n  line two\n\nline four", None),
    ("\n".join(f"line {number}" for number in range(60)), None),
    ("ünï 日本語 🎉 👩\u200d👩\u200d👧 می\u200cخواهم", None),
    ("a trailing backslash \\", None),
    ("#memo & 'quotes' \"and\" $HOME `id` ; #{pane_id} %1", None),
    ("look at @READ", None),
    ("see /hel", None),
    ("/usr/bin/env python", None),
    ("word " * 1_200 + "end", None),
    ("!touch made-by-a-prompt", " !touch made-by-a-prompt"),
    ("?", " ?"),
    ("/help", "Text: /help"),
    ("  /clear", "Text: /clear"),
    ("exit", "Text: exit"),
    ("a\ttab", "a    tab"),
    ("in\x1bvis\x03ible\u200b \u202eme", "invisible me"),
    ("trailing space  \n", "trailing space"),
]


async def test_typed_prompts_arrive_exactly(claude: Claude) -> None:
    await claude.start()
    await claude.ready()
    for number, (said, taken) in enumerate(SAID, start=1):
        assert await claude.say(said) == (said if taken is None else taken)
        await claude.hook_server.reported("Stop", number=number)
        await claude.rests()
    assert not (claude.repo / "made-by-a-prompt").exists()
    assert set(claude.hook_server.events()) == {"SessionStart", "UserPromptSubmit", "Stop"}
    told = claude.endpoint.requests[-1].said
    assert all((said if taken is None else taken).strip() in told for said, taken in SAID)


async def test_a_long_prompt_is_typed_whole(claude: Claude) -> None:
    long = "".join(f"ünï 🎉 line {number}\n" for number in range(1_200))
    await claude.start()
    await claude.ready()
    assert await claude.say(long) == long.rstrip()


async def test_said_while_it_works(claude: Claude) -> None:
    """Both versions tell the model; only the newer one reports that it took the message."""
    steps = ({"tool": "Bash", "input": {"command": "until [ -e go ]; do sleep 0.1; done"}}, {"text": "ended"})
    await claude.start(prompt(*steps), profile=PermissionProfile("p", allow=("Bash",)))
    await claude.hook_server.reported("PreToolUse")
    await claude.press(*claude.agent.typing("and this"))
    await claude.terminal.shows("and this")
    if claude.version != "2.1.197":
        await claude.hook_server.reported("UserPromptSubmit", lambda report: report["prompt"] == "and this")
    (claude.repo / "go").touch()
    request = await claude.endpoint.seen(lambda request: "and this" in request.said)
    assert len(request.tool_results) == 1
