"""What fails for a passing reason is tried again, with the reason on record, and makes way for a stop."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.faults import at_rest, begin, ended, scene, until
from tests.support.live import git

pytestmark = pytest.mark.timeout(240)

QUICK = "[plugins.git]\nlock_timeout = 1\n"


def locking(home: Path) -> str:
    """A git for which the repository is locked while a file says so."""
    program = home / "git"
    program.write_text(
        f'#!/bin/sh\nif [ -e {home}/trouble ] && case "$*" in *worktree*add*) true;; *) false;; esac\nthen\n'
        f"echo \"fatal: Unable to create '{home}/repo/.git/HEAD.lock': File exists.\" >&2; exit 128\n"
        f'fi\nexec /usr/bin/git "$@"\n'
    )
    program.chmod(0o755)
    return f'[plugins.git]\ncommand = "{program}"\nlock_timeout = 0.1\n'


async def test_a_locked_repository_delays_a_start(home: Path) -> None:
    async with scene(home, locking(home)) as found:
        project = await found.api.add_project(found.repo)
        (home / "trouble").touch()
        task = await found.api.create("Later", projectId=project, agent="listener", description="hello")
        await found.api.start(task)
        waiting = await found.api.until(task, lambda one: "Waiting to start" in (one["activity"] or ""))
        assert "HEAD.lock" in waiting["activity"]
        assert (waiting["agentStatus"], waiting["runs"][0]["end"]) == ("STARTING", None)
        (home / "trouble").unlink()
        await at_rest(found.api, task)
        assert len(found.noted(task, "start")) == 1
        assert "host.retry" in [event["kind"] for event in await found.api.events(task=task)]
        await found.check()


async def test_a_start_that_does_not_work_makes_way_for_the_end(home: Path) -> None:
    async with scene(home, locking(home)) as found:
        project = await found.api.add_project(found.repo)
        (home / "trouble").touch()
        task = await found.api.create("Never", projectId=project, agent="listener", description="hello")
        await found.api.start(task)
        await found.api.until(task, lambda one: "Waiting to start" in (one["activity"] or ""))
        await found.api.act("failTask", task, reason="it takes too long")
        assert (await ended(found.api, task))["endDetail"] == "Ended by token"
        (home / "trouble").unlink()
        await found.settled()
        assert found.noted(task, "start") == []
        assert (found.sessions(), found.worktrees()) == ([], [str(found.repo)])
        await found.check()


async def test_a_locked_index_delays_a_commit(home: Path) -> None:
    """The lock is named with its age, and never removed: only who made it knows whether it is in use."""
    async with scene(home, QUICK) as found:
        project = await found.api.add_project(found.repo)
        task = await begin(found.api, project, "hello")
        await at_rest(found.api, task)
        worktree = (await found.api.task(task))["worktree"]
        lock = Path(git(Path(worktree), "rev-parse", "--absolute-git-dir").strip(), "index.lock")
        lock.touch()
        await found.api.send(task, "write one.txt")

        async def reason() -> str:
            told = [event for event in await found.api.events(task=task) if event["kind"] == "host.retry"]
            return str(told[0]["data"]["message"]) if told else ""

        await found.api.until(task, lambda one: one["activity"] == "did write one.txt")
        await until(lambda: found.query("SELECT 1 FROM events WHERE kind = 'host.retry'"))
        assert str(lock) in await reason()
        assert "s old" in await reason()
        assert lock.exists()
        assert (await found.api.task(task))["commits"] == []
        os.unlink(lock)
        done = await found.api.until(task, lambda one: one["commits"])
        assert [one["files"] for one in done["commits"]] == [["one.txt"]]
        await found.settled()
        await found.check()
