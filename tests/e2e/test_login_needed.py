"""An agent that is not logged in says so on its screen, a moment after the report that its turn failed."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.support.agent_hooks import agent_hooks
from tests.support.live import repository, running

pytestmark = pytest.mark.timeout(240)

#: In the place of Claude Code: an empty input box, and what it needs half a second after the file named first
#: is there.
SCREEN = r"""
import os, sys, time

box = "─" * 20 + "\n❯ \n" + "─" * 20
print(box, flush=True)
while not os.path.exists(sys.argv[1]):
    time.sleep(0.01)
time.sleep(0.5)
print("  ⎿  Not logged in · Please run /login\n" + box, flush=True)
time.sleep(600)
"""


async def test_what_waits_for_the_turn_is_kept(home: Path) -> None:
    """It would be typed to an agent that only refuses it: it stays queued until somebody has logged in."""
    needed = home / "needed"
    command = json.dumps([sys.executable, "-c", SCREEN, str(needed)])
    with running(home, f"[plugins.hooks]\ncommand = {command}\n") as server:
        async with server.api() as api:
            await api.add_project(repository(home / "repo", **{"app.py": "one\n"}))
            task = await api.create("Try", description="work")
            await api.start(task)
            await api.until(task, lambda one: one["messages"][0]["state"] == "DELIVERED")
            agent = agent_hooks(task)
            await agent.report("SessionStart", source="startup", session_id="one")
            await agent.report("UserPromptSubmit", prompt="work")
            assert (await api.send(task, "and this"))["state"] == "QUEUED"
            await agent.report("StopFailure", error="authentication_failed", error_details="Not logged in")
            needed.touch()
            waiting = await api.until(task, lambda one: one["agentStatus"] == "WAITING")
            assert waiting["activity"] == "Claude Code is not logged in. Run /login in its terminal."
            assert waiting["messages"][1]["state"] == "QUEUED"
