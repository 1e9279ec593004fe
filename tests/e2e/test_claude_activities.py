"""What clients of Chorus see the real Claude Code do, line by line: a status and an activity for each step.

One server for each version; its tasks are all started at once, and each test looks at one of them. What
needs a server of its own is in test_claude_status.py.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.support.claude import CLAUDES, Surroundings
from tests.support.claude_scene import ClaudeScene, bash, claude_scene, script
from tests.support.claude_tasks import press, says
from tests.support.faults import alive, until
from tests.support.live import PATIENCE, repository

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

OLDEST = "2.1.197"
HISTORY = "activities(first: 100) { agentStatus activity source }"
CHILD = bash("echo $$ > child; exec sleep 600")
PROFILES = '[permissions.profiles.automatic]\nmode = "auto"\n'

#: A hook of the user's own, which goes on beside those of Chorus: a note of each notification.
NOTING = 'cat > "$HOME/notes/.$$" && mv "$HOME/notes/.$$" "$HOME/notes/$$"'

#: What each task is told, and how it differs from the others.
STEPS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "steps": (
        script(
            {"tool": "Read", "input": {"file_path": "app.py"}},
            {"tool": "Edit", "input": {"file_path": "app.py", "old_string": "two", "new_string": "2"}},
            {"tool": "Write", "input": {"file_path": "new.txt", "content": "x"}},
            bash("ls /nowhere"),
            {"text": "All done."},
            say="Improve it\nand more ",
        ),
        {},
    ),
    "asks": (script(bash("python3 -c pass"), {"text": "Yes."}), {"permissionProfile": "default"}),
    "fails": (script({"error": 400, "message": "no"}), {}),
    "auto": (script(bash("python3 -c pass"), {"text": "Went on."}), {"permissionProfile": "automatic"}),
    "child": (script(CHILD, {"text": "never"}), {}),
    "closed": (script(CHILD, {"text": "never"}), {}),
    "headless": (
        script({"error": 529, "times": 1, "headers": {"retry-after": "0"}}, CHILD, {"text": "never"}),
        {"runMode": "HEADLESS"},
    ),
    "untrusted": (script({"text": "Thank you."}), {}),
}


@dataclass
class Day:
    """A server with a task for each of `STEPS`."""

    scene: ClaudeScene
    home: Path
    version: str
    tasks: Mapping[str, str]

    @property
    def api(self) -> Any:
        return self.scene.api

    async def history(self, task: str) -> list[str]:
        """What it did, the oldest first."""
        found = (await self.api.task(self.tasks[task], HISTORY))["activities"]
        return [f"{one['agentStatus']}: {one['activity']}" for one in reversed(found)]

    async def comes(self, task: str, *lines: str) -> list[str]:
        """Its history as soon as these lines are in it."""
        document = "subscription($id: ID!) { taskChanged(id: $id) { id } }"
        found: list[str] = []
        try:
            async with (
                asyncio.timeout(PATIENCE),
                aclosing(self.api.subscribe(document, id=self.tasks[task])) as feed,
            ):
                async for _ in feed:
                    found = await self.history(task)
                    if set(lines) <= set(found):
                        return found
        except TimeoutError:
            pass
        raise AssertionError(f"not all of {lines} came: {found}")

    async def notified(self, task: str, kind: str) -> None:
        """Wait until its agent has said so."""
        session = (await self.api.task(self.tasks[task]))["runs"][0]["agentSessionId"]

        def said() -> list[tuple[str, str]]:
            notes = [json.loads(path.read_text()) for path in self.home.glob("notes/[0-9]*")]
            return [(note["session_id"], note["notification_type"]) for note in notes]

        await until(lambda: (session, kind) in said())

    async def until(self, task: str, wanted: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        found: dict[str, Any] = await self.api.until(self.tasks[task], wanted)
        return found

    async def says(self, task: str, command: str) -> None:
        """A person in its terminal."""
        await says(await self.api.task(self.tasks[task]), command)


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=CLAUDES)
async def day(request: pytest.FixtureRequest) -> AsyncIterator[Day]:
    home = Path(tempfile.mkdtemp(prefix="ch-"))
    try:
        async with claude_scene(home, request.param, more=PROFILES, CLAUDE_CODE_MAX_RETRIES="1") as on:
            # It says after two seconds, not after a minute, that it waits for a person.
            surroundings = Surroundings(home, on.endpoint.url)
            surroundings.seed(trusted=[on.repo], messageIdleNotifThresholdMs=2000)
            hook = {"hooks": [{"type": "command", "command": NOTING}]}
            settings = {"hooks": {"Notification": [hook]}}
            (surroundings.config_dir / "settings.json").write_text(json.dumps(settings))
            (home / "notes").mkdir()
            project = await on.api.add_project(on.repo)
            other = await on.api.add_project(repository(home / "other"))
            tasks = {}
            for name, (prompt, fields) in STEPS.items():
                of = {"permissionProfile": "full_dev", **fields}
                where = other if name == "untrusted" else project
                tasks[name] = await on.api.create(name, projectId=where, description=prompt, **of)
                await on.api.start(tasks[name])
            yield Day(on, home, request.param, tasks)
    finally:
        shutil.rmtree(home, ignore_errors=True)


async def test_every_step_of_a_turn_is_told(day: Day) -> None:
    found = await day.comes("steps", "IDLE: All done.")
    turn = [line for line in found[: found.index("IDLE: All done.")] if line != "IDLE: Ready"]
    assert turn == [
        "STARTING: Starting",
        "THINKING: Improve it",
        "READING: Reading app.py",
        "THINKING: Thinking",
        "EDITING: Editing app.py",
        "THINKING: Thinking",
        "EDITING: Writing new.txt",
        "THINKING: Thinking",
        "RUNNING: Running ls /nowhere",
        "THINKING: Thinking",
    ]


async def test_a_reminder_hides_nothing_and_a_conversation_is_compacted(day: Day) -> None:
    """It reminds a person after a while; what it said last still stands there."""
    await day.notified("steps", "idle_prompt")
    await day.says("steps", "/compact")
    compacted = "IDLE: Ready, the conversation was compacted"
    found = await day.comes("steps", compacted)
    assert found[found.index("IDLE: All done.") :] == [
        "IDLE: All done.",
        "THINKING: Compacting the conversation",
        compacted,
    ]


async def test_a_turn_fails_and_a_person_ends_the_agent_in_its_terminal(day: Day) -> None:
    """A reminder does not hide that it failed; what a person has ended can go on."""
    await day.comes("fails", "ERRORED: unknown: API Error: 400 no")
    await day.notified("fails", "idle_prompt")
    await day.says("fails", "/exit")
    left = await day.until("fails", lambda one: one["runs"][0]["end"])
    run = left["runs"][0]
    assert (left["agentStatus"], run["end"], run["exitCode"]) == ("STOPPED", "FINISHED", 0)
    [told] = [one for one in await day.api.events(task=day.tasks["fails"]) if one["kind"] == "agent.left"]
    assert told["data"]["reason"] == "prompt_input_exit"
    assert not [line for line in (await day.history("fails"))[3:] if line.startswith("IDLE")]
    await day.api.act("restartAgent", day.tasks["fails"])
    await day.comes("fails", "IDLE: Ready, the conversation goes on")


async def test_it_asks_and_says_once_more_that_it_asks(day: Day) -> None:
    asking = "WAITING: Needs approval: python3 -c pass"
    await day.comes("asks", asking)
    await day.notified("asks", "permission_prompt")
    # What is said now would be a yes, if it were typed.
    await day.api.send(day.tasks["asks"], script({"text": "And more."}))
    still = await day.api.task(day.tasks["asks"])
    assert (still["messages"][1]["state"], still["activity"]) == ("QUEUED", asking.partition(" ")[2])
    [request] = still["permissionRequests"]
    assert (await day.api.respond(request["id"], "ALLOW"))["state"] == "ALLOWED"
    found = await day.comes("asks", "IDLE: Yes.", "IDLE: And more.")
    assert [line for line in found if line.startswith("WAITING")] == [asking]


async def test_automatic_permission_without_its_check(day: Day) -> None:
    """The older version refuses and goes on; the newer one asks in its terminal, and tells so later."""
    if day.version == OLDEST:
        found = await day.comes("auto", "IDLE: Went on.")
        assert not [line for line in found if line.startswith("WAITING")]
    else:
        await day.notified("auto", "agent_needs_input")
        waiting = await day.until("auto", lambda one: one["agentStatus"] == "WAITING")
        assert "uto mode" in waiting["activity"]


@pytest.mark.parametrize(
    ("task", "act"), [("child", "restartAgent"), ("closed", "completeTask"), ("headless", "restartAgent")]
)
async def test_what_it_runs_ends_with_it(day: Day, task: str, act: str) -> None:
    """In its terminal and headless, where it also says when a request is made again."""
    busy = await day.until(task, lambda one: one["agentStatus"] == "RUNNING")
    if task == "headless":
        assert "THINKING: Retrying, attempt 1 of 1: overloaded" in await day.history(task)
    note = Path(busy["worktree"]) / "child"
    await until(lambda: note.exists() and note.read_text().endswith("\n"))
    child = int(note.read_text())
    await day.api.act(act, day.tasks[task])
    over = await day.until(task, lambda one: one["runs"][0]["end"])
    assert over["runs"][0]["end"] == "KILLED"
    await until(lambda: not alive(child))


async def test_a_person_trusts_the_repository_in_the_terminal(day: Day) -> None:
    """What was said meanwhile waits, and answers nothing."""
    await day.until("untrusted", lambda one: one["statusSource"] == "screen")
    sent = await day.api.send(day.tasks["untrusted"], script({"text": "Later."}))
    assert sent["state"] == "QUEUED"
    one = await day.api.task(day.tasks["untrusted"])
    press(one, "Enter" if day.version == OLDEST else "Down")
    if day.version != OLDEST:
        press(one, "Enter")
    found = await day.comes("untrusted", "IDLE: Later.")
    assert [line for line in found if line.startswith("WAITING: Claude Code asks whether it may work")]
    assert "IDLE: Thank you." in found
