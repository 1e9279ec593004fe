"""Documents are listed, searched and read, and hostile files are refused."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from tests.support.documents import GUIDE, read, refer, references, task_of
from tests.support.live import Api, ApiError, Server

pytestmark = pytest.mark.timeout(240)


async def test_documents_are_listed_searched_and_read(api: Api, project: str) -> None:
    document = """query($p: ID, $match: String) { documents(projectId: $p, match: $match) {
      path title provider size version fields } }"""

    async def found(match: str | None = None) -> list[str]:
        return [one["path"] for one in (await api.call(document, p=project, match=match))["documents"]]

    assert await found() == ["README.md", "docs/guide.md", "docs/notes.md"]
    assert await found("WOMBAT") == ["docs/guide.md"]
    assert await found("docs/NOTES") == ["docs/notes.md"]
    assert await found("the guide") == ["docs/guide.md"]
    assert await found("nowhere at all") == []
    listed = (await api.call(document, p=project, match="wombat"))["documents"][0]
    assert (listed["title"], listed["provider"], listed["size"]) == ("The Guide", "markdown", len(GUIDE))
    assert listed["fields"] == {"title": "The Guide", "tags": ["setup", "auth"]}

    fields = """path version content section(heading: "tokens") lines(start: 9, end: 11)
      outline { level text slug line }"""
    whole = await read(api, project, "./docs//guide.md", fields)
    assert (whole["path"], whole["content"], whole["version"]) == ("docs/guide.md", GUIDE, listed["version"])
    assert whole["section"] == "## Tokens\n\nTokens live an hour.\nThey are signed by the wombat.\n"
    assert whole["lines"] == "## Tokens\n\nTokens live an hour.\n"
    assert whole["outline"][1] == {"level": 2, "text": "Tokens", "slug": "tokens", "line": 9}
    assert await read(api, project, "docs/none.md", "path") is None


async def test_a_section_or_lines_that_are_not_there_are_explained(api: Api, project: str) -> None:
    for field, reason in (
        ('section(heading: "token")', "Did you mean tokens"),
        ("lines(start: 5, end: 500)", "has lines 1 to 22"),
        ("lines(start: 5, end: 2)", "there are no lines 5 to 2"),
        ("lines(start: -1, end: 2)", "there are no lines -1 to 2"),
    ):
        with pytest.raises(ApiError, match=re.escape(reason)) as found:
            await read(api, project, "docs/guide.md", field)
        assert found.value.code in ("NOT_FOUND", "BAD_INPUT")


def hostile(repo: Path) -> None:
    """Everything a folder of documents should not hold."""
    docs = repo / "docs"
    (repo.parent / "secret.md").write_text("secret")
    (docs / "link.md").symlink_to(repo.parent / "secret.md")
    (docs / "away").symlink_to(repo.parent)
    os.mkfifo(docs / "pipe.md")
    (docs / "folder.md").mkdir()
    (docs / "latin.md").write_bytes("# Caf\xe9\n".encode("latin-1"))
    (docs / "wide.md").write_bytes("# Wide\n".encode("utf-16"))
    (docs / "nul.md").write_bytes(b"# Nul\0\n")
    (docs / "marked.md").write_bytes(b"\xef\xbb\xbf# Marked\r\n\r\nText.\r\n")
    with (docs / "huge.md").open("wb") as huge:
        huge.truncate(10**9)
    if os.geteuid() == 0:
        os.mknod(docs / "null.md", 0o20666, os.makedev(1, 3))


#: What is asked for, and what the answer says of it.
HOSTILE = {
    "../secret.md": "outside the project",
    "docs/../../secret.md": "outside the project",
    "/etc/passwd": "outside the project",
    "docs/link.md": "links are not followed",
    "docs/away/secret.md": "links are not followed",
    "docs/pipe.md": "not a regular file",
    "docs/folder.md": "is a folder",
    "docs/huge.md": "1,000,000,000 bytes; a document has at most 2,097,152",
    "docs/latin.md": "not UTF-8 text: see line 1",
    "docs/wide.md": "UTF-16 text",
    "docs/nul.md": "contains NUL bytes",
    "": "must not be empty or contain NUL",
    "docs/a\0b.md": "must not be empty or contain NUL",
    ".env": "may hold secrets",
    ".git/config": "may hold secrets",
}

#: Of these, what is tried with the command line as well.
BY_HAND = ("../secret.md", "docs/pipe.md", "docs/huge.md", "docs/latin.md", "docs/link.md")

if os.geteuid() == 0:
    HOSTILE["docs/null.md"] = "not a regular file"


async def test_hostile_files_are_refused_with_the_reason(
    api: Api, server: Server, repo: Path, project: str
) -> None:
    hostile(repo)
    task = await task_of(api, project)
    for path, reason in HOSTILE.items():
        for ask in (read(api, project, path, "path content"), refer(api, task, path)):
            with pytest.raises(ApiError, match=re.escape(reason)) as found:
                await ask
            assert found.value.code in ("BAD_INPUT", "FORBIDDEN"), path
            assert "secret\n" not in json.dumps(found.value.errors)
        if path in BY_HAND:
            shown = server.cli("docs", "show", path, "--project", project)
            assert (shown.returncode, shown.stdout) == (1, ""), path
            assert reason in shown.stderr
    marked = await read(api, project, "docs/marked.md", "title content lines(start: 3, end: 3)")
    assert marked == {"title": "Marked", "content": "# Marked\n\nText.\n", "lines": "Text.\n"}
    assert await references(api, task) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read every file")
async def test_a_file_that_may_not_be_read_says_so(api: Api, repo: Path, project: str) -> None:
    (repo / "docs" / "notes.md").chmod(0)
    with pytest.raises(ApiError, match="permission denied for the user that runs Chorus"):
        await read(api, project, "docs/notes.md", "content")
