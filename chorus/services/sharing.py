"""Whether the tasks of a VCS backend share a folder: asked for every report of a tool."""

from __future__ import annotations

from functools import cache

from chorus.backends import SharesTree
from chorus.plugins import Plugins


def shares_tree(plugins: Plugins, backend: str) -> bool:
    """Whether tasks with the VCS backend of this name work in one folder; False when there is none."""
    return backend in plugins.vcs and _shares(type(plugins.vcs[backend]))


@cache  # isinstance looks at every method of a Protocol each time
def _shares(kind: type) -> bool:
    return issubclass(kind, SharesTree)
