"""The default document provider: the Markdown files of a project."""

from __future__ import annotations

from collections.abc import Iterable

from chorus import PluginConfig, hookimpl
from chorus.backends import DocumentProvider
from chorus_documents.options import Options
from chorus_documents.provider import MarkdownProvider

__all__ = ["MarkdownProvider", "Options", "chorus_document_providers"]


@hookimpl
def chorus_document_providers(config: PluginConfig) -> Iterable[DocumentProvider]:
    return [MarkdownProvider(Options.read(config))]
