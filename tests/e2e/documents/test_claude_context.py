"""What the real Claude Code is given of documents; it talks to the scripted endpoint."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.claude import CLAUDES
from tests.support.claude_scene import bash, claude_scene, script
from tests.support.documents import GUIDE, contexts, edit, elements, read, refer, watched
from tests.support.endpoint.script import texts
from tests.support.endpoint.server import Request
from tests.support.live import git


@pytest.mark.timeout(300)
@pytest.mark.parametrize("version", CLAUDES)
async def test_claude_is_given_the_sections_and_then_the_change(home: Path, version: str) -> None:
    async with claude_scene(home, version) as on:
        (on.repo / "docs").mkdir()
        (on.repo / "docs" / "guide.md").write_text(GUIDE)
        await watched(on.api, on.repo)
        project = (await on.api.call("{ projects { id } }"))["projects"][0]["id"]
        digest = (await read(on.api, project, "docs/guide.md", "version"))["version"]
        steps = bash("python3 -c pass"), {"text": "Refused."}
        task = await on.api.create("Read", description=script(*steps, say="Read this. "))
        await refer(on.api, task, "docs/guide.md", heading="tokens", note="how long")
        await refer(on.api, task, "docs/guide.md", startLine=20, endLine=22)
        await on.api.start(task)

        request = await on.endpoint.seen(lambda one: "Read this." in one.prompt)
        assert elements(request.said, "document") == [
            f'<document path="docs/guide.md" section="Tokens" lines="9-12" version="{digest[:12]}" '
            'note="how long">\n## Tokens\n\nTokens live an hour.\nThey are signed by the wombat.\n'
            "</document>\n",
            f'<document path="docs/guide.md" lines="20-22" version="{digest[:12]}">\n'
            "One.\nTwo.\nThree.\n</document>\n",
        ]
        for kept_out in ("Read me first", "Every answer has a code", "title: The Guide"):
            assert kept_out not in request.said

        # The document is edited while the agent is at work; the message waits until it is free.
        waiting = await on.api.until(task, lambda one: one["permissionRequests"])
        await edit(on.api, on.repo / "docs" / "guide.md", "live an hour", "live a day @home")
        await on.api.send(task, script({"text": "Seen."}, say="What now? "))
        await on.api.respond(waiting["permissionRequests"][0]["id"], "DENY")
        idle = await on.api.until(task, lambda one: one["activity"] == "Seen.")
        assert [one["state"] for one in idle["messages"]] == ["ACCEPTED", "ACCEPTED"]
        assert len(idle["runs"]) == 1
        told_now = await on.endpoint.seen(lambda one: "What now?" in one.prompt)
        last = next(said for said in reversed(said_of_user(told_now)) if "What now?" in said)
        assert elements(last, "change") == [
            f'<change path="docs/guide.md" section="Tokens" lines="9-12" '
            f'version="{(await read(on.api, project, "docs/guide.md", "version"))["version"][:12]}" '
            f'was="{digest[:12]}" note="how long">\n@@ -9,4 +9,4 @@ Tokens\n ## Tokens\n \n'
            "-Tokens live an hour.\n"
            "+Tokens live a day @home.\n They are signed by the wombat.\n</change>\n"
        ]
        for kept_out in ("One.", "Every answer has a code", "<document "):
            assert kept_out not in last
        [[first, second]] = await contexts(on.api, task)
        assert (first["messageId"], second["messageId"]) == (None, idle["messages"][1]["id"])
        assert [one["unchanged"] for one in second["documents"]] == [False, True]
        assert first["documents"][0]["version"] == second["documents"][1]["version"] == digest
        # It is the project's checkout that is read: the task's own branch knows nothing of this file.
        assert git(on.repo, "ls-tree", "-r", "--name-only", idle["branch"]).split() == ["README.md", "app.py"]


def said_of_user(request: Request) -> list[str]:
    return ["\n".join(texts(one)) for one in request.messages if one.get("role") == "user"]
