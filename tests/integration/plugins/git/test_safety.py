"""A repository is written by strangers: nothing it names is ever started."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from chorus.backends import Workspace
from chorus.errors import BadInput, Conflict
from chorus.model import FileEdit
from chorus.testing.vcs import Ground
from tests.support.git_scene import Scene

HOOKS = (
    *(
        "post-checkout",
        "pre-commit",
        "commit-msg",
        "post-commit",
        "reference-transaction",
        "post-index-change",
    ),
    *("fsmonitor-watchman", "post-rewrite", "pre-auto-gc", "prepare-commit-msg", "sendemail-validate"),
)


class Trap:
    """A repository in which every setting that can start a program starts one that leaves a trace."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.folder = scene.top.parent / "traces"
        self.folder.mkdir()
        self.program = scene.top.parent / "trap"
        self.program.write_text(f'#!/bin/sh\ntouch "{self.folder}/$(basename "$0")-$1"\ncat\n')
        self.program.chmod(0o755)

    def command(self, name: str) -> str:
        return f"{self.program} {name}"

    def settings(self) -> dict[str, str]:
        return {
            "core.fsmonitor": self.command("fsmonitor"),
            "core.sshCommand": self.command("ssh"),
            "core.pager": self.command("pager"),
            "core.editor": self.command("editor"),
            "core.askPass": self.command("askpass"),
            "core.gitProxy": self.command("proxy"),
            "core.alternateRefsCommand": self.command("alternates"),
            "core.worktree": "/etc",
            "credential.helper": f"!{self.command('credential')}",
            "diff.external": self.command("external"),
            "diff.evil.command": self.command("command"),
            "diff.evil.textconv": self.command("textconv"),
            "filter.evil.clean": self.command("clean"),
            "filter.evil.smudge": self.command("smudge"),
            "filter.evil.required": "true",
            "filter.worse.process": self.command("process"),
            "merge.evil.driver": self.command("merge"),
            "gpg.program": str(self.program),
            "commit.gpgSign": "true",
            "log.showSignature": "true",
            "sequence.editor": self.command("sequence"),
            "alias.update-index": f"!{self.command('alias')}",
            "pager.log": self.command("pager-log"),
            "extensions.partialClone": "origin",
            "remote.origin.url": "ssh://nowhere.invalid/x",
            "remote.origin.promisor": "true",
            "remote.origin.uploadpack": self.command("uploadpack"),
            "remote.origin.vcs": "ext",
            "protocol.allow": "always",
            "protocol.ext.allow": "always",
            "interactive.diffFilter": self.command("diff-filter"),
            "trace2.eventTarget": f"{self.folder}/trace2",
            "mailmap.file": "/etc/passwd",
        }

    def set_up(self, folder: Path) -> None:
        """Poison a git folder: its configuration, one that it includes, and its hooks."""
        included = folder / "included"
        for name, value in self.settings().items():
            file = included if name.startswith("filter") else folder / "config"
            self.scene.git("config", "--file", str(file), name, value)
        self.scene.git("config", "--file", str(folder / "config"), "include.path", "included")
        hooks = folder / "hooks"
        hooks.mkdir(exist_ok=True)
        for name in HOOKS:
            (hooks / name).unlink(missing_ok=True)
            (hooks / name).symlink_to(self.program)

    def traces(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


@pytest.fixture
def trap(scene: Scene) -> Trap:
    (scene.top / ".gitattributes").write_text(
        "*.evil filter=evil diff=evil merge=evil\n*.worse filter=worse\n"
    )
    for name in ("kept.evil", "kept.worse"):
        (scene.top / name).write_text("as it is\n")
    scene.git("add", ".")
    scene.git("commit", "-qm", "Attributes")
    return Trap(scene)


def test_the_traps_work(scene: Scene, trap: Trap) -> None:
    """Ordinary git, without the hardening, starts the programs: otherwise the tests below prove nothing."""
    trap.set_up(scene.top / ".git")
    scene.git("config", "--unset", "core.worktree")
    scene.git("config", "--unset", "extensions.partialClone")
    (scene.top / "kept.evil").write_text("changed\n")
    (scene.top / "kept.worse").write_text("changed\n")
    (scene.top / "notes.txt").write_text("changed\n")
    for command in ("status", "diff", "log -p", "worktree add ../linked", "commit --allow-empty -m x"):
        scene.git(*command.split(), check=False)
    left = " ".join(trap.traces())
    for name in ("fsmonitor", "clean", "smudge", "process", "external", "command", "textconv"):
        assert f"trap-{name}" in left
    for name in ("post-checkout", "pre-commit", "reference-transaction", "post-index-change"):
        assert name in left


async def test_a_whole_life_in_a_poisoned_repository(scene: Scene, trap: Trap) -> None:
    trap.set_up(scene.top / ".git")
    ground = scene.ground()
    assert (await ground.backend.inspect(str(scene.top))).path == str(scene.top)
    workspace = await ground.open("task-1")
    assert ground.read(workspace, "kept.evil") == "as it is\n"
    await _live(ground, workspace)
    await ground.backend.close(workspace)
    await ground.backend.close(workspace, delete_branch=True)
    assert trap.traces() == []


async def test_poisoned_by_the_agent_while_it_works(scene: Scene, trap: Trap) -> None:
    ground = scene.ground()
    workspace = await ground.open("task-1")
    trap.set_up(scene.top / ".git")
    record = scene.top / ".git" / "worktrees" / "task-1"
    scene.git("config", "--file", str(scene.top / ".git" / "config"), "extensions.worktreeConfig", "true")
    for name, value in trap.settings().items():
        scene.git("config", "--file", str(record / "config.worktree"), name, value)
    await _live(ground, workspace)
    await ground.backend.close(workspace, delete_branch=True)
    assert trap.traces() == []


async def test_a_worktree_with_a_repository_of_the_agents_own_in_its_place(scene: Scene, trap: Trap) -> None:
    ground = scene.ground()
    workspace = await ground.open("task-1")
    own = Path(workspace.path, ".git")
    own.unlink()
    scene.git("init", "-q", "--bare", str(own))
    trap.set_up(own)
    scene.git("config", "--file", str(own / "config"), "core.bare", "false")
    await _live(ground, workspace)
    assert len(scene.git("log", "--format=%H", "main..chorus/task-1").splitlines()) == 2
    with pytest.raises(Conflict, match="of its own"):
        await ground.backend.close(workspace)
    assert trap.traces() == []


async def _live(ground: Ground, workspace: Workspace) -> None:
    """Everything a task does."""
    edit = ground.write(workspace, "notes.txt", "changed\n")
    assert await ground.backend.changed(workspace) == ["notes.txt"]
    assert "+changed" in await ground.backend.diff(workspace)
    assert await ground.commit(workspace, edit) is not None
    ground.write(workspace, "deep/new.txt", "new\n")
    assert await ground.commit(workspace) is not None
    assert await ground.open("task-1") == workspace
    assert len(await ground.backend.commits(workspace)) == 2
    assert "+new" in await ground.backend.diff(workspace)


async def test_what_needs_a_filter_is_left_to_the_person(scene: Scene, trap: Trap) -> None:
    trap.set_up(scene.top / ".git")
    ground = scene.ground()
    workspace = await ground.open("task-1")
    edit = ground.write(workspace, "kept.evil", "changed\n")
    with pytest.raises(Conflict, match=r"kept\.evil \(it needs the filter 'evil'"):
        await ground.commit(workspace, edit)
    ground.write(workspace, "notes.txt", "changed\n")
    commit = await ground.commit(workspace)
    assert commit is not None
    assert commit.files == ("notes.txt",)
    assert await ground.commit(workspace) is None
    assert await ground.backend.changed(workspace) == ["kept.evil"]
    assert "not shown: kept.evil" in await ground.backend.diff(workspace)
    with pytest.raises(Conflict, match="kept.evil"):
        await ground.backend.close(workspace)
    assert trap.traces() == []


async def test_a_filter_that_is_set_up_nowhere_is_none(scene: Scene) -> None:
    (scene.top / ".gitattributes").write_text("* filter=unknown\n")
    scene.git("add", ".")
    scene.git("commit", "-qm", "Attributes")
    ground = scene.ground()
    workspace = await ground.open("task-1")
    assert await ground.commit(workspace, ground.write(workspace, "notes.txt", "changed\n")) is not None


async def test_submodules_are_not_entered(scene: Scene, trap: Trap, tmp_path: Path) -> None:
    part = tmp_path / "part"
    scene.git("init", "-q", "-b", "main", str(part))
    scene.git("commit", "--allow-empty", "-qm", "Part", at=part)
    scene.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(part), "part")
    scene.git("commit", "-qm", "With a part")
    ground = scene.ground()
    workspace = await ground.open("task-1")
    scene.git(
        "-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--init", at=workspace.path
    )
    trap.set_up(scene.top / ".git" / "worktrees" / "task-1" / "modules" / "part")
    Path(workspace.path, "part", "new.evil").write_text("new\n")
    ground.write(workspace, "notes.txt", "changed\n")
    assert await ground.backend.changed(workspace) == ["notes.txt"]
    assert await ground.commit(workspace) is not None
    assert "+changed" in await ground.backend.diff(workspace)
    with pytest.raises(Conflict, match="submodules"):
        await ground.backend.close(workspace)
    assert trap.traces() == []


async def test_gitmodules_that_point_outside(scene: Scene) -> None:
    (scene.top / ".gitmodules").write_text('[submodule "../../evil"]\n\tpath = ../../evil\n\turl = ../evil\n')
    scene.git("add", ".")
    scene.git("commit", "-qm", "Modules")
    ground = scene.ground()
    workspace = await ground.open("task-1")
    assert await ground.commit(workspace, ground.write(workspace, "notes.txt", "changed\n")) is not None


async def test_the_servers_environment_does_not_reach_git(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "CHORUS_SECRET"):
        monkeypatch.setenv(name, "/nonexistent")
    for name in ("GIT_EXTERNAL_DIFF", "GIT_SSH_COMMAND", "GIT_PROXY_COMMAND", "GIT_ASKPASS"):
        monkeypatch.setenv(name, "touch /tmp/never")
    seen = scene.top.parent / "seen"
    ground = scene.ground(command=scene.program(f"env >> {seen}"))
    workspace = await ground.open("task-1")
    assert await ground.commit(workspace, ground.write(workspace, "notes.txt", "changed\n")) is not None
    names = {line.partition("=")[0] for line in seen.read_text().splitlines()}
    assert not names & {"CHORUS_SECRET", "GIT_EXTERNAL_DIFF", "GIT_SSH_COMMAND", "GIT_PROXY_COMMAND"}
    assert "/nonexistent" not in seen.read_text()


async def test_links_lead_nowhere(scene: Scene, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key.txt").write_text("secret\n")
    (scene.top / "folder").mkdir()
    (scene.top / "folder" / "key.txt").write_text("public\n")
    scene.git("add", ".")
    scene.git("commit", "-qm", "A folder")
    ground = scene.ground()
    workspace = await ground.open("task-1")
    os.unlink(os.path.join(workspace.path, "folder", "key.txt"))
    os.rmdir(os.path.join(workspace.path, "folder"))
    os.symlink(secret, os.path.join(workspace.path, "folder"))
    with pytest.raises(BadInput, match="symbolic link"):
        await ground.commit(workspace, FileEdit("folder/key.txt"))
    assert "+secret" not in await ground.backend.diff(workspace)
    commit = await ground.commit(workspace)
    assert commit is not None
    assert sorted(commit.files) == ["folder", "folder/key.txt"]
    assert scene.git("cat-file", "-t", "chorus/task-1:folder") == "blob"
    assert scene.git("cat-file", "-p", "chorus/task-1:folder") == str(secret)
