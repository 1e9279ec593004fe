"""Two real agents in one working tree: each branch gets exactly its own hunks, and a conflict is resolved.

`but` is the fake in tests/support/fakes (or the real one, named by CHORUS_TEST_BUT); the agents are real.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.claude import CLAUDES, Surroundings, find_claude
from tests.support.endpoint.server import Endpoint
from tests.support.live import Api, ApiError, Server, git, repository, running
from tests.support.paths import BUT

pytestmark = pytest.mark.timeout(300)

LINES = "".join(f"line {number}\n" for number in range(1, 41))


@dataclass
class Scene:
    server: Server
    api: Api
    repo: Path
    project: str


def toml(table: dict[str, str]) -> str:
    return "\n".join(f"{name} = {json.dumps(value)}" for name, value in table.items())


@asynccontextmanager
async def scene(home: Path, version: str) -> AsyncIterator[Scene]:
    """A repository that a person has set up for GitButler over the API, with Claude Code as the agent."""
    repo = repository(home / "repo", **{"app.py": LINES})
    git(repo, "remote", "add", "origin", str(repo))
    git(repo, "fetch", "--quiet", "origin")
    git(repo, "config", "user.name", "Test")
    git(repo, "config", "user.email", "test@localhost")
    async with Endpoint() as endpoint:
        surroundings = Surroundings(home, endpoint.url)
        surroundings.seed(trusted=[repo])
        config = (
            f"[plugins.gitbutler]\ncommand = {json.dumps(BUT)}\n"
            f'[plugins.gitbutler.env]\nFAKE_BUT_GENERATION = "0.22"\n'
            f"[plugins.hooks]\ncommand = [{json.dumps(str(find_claude(version)))}]\n"
            f'[plugins.hooks.env]\n{toml(surroundings.env)}\nIS_SANDBOX = "1"\n'
        )
        with running(home, config) as server:
            async with server.api() as api:
                project = await api.add_project(repo)
                yield Scene(server, api, repo, project)


SET_UP = (
    'mutation($id: ID!, $yes: Boolean!) { setUpProject(id: $id, vcsBackend: "gitbutler", consent: $yes) }'
)


def edit(number: int, new: str) -> dict[str, Any]:
    given = {"file_path": "app.py", "old_string": f"line {number}\n", "new_string": f"{new}\n"}
    return {"tool": "Edit", "input": given}


def prompt(*edits: dict[str, Any]) -> str:
    """Edits as an agent makes them in a file that others change: refused, it reads and tries again.

    Claude Code refuses to edit a file that is not as it was read. An attempt after one that worked finds
    nothing to replace and fails, which harms nobody.
    """
    read = {"tool": "Read", "input": {"file_path": "app.py"}}
    steps = [step for one in edits for _ in range(8) for step in (read, one)]
    return "@@" + json.dumps([*steps, {"text": "Done."}])


def changed(repo: Path, branch: str, base: str = "main") -> set[str]:
    """The lines that a branch adds."""
    diff = git(repo, "diff", "-U0", f"{base}...{branch}", "--", "app.py")
    return {line[1:] for line in diff.splitlines() if line.startswith("+") and not line.startswith("+++")}


@pytest.mark.parametrize("version", CLAUDES)
async def test_two_agents_in_one_file_and_a_third_on_top(home: Path, version: str) -> None:
    async with scene(home, version) as on:
        api = on.api
        # Nothing is changed before a person has seen what would be, and agreed.
        head = git(on.repo, "symbolic-ref", "HEAD")
        told = (await api.call(SET_UP, id=on.project, yes=False))["setUpProject"]
        assert "gitbutler/workspace" in told
        assert git(on.repo, "symbolic-ref", "HEAD") == head
        await api.call(SET_UP, id=on.project, yes=True)
        assert "gitbutler/workspace" in git(on.repo, "symbolic-ref", "HEAD")

        first, second = [
            await api.create(title, projectId=on.project, description=text, permissionProfile="safe_edit")
            for title, text in (
                ("The top", prompt(edit(3, "top three"), edit(5, "top five"))),
                ("The bottom", prompt(edit(33, "bottom 33"), edit(35, "bottom 35"))),
            )
        ]
        made = await api.task(first, "vcsBackend")
        assert made["vcsBackend"] == "gitbutler", "the default where the repository is set up for it"
        await api.start(first)
        await api.start(second)
        one, two = [
            await api.until(task, lambda it: it["agentStatus"] == "IDLE" and len(it["commits"]) == 2, 60)
            for task in (first, second)
        ]
        assert changed(on.repo, one["branch"]) == {"top three", "top five"}
        assert changed(on.repo, two["branch"]) == {"bottom 33", "bottom 35"}
        assert one["worktree"] == two["worktree"] == str(on.repo)

        # A third edits next to the first one's lines: the change depends on that branch.
        third = await api.create(
            "Beside the top",
            projectId=on.project,
            description=prompt(
                {
                    "tool": "Edit",
                    "input": {
                        "file_path": "app.py",
                        "old_string": "top three\nline 4\n",
                        "new_string": "top three and more\nline 4\n",
                    },
                }
            ),
            permissionProfile="safe_edit",
        )
        await api.start(third)
        await api.until(third, lambda it: it["activity"] == "Done.", 60)
        conflict = await conflict_of(api, third, there=True)
        assert one["branch"] in conflict
        events = [event["kind"] for event in await api.events(task=third)]
        assert "vcs.conflict" in events

        document = "mutation($id: ID!) { resolveConflict(taskId: $id, policy: STACK) { id } }"
        await api.call(document, id=third)
        assert await conflict_of(api, third, there=False) == ""
        stacked = await api.until(third, lambda it: it["commits"], 60)
        assert changed(on.repo, stacked["branch"], one["branch"]) == {"top three and more"}
        assert changed(on.repo, one["branch"]) == {"top three", "top five"}


async def conflict_of(api: Api, task: str, *, there: bool) -> str:
    """The conflict of a task in words, as soon as it has one, or has none any more."""
    document = "subscription($id: ID!) { taskChanged(id: $id) { conflict } }"
    async with aclosing(api.subscribe(document, id=task)) as changes:
        async for data in changes:
            if bool(data["taskChanged"]["conflict"]) is there:
                return data["taskChanged"]["conflict"] or ""
    raise AssertionError("the subscription ended")


async def event_of(api: Api, task: str, kind: str) -> dict[str, Any]:
    """The data of a task's first event of a kind, waiting for it."""
    document = 'subscription($id: ID!) { events(after: "e0", taskId: $id) { kind data } }'
    async with asyncio.timeout(30), aclosing(api.subscribe(document, id=task)) as events:
        async for data in events:
            if data["events"]["kind"] == kind:
                found: dict[str, Any] = data["events"]["data"]
                return found
    raise AssertionError("the subscription ended")


@pytest.mark.parametrize("version", CLAUDES)
async def test_commands_are_attributed_and_the_rest_is_reported(home: Path, version: str) -> None:
    async with scene(home, version) as on:
        api = on.api
        await api.call(SET_UP, id=on.project, yes=True)
        (on.repo / "mine.txt").write_text("a person's own file\n")
        write = {"command": "python3 -c \"open('made.txt', 'w').write('made')\"", "description": "Make it"}
        task = await api.create(
            "By command",
            projectId=on.project,
            description="@@" + json.dumps([{"tool": "Bash", "input": write}, {"text": "Done."}]),
            permissionProfile="full_dev",
        )
        await api.start(task)
        done = await api.until(task, lambda it: it["activity"] == "Done." and it["commits"], 60)
        assert [path for one in done["commits"] for path in one["files"]] == ["made.txt"]
        assert (await event_of(api, task, "vcs.unassigned"))["paths"] == ["mine.txt"]
        project = "query($id: ID!) { project(id: $id) { unassigned } }"
        assert (await api.call(project, id=on.project))["project"]["unassigned"] == ["mine.txt"]
        assert (on.repo / "mine.txt").read_text() == "a person's own file\n"

        # Two ways to keep branches do not mix in one repository by accident.
        other = await api.create("Other", projectId=on.project, vcsBackend="git", agent="demo")
        with pytest.raises(ApiError, match="work with gitbutler, this one wants git") as found:
            await api.start(other)
        assert found.value.code == "CONFLICT"

        await api.act("completeTask", task)
        await api.until(task, lambda it: it["worktree"] is None)
        assert (on.repo / "mine.txt").exists()
        report = on.server.cli("doctor", str(on.repo))
        assert "VCS gitbutler" in report.stdout
