"""The provider that the documentation shows: it is loaded from its file and keeps the contract."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from chorus import PluginConfig
from chorus.testing.documents import DocumentProviderContract, Library
from tests.support.paths import ROOT

EXAMPLE = ROOT / "docs" / "examples" / "adr_provider.py"


class TestAdrProvider(DocumentProviderContract):
    first = "adr/0001-guide.md"
    second = "adr/0002-notes.md"

    @pytest.fixture
    def library(self, tmp_path: Path) -> Library:
        def write(path: str, text: str) -> None:
            (tmp_path / path).parent.mkdir(exist_ok=True)
            (tmp_path / path).write_text(text)

        offer = runpy.run_path(str(EXAMPLE))["chorus_document_providers"]
        [provider] = offer(PluginConfig({}, tmp_path, tmp_path))
        return Library(provider, str(tmp_path), write, lambda path: (tmp_path / path).unlink())


def provider_class() -> str:
    source = EXAMPLE.read_text()
    return source[source.index("class AdrProvider") : source.index("def records_of")].rstrip() + "\n"


def test_the_class_is_as_short_as_the_documentation_says() -> None:
    assert len([line for line in provider_class().splitlines() if line]) <= 30


def test_the_documentation_shows_the_code_that_is_tested() -> None:
    assert f"```python\n{provider_class()}```\n" in (EXAMPLE.parents[1] / "plugins.md").read_text()
