"""Distributions for the tests of plugins: installed without pip, gone after the test."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

#: Installs a plugin of this name, made of this code.
Install = Callable[[str, str], None]


def installer(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Return a function that installs one-file distributions with an entry point."""
    monkeypatch.syspath_prepend(str(folder))

    def install(name: str, code: str) -> None:
        module = name.replace("-", "_")
        (folder / f"{module}.py").write_text(code)
        info = folder / f"{module}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.2\n")
        (info / "entry_points.txt").write_text(f"[chorus]\n{name} = {module}\n")
        monkeypatch.delitem(sys.modules, module, raising=False)

    return install
