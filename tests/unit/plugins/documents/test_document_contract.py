"""The provider contract, kept by the fake and by the real one."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from chorus_documents import MarkdownProvider

from chorus.testing.documents import DocumentProviderContract, Library, MemoryDocumentProvider


class TestMemoryDocumentProvider(DocumentProviderContract):
    @pytest.fixture
    def library(self) -> Library:
        provider = MemoryDocumentProvider()
        return Library(provider, "/p", partial(provider.put, "/p"), partial(provider.remove, "/p"))


class TestMarkdownProvider(DocumentProviderContract):
    @pytest.fixture
    def library(self, tmp_path: Path) -> Library:
        def write(path: str, text: str) -> None:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)

        return Library(MarkdownProvider(), str(tmp_path), write, lambda path: (tmp_path / path).unlink())
