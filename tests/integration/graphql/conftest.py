"""A site made of fakes, behind a real uvicorn on a loopback port."""

from __future__ import annotations

from tests.support.site import browser, client, live, make_site, no_effects, ready, web

__all__ = ["browser", "client", "live", "make_site", "no_effects", "ready", "web"]
