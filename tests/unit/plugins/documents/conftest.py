"""A project in a folder, and a provider that reads it."""

from __future__ import annotations

from tests.support.markdown import link, provider, root, write

__all__ = ["link", "provider", "root", "write"]
