"""Which files are documents."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from chorus_documents import MarkdownProvider, Options, OwnOptions, chorus_document_providers

from chorus import PluginConfig
from chorus.errors import BadInput, Forbidden, NotFound
from chorus.settings import read_options

Write = Callable[[str, str | bytes], Path]
Link = Callable[[str, str | Path], None]


async def paths(root: str, **options: Any) -> list[str]:
    return [one.path for one in await MarkdownProvider(Options(**options)).list(root)]


def offered(settings: Mapping[str, Any], options: Mapping[str, Any], tmp_path: Path) -> Any:
    config = PluginConfig(read_options(OwnOptions, options, "documents"), tmp_path, tmp_path, settings)
    return next(iter(chorus_document_providers(config)))


@pytest.fixture
def project(root: str, write: Write) -> str:
    for path in (
        *("README.md", "notes.txt", "deep/inside.md", "docs/a.md", "docs/b/c/d.md", "docs/picture.png"),
        *(".claude/CLAUDE.md", ".claude/agents/review.md", "CLAUDE.md", "src/docs/no.md", ".hidden.md"),
    ):
        write(path, "# T\n")
    return root


DEFAULT = [
    *(".claude/CLAUDE.md", ".claude/agents/review.md", ".hidden.md", "CLAUDE.md", "README.md"),
    *("docs/a.md", "docs/b/c/d.md"),
]


async def test_the_default_patterns(project: str) -> None:
    assert await paths(project) == DEFAULT


@pytest.mark.parametrize(
    ("include", "found"),
    [
        (["**/*.md"], [*DEFAULT[:5], "deep/inside.md", *DEFAULT[5:], "src/docs/no.md"]),
        (["docs"], ["docs/a.md", "docs/b/c/d.md", "docs/picture.png"]),
        (["docs/"], ["docs/a.md", "docs/b/c/d.md", "docs/picture.png"]),
        (["/docs/*.md", "./README.md"], ["README.md", "docs/a.md"]),
        (["docs/**/d.md"], ["docs/b/c/d.md"]),
        (["docs/*/*/*.md"], ["docs/b/c/d.md"]),
        (["d*/[ab].md"], ["docs/a.md"]),
        (["*.txt"], ["notes.txt"]),
        ([], []),
    ],
)
async def test_include_patterns_are_paths_from_the_top(
    project: str, include: list[str], found: list[str]
) -> None:
    assert await paths(project, include=tuple(include)) == found


@pytest.mark.parametrize(
    ("exclude", "left"),
    [
        (["*.md"], []),
        (["docs/"], DEFAULT[:5]),
        (["c/"], DEFAULT[:6]),
        (["/README.md"], [one for one in DEFAULT if one != "README.md"]),
        (["docs/**", "!docs/a.md"], [*DEFAULT[:5], "docs/a.md"]),
        (["agents/review.md"], DEFAULT),
        (["**/agents/review.md"], [one for one in DEFAULT if "agents" not in one]),
    ],
)
async def test_exclude_patterns_work_as_lines_of_a_gitignore(
    project: str, exclude: list[str], left: list[str]
) -> None:
    assert await paths(project, exclude=tuple(exclude)) == left


async def test_configuration_arrives_by_the_hook(project: str, tmp_path: Path) -> None:
    settings = {"documents": {"include": ["docs/*.md"], "exclude": []}}
    assert [one.path for one in await offered(settings, {}, tmp_path).list(project)] == ["docs/a.md"]
    assert [one.path for one in await offered({}, {}, tmp_path).list(project)] == DEFAULT


@pytest.mark.parametrize(
    ("settings", "options", "message"),
    [
        ({"include": ["../*.md"]}, {}, "no pattern of paths inside the project"),
        ({"include": ["!a.md"]}, {}, "what is not wanted belongs in exclude"),
        ({"include": [""]}, {}, "no pattern of paths inside the project"),
        ({"exclude": ["[z-a]"]}, {}, r"\[documents\] exclude: '\[z-a\]' is no pattern"),
        ({}, {"max_bites": 1}, "unknown key `max_bites` .*did you mean `max_bytes`"),
        ({}, {"max_bytes": "1"}, "max_bytes must be a whole number"),
        ({}, {"max_bytes": 0}, "max_bytes must be a whole number of 1 or more"),
        ({}, {"gitignore": 1}, "gitignore must be true or false"),
    ],
)
def test_a_configuration_that_cannot_be_used_says_where(
    settings: dict[str, Any], options: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match=message):
        offered({"documents": settings}, options, tmp_path)


async def test_too_many_documents_are_an_error_that_says_what_to_do(project: str) -> None:
    with pytest.raises(BadInput, match="More than 3 files match the patterns"):
        await paths(project, max_documents=3)


@pytest.mark.parametrize("root", ["/no/such/folder", "/etc/passwd"])
async def test_a_project_that_is_not_there(root: str, provider: MarkdownProvider) -> None:
    with pytest.raises(NotFound):
        await provider.list(root)


# --- names that are never documents -----------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        *(".git/config", ".git/info/a.md", "docs/.git/a.md", ".GIT/config", "sub/.git/HEAD"),
        *(".env", ".env.local", "docs/.env.md", ".ENV", ".envrc"),
        *("server.pem", "docs/server.key", "id_rsa", "id_ed25519.pub", "docs/id_rsa.md", "store.p12"),
        *(".netrc", ".npmrc", ".git-credentials", ".ssh/config.md", ".aws/credentials.md"),
    ],
)
async def test_secrets_are_never_given_out(root: str, write: Write, path: str) -> None:
    write(path, "# secret\n")
    provider = MarkdownProvider(Options(include=("**", "**/*"), gitignore=False))
    assert list(await provider.list(root)) == []
    with pytest.raises(Forbidden, match="never given out"):
        await provider.read(root, path)


async def test_what_is_not_included_cannot_be_read_either(project: str, provider: MarkdownProvider) -> None:
    with pytest.raises(NotFound, match=r"no pattern in \[documents\] include takes it in"):
        await provider.read(project, "deep/inside.md")


async def test_a_name_that_is_not_unicode_is_left_out(root: str, write: Write) -> None:
    write("good.md", "")
    write(b"bad\xff.md".decode("utf-8", "surrogateescape"), "")
    assert await paths(root) == ["good.md"]


# --- git's ignore rules -----------------------------------------------------------------------------

IGNORING = {
    ".gitignore": "build/\n*.log.md\n/top.md\n!docs/keep.log.md\ndocs/private/*\n!docs/private/open.md\n"
    "# a comment\n\n\\#hash.md\n  \n!\n[z-a]\ntrailing.md   \n**/cache/\ndocs/any/**/x.md\n"
    "docs/all/**\n!docs/all/but.md\n!docs/all/b/\n",
    "docs/.gitignore": "draft-*.md\r\n!draft-final.md\r\n/only-here.md\r\n",
    "docs/deep/.gitignore": "!draft-deep.md\n*\n!*.md\n!.gitignore\n",
    ".git/info/exclude": "local.md\n!never.log.md\n",
    "docs/private/.gitignore": "!hidden.md\n",
}
FILES = [
    *("README.md", "top.md", "docs/top.md", "a.log.md", "docs/keep.log.md", "#hash.md", "trailing.md"),
    *("build/a.md", "docs/build/a.md", "docs/build.md", "docs/cache/x.md", "docs/cache.md"),
    *("docs/draft-a.md", "docs/draft-final.md", "docs/only-here.md", "docs/deep/only-here.md"),
    *("docs/deep/draft-deep.md", "docs/deep/draft-other.md", "docs/deep/x.txt", "draft-top.md"),
    *("docs/private/secret.md", "docs/private/open.md", "docs/private/hidden.md", "local.md", "never.log.md"),
    *("docs/all/but.md", "docs/all/not.md", "docs/all/b/c.md"),
    *("docs/any/x.md", "docs/any/b/c/x.md", "docs/any/b/c/y.md", "node_modules/p/README.md", " space.md"),
]


@pytest.fixture
def ignoring(root: str, write: Write) -> str:
    """A real repository with rules at three levels and in `.git/info/exclude`."""
    git(root, "init", "--quiet")
    for path in FILES:
        write(path, f"# {path}\n")
    for path, text in IGNORING.items():
        write(path, text)
    return root


def git(root: str, *arguments: str) -> list[str]:
    command = ["git", "-c", "core.excludesFile=", "-C", root, *arguments]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [line for line in output.split("\0") if line]


async def test_exactly_what_git_ignores_is_left_out(ignoring: str) -> None:
    tracked_or_not = git(ignoring, "ls-files", "-z", "--others", "--exclude-standard")
    wanted = sorted(path for path in tracked_or_not if path.endswith(".md"))
    assert await paths(ignoring, include=("**/*.md",)) == wanted
    assert 10 < len(wanted) < len(FILES)


async def test_a_file_that_git_ignores_cannot_be_read(ignoring: str) -> None:
    provider = MarkdownProvider(Options(include=("**/*.md",)))
    listed = {one.path for one in await provider.list(ignoring)}
    for path in FILES:
        if path in listed:
            assert (await provider.read(ignoring, path)).text == f"# {path}\n"
        elif path.endswith(".md"):
            with pytest.raises(NotFound, match="git ignores it"):
                await provider.read(ignoring, path)


async def test_ignore_rules_can_be_switched_off(ignoring: str) -> None:
    everything = sorted(path for path in FILES if path.endswith(".md"))
    assert await paths(ignoring, include=("**/*.md",), gitignore=False) == everything


async def test_rules_behind_a_link_do_not_count(root: str, write: Write, link: Link) -> None:
    write("../rules", "*.md\n")
    write("a.md", "")
    link(".gitignore", "../rules")
    assert await paths(root) == ["a.md"]


async def test_rules_that_are_no_text_are_passed_over(root: str, write: Write) -> None:
    write(".gitignore", b"\xff\xfe\0\nb.md\n")
    write("a.md", "")
    write("b.md", "")
    assert await paths(root) == ["a.md"]


async def test_a_project_without_git_still_has_its_rules(root: str, write: Write) -> None:
    write(".gitignore", "b.md\n")
    write("a.md", "")
    write("b.md", "")
    assert await paths(root) == ["a.md"]
