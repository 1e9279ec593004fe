"""Fields of a report from outside: there with the right type, absent, or BadInput."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chorus.errors import BadInput

Report = Mapping[str, Any]


def text(report: Report, name: str) -> str | None:
    value = report.get(name)
    if value is not None and not isinstance(value, str):
        raise _wrong(report, name, "text")
    return value


def needed(report: Report, name: str) -> str:
    value = text(report, name)
    if not value:
        raise _wrong(report, name, "text, and is needed")
    return value


def table(report: Report, name: str) -> Mapping[str, Any]:
    value = report.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise _wrong(report, name, "an object")
    return value


def tables(report: Report, name: str) -> Sequence[Mapping[str, Any]]:
    value = report.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
        raise _wrong(report, name, "a list of objects")
    return value


def count(report: Report, name: str) -> int:
    """A whole number that is not negative; 0 when it is not there."""
    value = report.get(name)
    if value is None:
        return 0
    if type(value) is not int or not 0 <= value < 2**53:
        raise _wrong(report, name, "a whole number")
    return value


def event(report: Report) -> str:
    return needed(report, "hook_event_name")


def _wrong(report: Report, name: str, what: str) -> BadInput:
    kind = report.get("hook_event_name")
    of = f" of {kind}" if isinstance(kind, str) and name != "hook_event_name" else ""
    return BadInput(f"`{name}`{of} must be {what}.", field=name)
