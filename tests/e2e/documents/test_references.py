"""References to documents: made, listed, changed, removed, and followed through edits."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.documents import amend, detach, edit, event, now, read, refer, references, task_of
from tests.support.live import Api, ApiError, Server

pytestmark = pytest.mark.timeout(240)


async def test_references_are_created_listed_changed_and_deleted(api: Api, project: str) -> None:
    task = await task_of(api, project)
    section = await refer(api, task, "docs/guide.md", heading="tokens", note="how long")
    lines = await refer(api, task, "./docs/guide.md", startLine=19, endLine=21)
    whole = await refer(api, task, "docs/notes.md")
    assert [one["id"] for one in await references(api, task)] == [section["id"], lines["id"], whole["id"]]
    assert (section["startLine"], section["endLine"], section["note"]) == (9, 12, "how long")
    assert section["text"].startswith("## Tokens\n")
    assert (lines["path"], lines["heading"], lines["text"]) == ("docs/guide.md", None, "\nOne.\nTwo.\n")
    assert (whole["startLine"], whole["text"], whole["stale"]) == (None, "# Notes\n\nPlain.\n", False)

    assert (await refer(api, task, "docs/guide.md", heading="#tokens"))["id"] == section["id"]
    moved = await amend(api, section["id"], heading="errors")
    assert (moved["heading"], moved["note"], moved["startLine"]) == ("errors", "how long", 14)
    assert (await amend(api, section["id"], note=""))["note"] is None
    assert (await amend(api, section["id"], whole=True))["heading"] is None
    other = await task_of(api, project)
    await refer(api, other, "docs/guide.md")
    listed = await read(api, project, "docs/guide.md", "tasks { id }")
    assert [one["id"] for one in listed["tasks"]] == [other, task]
    for one in (section, lines, whole):
        await detach(api, one["id"])
    assert await references(api, task) == []
    with pytest.raises(ApiError) as found:
        await detach(api, whole["id"])
    assert found.value.code == "NOT_FOUND"


async def test_references_to_nothing_are_refused(api: Api, project: str) -> None:
    task = await task_of(api, project)
    for fields, reason in (
        ({"heading": "nowhere"}, "no heading “nowhere”"),
        ({"startLine": 3, "endLine": 99}, "Lines 3–99 are not in a text of 22 lines"),
        ({"startLine": 3}, "Give startLine and endLine"),
        ({"startLine": 9, "endLine": 3}, "1 <= startLine <= endLine"),
        ({"heading": "tokens", "startLine": 1, "endLine": 2}, "not to both"),
        ({"note": "x" * 2000}, "at most 1000"),
        ({"note": "a\x1bb"}, "control character"),
    ):
        with pytest.raises(ApiError, match=re.escape(reason)):
            await refer(api, task, "docs/guide.md", **fields)
    with pytest.raises(ApiError, match="no task"):
        await refer(api, "nobody", "docs/guide.md")
    with pytest.raises(ApiError, match="There is no document docs/none.md"):
        await refer(api, task, "docs/none.md")
    assert await references(api, task) == []


async def test_the_command_line_manages_references(
    api: Api, server: Server, repo: Path, project: str
) -> None:
    def cli(*arguments: str) -> Any:
        done = server.cli("docs", *arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    listed = cli("list", "wombat", "--project", project)
    assert [(one["path"], one["title"]) for one in listed] == [("docs/guide.md", "The Guide")]
    shown = cli("show", "docs/guide.md", "--lines", "9", "9", "--project", project)
    assert shown["content"] == "## Tokens\n"
    assert "errors" in server.cli("docs", "show", "docs/guide.md", "--outline", "--project", project).stdout
    task = await task_of(api, project)
    made = cli("reference", "create", task, "docs/guide.md", "--section", "tokens", "--note", "read")
    assert [one["id"] for one in cli("reference", "list", task)] == [made["id"]]
    assert [one["id"] for one in cli("tasks", "docs/guide.md", "--project", project)] == [task]
    changed = cli("reference", "update", made["id"], "--lines", "19", "21", "--note", "")
    assert (changed["heading"], changed["startLine"], changed["note"]) == (None, 19, None)
    text = repo / "docs" / "guide.md"
    await edit(api, text, "\n## Limits\n\nOne.\nTwo.\nThree.\n", "")
    table = server.cli("docs", "reference", "list", task).stdout
    assert "stale: Its lines are gone" in table
    assert "It was “One.”" in table
    assert server.cli("docs", "reference", "delete", made["id"]).returncode == 0
    assert cli("reference", "list", task) == []
    assert server.cli("docs", "reference", "create", task, "docs/guide.md", "--section", "x").returncode == 1
    assert server.cli("docs", "show", "docs/guide.md", "--outline", "--lines", "1", "2").returncode == 2


async def test_references_follow_edits_and_say_when_they_cannot(api: Api, repo: Path, project: str) -> None:
    guide = repo / "docs" / "guide.md"
    task = await task_of(api, project)
    await refer(api, task, "docs/guide.md", heading="tokens")
    await refer(api, task, "docs/guide.md", startLine=20, endLine=22)
    await edit(api, guide, "Read me first.\n", "Read me first.\n\nAnd then again.\n")
    section, lines = await references(api, task)
    assert (section["startLine"], lines["startLine"]) == (11, 22)
    assert lines["text"] == "One.\nTwo.\nThree.\n"

    cursor = await now(api)
    await edit(api, guide, "## Tokens\n\nTokens live an hour.\nThey are signed by the wombat.\n", "")
    gone = await event(api, cursor, "document.reference", stale=True)
    assert gone["taskId"] == task
    assert gone["data"]["id"] == section["id"]
    section, lines = await references(api, task)
    assert (section["stale"], section["text"], lines["stale"]) == (True, None, False)
    assert "heading is gone" in section["problem"]
    assert (section["was"]["heading"], section["was"]["startLine"]) == ("Tokens", 11)
    assert section["was"]["text"].startswith("## Tokens\n\nTokens live an hour.\n")

    cursor = await now(api)
    await edit(api, guide, "## Errors\n", "## Tokens\n\nTokens live a day.\n\n## Errors\n")
    await event(api, cursor, "document.reference", stale=False, id=section["id"])
    back = (await references(api, task))[0]
    assert (back["stale"], back["problem"]) == (False, None)
    assert back["text"] == "## Tokens\n\nTokens live a day.\n"


async def test_many_small_edits_do_not_add_up_to_stale(api: Api, repo: Path, project: str) -> None:
    """Each edit leaves most of the lines as they were; together they leave no word in its place."""
    words = [f"word{number}" for number in range(12)]
    page = repo / "docs" / "page.md"
    cursor = await now(api)
    page.write_text(f"# Page\n\nStart.\n\n{' '.join(words[:6])}\n{' '.join(words[6:])}\n\nEnd.\n")
    await event(api, cursor, "document.changed", path="docs/page.md")
    task = await task_of(api, project)
    reference = await refer(api, task, "docs/page.md", startLine=5, endLine=6)
    for word in words:
        cursor = await now(api)
        page.write_text(
            page.read_text().replace(f"{word} ", f"new-{word} ").replace(f"{word}\n", f"new-{word}\n")
        )
        await event(api, cursor, "document.changed", path="docs/page.md")
        await followed(api, task, page.read_text().split("\n")[4] + "\n")
    found = (await references(api, task))[0]
    assert (found["id"], found["stale"], found["startLine"]) == (reference["id"], False, 5)
    assert found["text"] == "\n".join(page.read_text().split("\n")[4:6]) + "\n"


async def followed(api: Api, task: str, beginning: str) -> None:
    """Wait until what is kept of the task's reference begins like this."""
    async with asyncio.timeout(45):
        while not (await references(api, task))[0]["was"]["text"].startswith(beginning):
            await asyncio.sleep(
                0.02
            )  # what is kept of a reference is not told when only its text is different
