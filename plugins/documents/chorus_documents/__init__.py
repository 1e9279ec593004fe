"""The default document provider: the Markdown files of a project."""

from __future__ import annotations

from collections.abc import Iterable

from chorus import PluginConfig, hookimpl
from chorus.backends import DocumentProvider
from chorus_documents.options import Options, OwnOptions
from chorus_documents.provider import MarkdownProvider

__all__ = ["MarkdownProvider", "Options", "OwnOptions", "chorus_document_providers", "chorus_settings"]


@hookimpl
def chorus_settings(config: PluginConfig) -> type:
    return OwnOptions


@hookimpl
def chorus_document_providers(config: PluginConfig[OwnOptions]) -> Iterable[DocumentProvider]:
    return [MarkdownProvider(Options.of(config))]
