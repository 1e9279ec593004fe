"""The real Claude Code where it writes nothing down: only the title of its terminal tells of an Escape."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.claude import CLAUDES
from tests.support.claude_scene import asked, bash, claude_scene
from tests.support.claude_tasks import history, press, rests, started

pytestmark = [pytest.mark.timeout(180), pytest.mark.parametrize("version", CLAUDES)]

TITLE = "claude-hooks title"

#: Not known to be harmless, so it is asked about.
UNTIL_GO = 'import os, time; [time.sleep(0.1) for _ in iter(lambda: os.path.exists("go"), True)]'


async def test_without_its_own_file_the_title_of_its_terminal_tells(home: Path, version: str) -> None:
    async with claude_scene(home, version) as on:
        config = home / ".claude"
        (config / "sessions").touch()  # it can write nothing in there
        asking = bash(f"python3 -c '{UNTIL_GO}'")
        task = await started(on, asking, {"hang": True, "text": "never"}, profile="default")
        # What it has taken is read by a look: one has seen the question.
        waiting = await on.api.until(task, lambda one: asked(one) and one["inputTokens"])
        press(waiting, "Enter")
        # Nothing is reported before the command ends.
        busy = await on.api.until(task, lambda one: one["agentStatus"] == "RUNNING" and not asked(one))
        assert [one["state"] for one in busy["permissionRequests"]] == ["WITHDRAWN"]
        (Path(busy["worktree"]) / "go").touch()
        await on.api.until(task, lambda one: one["agentStatus"] == "THINKING")
        # Its transcript would tell of the Escape as well, later.
        (config / "projects").rename(home / "away")
        (config / "projects").touch()
        press(busy, "Escape")
        idle = await rests(on, task)
        assert (idle["activity"], idle["statusSource"]) == ("Rests, by the title of its terminal", TITLE)
        found = [one.split(":")[0] for one in await history(on, task)]
        assert found[found.index("WAITING") :] == ["WAITING", "RUNNING", "THINKING", "IDLE"]
