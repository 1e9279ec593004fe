"""How `but` is called: nothing that waits for a person, nothing that reaches other people's work."""

from __future__ import annotations

from typing import Any

import pytest

from chorus.backends import ConflictPolicy
from chorus.errors import VcsConflict
from tests.support.gitbutler import Scene, opened


@pytest.fixture
def calls(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Any:
    if scene.generation == "real":
        pytest.skip("the real program keeps no log of its calls")
    monkeypatch.setenv("CLAUDECODE", "1")
    monkeypatch.setenv("AI_AGENT", "claude")
    monkeypatch.setenv("GIT_EDITOR", "vi")
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("BUT_PAGER", "less")
    monkeypatch.setenv("CHORUS_SECRET", "token")
    return scene.calls


async def test_every_call_is_unattended(scene: Scene, calls: Any) -> None:
    backend = scene.backend()
    first, second = await opened(backend, scene, "first", "second")
    await backend.commit(first, scene.request(scene.replace("notes.txt", "line 5\n", "line five\n")))
    with pytest.raises(VcsConflict):
        await backend.commit(second, scene.request(scene.replace("notes.txt", "line 6\n", "line six\n")))
    await backend.resolve(second, scene.request(), ConflictPolicy.STACK)
    await backend.diff(second)
    await backend.close(second, delete_branch=True)

    seen = calls()
    assert {each["argv"][0] for each in seen} >= {"status", "diff", "commit", "branch", "move"} - (
        {"move"} if scene.generation == "0.21" else set()
    )
    for call in seen:
        env = call["env"]
        assert (env["BUT_OUTPUT_FORMAT"], env["NOPAGER"], env["NO_BG_TASKS"]) == ("json", "1", "1")
        assert (env["GIT_EDITOR"], env["GIT_TERMINAL_PROMPT"]) == ("false", "0")
        assert not {"CLAUDECODE", "AI_AGENT", "GIT_DIR", "BUT_PAGER", "CHORUS_SECRET"} & set(env)
        assert not {"-j", "--json", "--version", "-V"} & set(call["argv"])
    for argv in (
        each["argv"] for each in seen if each["argv"][0] == "commit" and "--help" not in each["argv"]
    ):
        assert [each for each in argv if each.startswith("--message=")]
        named = argv[argv.index("--") + 1 :] if scene.generation == "0.22" else [argv[2]]
        assert named
        assert named != ["--changes="]
