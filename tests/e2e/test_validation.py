"""What people get wrong, and what they are told."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.support.live import Api, ApiError, Server, git, repository

pytestmark = pytest.mark.timeout(240)


async def refused(api: Api, path: Path | str) -> ApiError:
    with pytest.raises(ApiError) as found:
        await api.add_project(Path(path))
    assert found.value.code == "BAD_INPUT"
    return found.value


async def test_not_a_repository(api: Api, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    assert "git init" in str(await refused(api, tmp_path / "plain"))


async def test_a_missing_folder(api: Api, tmp_path: Path) -> None:
    assert "nowhere" in str(await refused(api, tmp_path / "nowhere"))


async def test_an_empty_repository(api: Api, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    git(tmp_path / "empty", "init", "-q")
    assert "commit" in str(await refused(api, tmp_path / "empty"))


async def test_a_bare_repository(api: Api, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--bare", "bare.git")
    assert "bare" in str(await refused(api, tmp_path / "bare.git"))


async def test_a_repository_is_added_once(api: Api, tmp_path: Path) -> None:
    repo = repository(tmp_path / "repo")
    (repo / "below").mkdir()
    first = await api.add_project(repo)
    assert await api.add_project(repo) == first
    assert await api.add_project(repo / "below") == first


async def test_a_missing_binary(api: Api, project: str) -> None:
    task = await api.create("Try", projectId=project, agent="missing")
    with pytest.raises(ApiError, match="'a-program-that-is-not-there' .* is not on PATH") as found:
        await api.start(task)
    assert found.value.code == "UNAVAILABLE"
    assert (await api.task(task))["status"] == "PENDING"


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("agent", "agent"),
        ("sessionBackend", "session backend"),
        ("vcsBackend", "VCS backend"),
        ("permissionProfile", "permission profile"),
    ],
)
async def test_an_unknown_name_lists_the_known_ones(api: Api, project: str, field: str, kind: str) -> None:
    with pytest.raises(ApiError, match=rf"{kind} .*'zellij'.* \(available: ") as found:
        await api.create("Try", projectId=project, **{field: "zellij"})
    assert found.value.code == "BAD_INPUT"


@pytest.mark.parametrize(
    ("title", "reason"),
    [
        ("x" * 10_000, "has 10000 characters; at most 500"),
        ("", "needs a title"),
        (" \t ", "needs a title"),
        ("two\nlines", "one line"),
        ("bell\x07", "control characters"),
        ("escape\x1b[31m", "control characters"),
        ("nul\0", "control characters"),
    ],
)
async def test_a_title_that_is_none(api: Api, project: str, title: str, reason: str) -> None:
    with pytest.raises(ApiError, match=reason) as found:
        await api.create(title, projectId=project, agent="sleeper")
    assert found.value.code == "BAD_INPUT"


#: Harmless text that has harmed other programs.
STRANGE = [
    "🎉 emoji and é̂ combining",
    "-rf",
    "--upload-pack=touch canary",
    "; touch canary",
    "$(touch canary) `touch canary`",
    "#(touch canary) #{E:x}",
    "..",
    "HEAD",
    "مرحبا",
    "' OR 1=1 --",
    "%s %d {title} {prompt}",
]


@pytest.mark.parametrize("text", STRANGE)
async def test_strange_text_is_kept_and_does_nothing(
    api: Api, tmp_path: Path, project: str, text: str
) -> None:
    fields = {"description": text, "agent": "demo", "projectId": project}
    task = await api.create(text, **fields)
    await api.start(task)
    found = await api.until(task, lambda one: one["runs"][-1]["end"] and one["commits"])
    assert found["title"] == text
    assert found["runs"][-1]["end"] == "FINISHED"
    assert found["messages"][0]["text"] == text
    repo = tmp_path / "repo"
    assert text in git(repo, "show", f"{found['branch']}:notes.md")
    assert git(repo, "check-ref-format", "--branch", found["branch"]).strip() == found["branch"]
    await api.act("completeTask", task, result=text)
    closed = await api.until(task, lambda one: one["worktree"] is None)
    assert closed["result"] == text
    assert not list(tmp_path.rglob("canary"))


async def test_a_taken_branch_name(api: Api, tmp_path: Path, project: str) -> None:
    task = await api.create("Taken", projectId=project, agent="sleeper")
    git(tmp_path / "repo", "branch", f"chorus/taken-{task[:8]}")
    await api.start(task)
    failed = await api.until(task, lambda one: one["runs"] and one["runs"][-1]["end"])
    assert failed["agentStatus"] == "ERRORED"
    assert f"chorus/taken-{task[:8]}" in failed["runs"][-1]["endDetail"]


async def test_a_taken_port(server: Server, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        other = Server(tmp_path / "state", server.home)
        done = other.cli("serve", "--port", str(port))
    assert done.returncode == 1
    assert f"Port {port} on 127.0.0.1 is taken" in done.stderr
    assert not (tmp_path / "state" / "chorus.db").exists()


async def test_a_second_server_names_the_first(server: Server) -> None:
    assert server.process is not None
    done = server.cli("serve", "--port", "0")
    assert done.returncode == 1
    assert str(server.process.pid) in done.stderr
    assert server.api().url in done.stderr


async def test_errors_of_unexpected_kinds_are_masked(api: Api) -> None:
    with pytest.raises(ApiError) as found:
        await api.call("{ task(id: 3.5) { id } }")
    assert found.value.code == "GRAPHQL_VALIDATION_FAILED"
    assert "Traceback" not in str(found.value.errors)
