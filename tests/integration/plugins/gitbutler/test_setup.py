"""Setting a repository up and leaving again: never without consent, never with work at stake."""

from __future__ import annotations

from pathlib import Path

import pytest

from chorus.backends import NeedsSetup
from chorus.errors import BadInput, Conflict, Forbidden
from tests.support.gitbutler import Scene, opened


async def test_nothing_happens_without_consent(plain: Scene) -> None:
    backend = plain.backend()
    assert isinstance(backend, NeedsSetup)
    text = await backend.consent(str(plain.top))
    for fact in (
        "gitbutler/workspace instead of main",
        "pre-commit",
        ".git/config",
        "gb-local",
        "statistics",
    ):
        assert fact in text
    with pytest.raises(Forbidden) as refusal:
        await backend.setup(str(plain.top), consented=False)
    assert refusal.value.details["consent"] == text
    assert plain.git("symbolic-ref", "HEAD") == "refs/heads/main"
    assert not await backend.suits(str(plain.top))
    assert "not set up" in await backend.explain(str(plain.top))


async def test_set_up_and_left_again(plain: Scene) -> None:
    backend = plain.backend()
    plain.write("draft.txt", "uncommitted\n")
    await backend.setup(str(plain.top), consented=True)
    await backend.setup(str(plain.top), consented=True)
    assert plain.git("symbolic-ref", "HEAD") == "refs/heads/gitbutler/workspace"
    assert plain.read("draft.txt") == "uncommitted\n"
    assert (await backend.inspect(str(plain.top))).default_branch == "main"
    assert await backend.suits(str(plain.top))
    assert "the default here" in await backend.explain(str(plain.top))

    with pytest.raises(Conflict, match="uncommitted changes"):
        await backend.leave(str(plain.top))
    assert plain.git("symbolic-ref", "HEAD") == "refs/heads/gitbutler/workspace"
    (plain.top / "draft.txt").unlink()
    [task] = await opened(backend, plain, "task")
    await backend.commit(task, plain.request(plain.write("own.txt", "mine\n")))
    await backend.leave(str(plain.top))
    await backend.leave(str(plain.top))
    assert plain.git("symbolic-ref", "HEAD") == "refs/heads/main"
    assert plain.git("show", "chorus/task:own.txt") == "mine"
    assert not await backend.suits(str(plain.top))


async def test_leaving_for_a_branch_that_is_not_there(newest: Scene) -> None:
    with pytest.raises(BadInput, match="no branch nowhere"):
        await newest.backend().leave(str(newest.top), checkout="nowhere")


async def test_hooks_in_the_tree_are_warned_of(newest: Scene) -> None:
    newest.git("config", "core.hooksPath", ".husky")
    assert "core.hooksPath is .husky" in await newest.backend().consent(str(newest.top))
    newest.git("config", "core.hooksPath", ".git/hooks")
    assert "core.hooksPath" not in await newest.backend().consent(str(newest.top))


async def test_repositories_gitbutler_cannot_use(newest: Scene, tmp_path: Path) -> None:
    backend = newest.backend()
    for name, argv in (("bare", ["--bare"]), ("unborn", [])):
        newest.git("init", "-q", *argv, str(tmp_path / name))
    (tmp_path / "folder").mkdir()
    for name, words in (
        ("bare", "bare repository"),
        ("unborn", "no commit yet"),
        ("folder", "not in a git repository"),
        ("nowhere", "not a folder"),
    ):
        with pytest.raises(BadInput, match=words):
            await backend.inspect(str(tmp_path / name))
        assert not await backend.suits(str(tmp_path / name))


async def test_linked_worktrees_and_detached_heads_are_refused(make_scene, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    scene: Scene = make_scene("0.22")
    scene.git("worktree", "add", "-q", "-b", "other", str(tmp_path / "linked"))
    with pytest.raises(BadInput, match="linked worktree"):
        await scene.backend().setup(str(tmp_path / "linked"), consented=True)
    scene.git("checkout", "-q", "--detach")
    with pytest.raises(BadInput, match="HEAD is detached"):
        await scene.backend().setup(str(scene.top), consented=True)


async def test_a_folder_inside_the_repository_finds_it(newest: Scene) -> None:
    (newest.top / "deep").mkdir()
    found = await newest.backend().inspect(str(newest.top / "deep"))
    assert found.path == str(newest.top)
