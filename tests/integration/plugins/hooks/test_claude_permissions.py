"""Permission requests of the real Claude Code, held open and answered from outside or in the terminal."""

from __future__ import annotations

import asyncio
import json
import re

import pytest

from chorus.backends import Keys, PermissionProfile, Verdict
from chorus.model import AfterPlan, AgentStatus, PermissionDecision, Ruling, ToolDecision
from tests.support.claude import CLAUDES
from tests.support.claude_terminal import Claude
from tests.support.endpoint import prompt

pytestmark = [pytest.mark.parametrize("version", CLAUDES), pytest.mark.timeout(240)]

ALLOW, DENY = PermissionDecision.ALLOW, PermissionDecision.DENY

#: By the last character of the code.
RULINGS = {")": ToolDecision.ALLOW, "2": ToolDecision.DENY, "3": ToolDecision.ASK}


def python(code: str) -> dict[str, object]:
    """A step that needs permission."""
    return {"tool": "Bash", "input": {"command": f"python3 -c '{code}'"}}


async def test_held_then_allowed_denied_and_interrupted(claude: Claude) -> None:
    make = python('open("made", "w")')
    await claude.start(prompt(make, python("1"), {"text": "going on"}))
    held = await claude.hook_server.reported("PermissionRequest")
    assert (await claude.asks()).kind == "permission"
    await claude.is_(AgentStatus.WAITING)
    assert not (claude.repo / "made").exists()
    held.decide(claude.source.answer(held.payload, Verdict(ALLOW)))

    held = await claude.hook_server.reported("PermissionRequest", number=2)
    assert (claude.repo / "made").exists()
    held.decide(claude.source.answer(held.payload, Verdict(DENY, message="Use the test instead")))
    await claude.hook_server.reported("Stop")
    assert "Use the test instead" in str(claude.endpoint.requests[-1].tool_results[-1])
    assert len(claude.hook_server.all("PostToolUse")) == 1

    await claude.say(prompt(python("2"), {"text": "never"}))
    held = await claude.hook_server.reported("PermissionRequest", number=3)
    held.decide(claude.source.answer(held.payload, Verdict(DENY, message="Stop", interrupt=True)))
    await claude.terminal.shows("Interrupted")
    await claude.rests()
    assert len(claude.hook_server.all("Stop")) == 1


async def test_allowed_with_another_input(claude: Claude) -> None:
    await claude.start(prompt(python('open("this", "w")'), {"text": "done"}))
    held = await claude.hook_server.reported("PermissionRequest")
    changed = {"command": "touch that"}
    held.decide(claude.source.answer(held.payload, Verdict(ALLOW, updated_input=changed)))
    await claude.hook_server.reported("Stop")
    assert {path.name for path in claude.repo.iterdir()} == {".git", "README.md", "that"}


async def test_ruled_before_its_use(claude: Claude) -> None:
    """Allowed: nothing is asked. Refused: the model is told why. Asked: also what is allowed otherwise."""
    free = PermissionProfile("p", allow=("Bash",))
    steps = (python('open("made", "w")'), python("2"), python("3"))
    claude.hook_server.ruling = lambda payload: claude.source.guard(
        payload, Ruling(RULINGS[payload["tool_input"]["command"][-2]], "policy p", "Because I say so.")
    )
    await claude.start(prompt(*steps, {"text": "done"}), profile=free)
    held = await claude.hook_server.reported("PermissionRequest")
    assert held.payload["tool_input"]["command"].endswith("'3'")
    assert (claude.repo / "made").exists()
    assert "Because I say so." in str(claude.endpoint.requests[-1].tool_results[-1])
    held.decide(claude.source.answer(held.payload, Verdict(ALLOW)))
    await claude.hook_server.reported("Stop")


async def test_answered_in_the_terminal(claude: Claude) -> None:
    """Yes: the request stays open and the tool's end tells. Escape: the agent hangs up, no Stop comes."""
    await claude.start(prompt(python("1"), python("2"), {"text": "never"}))
    first = await claude.hook_server.reported("PermissionRequest")
    await claude.asks()
    await claude.press(Keys(b"\r"))
    await claude.hook_server.reported("PostToolUse")
    assert not first.gone.is_set()
    second = await claude.hook_server.reported("PermissionRequest", number=2)
    await claude.asks()
    await claude.press(*claude.agent.interrupting())
    async with asyncio.timeout(45):
        await second.gone.wait()
    await claude.rests()
    assert "Stop" not in claude.hook_server.events()


async def test_a_question_is_answered(claude: Claude) -> None:
    options = [{"label": label, "description": label} for label in ("A", "B")]
    question = {"question": "Which one?", "header": "Pick", "multiSelect": False, "options": options}
    step = {"tool": "AskUserQuestion", "input": {"questions": [question]}}
    await claude.start(prompt(step, {"text": "thanks"}))
    held = await claude.hook_server.reported("PermissionRequest")
    assert (await claude.asks()).kind == "question"
    held.decide(claude.source.answer(held.payload, Verdict(ALLOW, message="Neither, thank you")))
    await claude.hook_server.reported("Stop")
    assert "Neither, thank you" in str(claude.endpoint.requests[-1].tool_results[-1])


def write(path: str) -> dict[str, object]:
    return {"tool": "Write", "input": {"file_path": path, "content": "# The plan\n1. Do **it**"}}


async def test_a_plan_is_told_and_approved_with_the_mode_to_go_on_in(claude: Claude) -> None:
    """The model writes its plan into a file that it is told of; the request then has what is in it."""
    enter: dict[str, object] = {"tool": "EnterPlanMode", "input": {}}
    leave = {**enter, "tool": "ExitPlanMode"}
    await claude.start(prompt(enter, {"text": "thinking"}), profile=PermissionProfile("p", "acceptEdits"))
    await claude.hook_server.reported("Stop")
    told = json.dumps([request.messages for request in claude.endpoint.requests])
    file = re.findall(r"/[^\"\\ ]+/plans/[^\"\\ ]+?\.md", told)[0]
    await claude.say(prompt(write(file), leave, leave, write("made"), {"text": "done"}))

    held = await claude.hook_server.reported("PermissionRequest")
    assert held.payload["tool_input"] == {"plan": "# The plan\n1. Do **it**", "planFilePath": file}
    assert (await claude.asks()).kind == "permission"
    held.decide(claude.source.answer(held.payload, Verdict(DENY, message="Write the test first")))
    held = await claude.hook_server.reported("PermissionRequest", number=2)
    assert held.payload["permission_mode"] == "plan"
    assert "Write the test first" in str(claude.endpoint.requests[-1].tool_results[-1])

    # By itself it would go on accepting edits, as it was started.
    held.decide(claude.source.answer(held.payload, Verdict(ALLOW, after_plan=AfterPlan.ASK_FOR_EDITS)))
    edit = await claude.hook_server.reported("PermissionRequest", number=3)
    assert (edit.payload["tool_name"], edit.payload["permission_mode"]) == ("Write", "default")
    assert "approved" in str(claude.endpoint.requests[-1].tool_results[-1])


async def test_two_subagents_ask_at_once(claude: Claude) -> None:
    agents = [
        {
            "tool": "Agent",
            "input": {
                "description": f"sub {name}",
                "subagent_type": "general-purpose",
                "prompt": prompt(python(f'open("{name}", "w")'), {"text": f"{name} done"}),
            },
        }
        for name in ("one", "two")
    ]
    await claude.start(prompt({"blocks": agents}, {"text": "a"}, {"text": "b"}, {"text": "c"}))
    await claude.hook_server.reported("PermissionRequest", number=2)
    held = claude.hook_server.all("PermissionRequest")
    assert len({report.payload["agent_id"] for report in held}) == 2
    for report in reversed(held):
        allowed = "one" in report.payload["tool_input"]["command"]
        report.decide(claude.source.answer(report.payload, Verdict(ALLOW if allowed else DENY)))
    await claude.hook_server.reported("SubagentStop", number=2)
    assert (claude.repo / "one").exists()
    assert not (claude.repo / "two").exists()


async def test_auto_mode_without_its_check(claude: Claude) -> None:
    """The older version denies; the newer one asks on its screen and holds no request open."""
    await claude.start(prompt(python("1"), {"text": "done"}), profile=PermissionProfile("p", "auto"))
    if claude.version == "2.1.197":
        await claude.hook_server.reported("PermissionDenied")
        await claude.hook_server.reported("Stop")
    else:
        assert (await claude.asks()).kind == "auto-mode"
        assert "PermissionRequest" not in claude.hook_server.events()
