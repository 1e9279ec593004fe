"""A site made of fakes, in process."""

from __future__ import annotations

from tests.support.site import client, make_site, no_effects, ready, web

__all__ = ["client", "make_site", "no_effects", "ready", "web"]
