"""What can be configured: the `[documents]` table and `[plugins.documents]`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Any, Self

from chorus import PluginConfig
from chorus.settings import DocumentSettings, Meta


@dataclass(frozen=True, slots=True)
class OwnOptions:
    """`[plugins.documents]`: bounds of the Markdown documents of a project."""

    max_bytes: Annotated[int, Meta(ge=1, description="A larger file (bytes) is no document.")] = (
        2 * 1024 * 1024
    )
    max_documents: Annotated[int, Meta(ge=1, description="How many documents a project may have.")] = 20_000
    max_watches: Annotated[
        int,
        Meta(
            ge=1, description="How many folders of a project are watched; others are read every ten seconds."
        ),
    ] = 4_096
    gitignore: Annotated[bool, Meta(description="Whether files that git ignores are left out.")] = True


@dataclass(frozen=True, slots=True)
class Options(OwnOptions):
    """All that the provider goes by: its own options, and the patterns of `[documents]`."""

    include: tuple[str, ...] = DocumentSettings().include
    exclude: tuple[str, ...] = DocumentSettings().exclude

    @classmethod
    def of(cls, config: PluginConfig[OwnOptions]) -> Self:
        patterns: dict[str, Any] = config.settings.get("documents", {})
        return cls(**asdict(config.options), **patterns)
