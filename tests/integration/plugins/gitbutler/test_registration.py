"""The plugin registers whether or not `but` is there, and says which."""

from __future__ import annotations

from pathlib import Path

import chorus_gitbutler
import pytest

from chorus import PluginConfig
from chorus.backends import VcsBackend


@pytest.fixture
def config(tmp_path: Path) -> PluginConfig[chorus_gitbutler.Options]:
    return PluginConfig(
        options=chorus_gitbutler.Options(), state_dir=tmp_path / "state", runtime_dir=tmp_path / "run"
    )


def test_registers_without_the_program(
    config: PluginConfig[chorus_gitbutler.Options], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    [backend] = chorus_gitbutler.chorus_vcs_backends(config)
    assert isinstance(backend, VcsBackend)
    assert backend.name == "gitbutler"
    reason = backend.check()
    assert reason is not None
    assert "no `but` on PATH" in reason
