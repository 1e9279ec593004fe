"""What a commit on the task's branch says, and that it leaves the user's checkout alone."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from chorus.backends import CommitRequest, Workspace
from chorus.testing.vcs import Ground
from tests.support.git_scene import Scene


def state_of_checkout(scene: Scene) -> Sequence[object]:
    """Everything of the user's own that could have been touched."""
    own = {name: oid for name, oid in scene.branches().items() if not name.endswith("chorus/task-1")}
    files = ("HEAD", "index", "config")
    return (
        own,
        scene.git("status", "--porcelain"),
        *((scene.top / ".git" / name).read_bytes() for name in files),
    )


async def test_the_users_checkout_stays_as_it_is(scene: Scene, ground: Ground) -> None:
    scene.git("switch", "-qc", "mine")
    (scene.top / "staged.txt").write_text("staged\n")
    scene.git("add", "staged.txt")
    (scene.top / "notes.txt").write_text("being edited\n")
    (scene.top / "new.txt").write_text("new\n")
    before = state_of_checkout(scene)
    workspace = await ground.open("task-1")
    await ground.commit(workspace, ground.write(workspace, "notes.txt", "changed\n"))
    ground.write(workspace, "new.txt", "another\n")
    await ground.commit(workspace)
    await ground.backend.diff(workspace)
    assert state_of_checkout(scene) == before
    await ground.backend.close(workspace)
    assert state_of_checkout(scene) == before


@pytest.mark.parametrize(
    ("author", "told"),
    [
        ("Chorus agent", "Chorus agent <noreply@chorus.invalid>"),
        ("Bot <bot@example.org>", "Bot <bot@example.org>"),
        ("", "Chorus agent <noreply@chorus.invalid>"),
        (" <> \n", "Chorus agent <noreply@chorus.invalid>"),
        ("A <b\nc> d", "A b c d <noreply@chorus.invalid>"),
        ("--author=x", "--author=x <noreply@chorus.invalid>"),
        ("\N{SNOWMAN}", "\N{SNOWMAN} <noreply@chorus.invalid>"),
    ],
)
async def test_authors(scene: Scene, ground: Ground, workspace: Workspace, author: str, told: str) -> None:
    edit = ground.write(workspace, "notes.txt", "changed\n")
    await ground.backend.commit(workspace, CommitRequest("Edit", "key", [edit], author))
    assert (
        scene.git("log", "-1", "--format=%an <%ae>|%cn <%ce>", "chorus/task-1")
        == f"{told}|Ada <ada@example.org>"
    )


async def test_without_any_identity(scene: Scene, ground: Ground, workspace: Workspace) -> None:
    scene.git("config", "--global", "--unset", "user.name")
    scene.git("config", "--global", "--unset", "user.email")
    scene.git("config", "--global", "user.useConfigOnly", "true")
    assert await ground.commit(workspace, ground.write(workspace, "notes.txt", "changed\n")) is not None
    assert scene.git("log", "-1", "--format=%cn <%ce>", "chorus/task-1") == "Chorus <noreply@chorus.invalid>"


async def test_commits_are_not_signed(scene: Scene, ground: Ground, workspace: Workspace) -> None:
    scene.git("config", "--global", "commit.gpgSign", "true")
    scene.git("config", "--global", "gpg.program", "/nonexistent/that-would-ask")
    assert await ground.commit(workspace, ground.write(workspace, "notes.txt", "changed\n")) is not None


@pytest.mark.parametrize("message", ["", "\n", "a\0b", "\ud800", "x" * 1_000_000, "\x1b[31mred"])
async def test_messages_that_git_would_not_take(ground: Ground, workspace: Workspace, message: str) -> None:
    commit = await ground.commit(
        workspace, ground.write(workspace, "notes.txt", "changed\n"), message=message
    )
    assert commit is not None
    kept = message.replace("\0", "\N{REPLACEMENT CHARACTER}").replace("\ud800", "?")
    assert commit.message == kept.strip("\n")


async def test_the_key_is_not_in_the_message(scene: Scene, ground: Ground, workspace: Workspace) -> None:
    await ground.commit(workspace, ground.write(workspace, "notes.txt", "changed\n"), key="hook-report-17")
    assert scene.git("log", "-1", "--format=%B", "chorus/task-1").strip() == "Edit files"


async def test_a_key_is_known_after_a_restart(scene: Scene, ground: Ground, workspace: Workspace) -> None:
    first = await ground.commit(workspace, ground.write(workspace, "notes.txt", "1\n"), key="same")
    for number in range(3):
        await ground.commit(workspace, ground.write(workspace, "notes.txt", f"more {number}\n"))
    ground.write(workspace, "notes.txt", "2\n")
    assert await scene.ground().commit(workspace, key="same") == first
    assert await ground.backend.changed(workspace) == ["notes.txt"]


async def test_a_key_is_known_although_the_repository_keeps_no_reflogs(
    scene: Scene, ground: Ground, workspace: Workspace
) -> None:
    scene.git("config", "core.logAllRefUpdates", "false")
    first = await ground.commit(workspace, ground.write(workspace, "notes.txt", "1\n"), key="same")
    ground.write(workspace, "notes.txt", "2\n")
    assert await ground.commit(workspace, key="same") == first
