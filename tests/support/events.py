"""Events of kinds that only a test knows."""

from __future__ import annotations

from typing import Any

from chorus.model.events import EventKind


def any_event(kind: str, **data: Any) -> EventKind:
    """Return an event of a kind of this name with this data."""
    made: EventKind = type("TestEvent", (EventKind,), {"kind": kind, "to_json": lambda self: data})()
    return made
