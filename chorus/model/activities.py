"""Timeline of what an agent did, out of the events that told its status. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from chorus.model.enums import AgentStatus
from chorus.model.records import Event

#: The kind of the events a timeline is made of.
KIND = "agent.status"

_KNOWN = ("status", "activity", "since")


@dataclass(frozen=True, slots=True)
class Activity:
    """What an agent did from `at` until `ended_at` (None: it still does).

    `seq` is the position in the event log at which it was first told, `source` what the status was known
    from, `detail` what else is known, with the id of the run (`runId`).
    """

    seq: int
    at: datetime
    ended_at: datetime | None
    agent_status: AgentStatus
    activity: str | None
    source: str
    detail: Mapping[str, Any]


def timeline(events: Iterable[Event], ended_at: datetime | None) -> list[Activity]:
    """Activities, the newest first, of events that come newest first; repeats are one activity.

    `ended_at` is when the newest of them was over.
    """
    found: list[Activity] = []
    for event in events:
        activity = _activity(event, found[-1].at if found else ended_at)
        if found and _same(activity, found[-1]):
            found[-1] = replace(activity, ended_at=found[-1].ended_at)
        else:
            found.append(activity)
    return found


def _activity(event: Event, ended_at: datetime | None) -> Activity:
    since = event.data.get("since")
    at = datetime.fromtimestamp(since, UTC) if isinstance(since, int | float) else event.at
    # A file tells of a moment that may lie before what was known already: time does not run backwards.
    at = min(at, event.at, ended_at or event.at)
    detail = {name: value for name, value in event.data.items() if name not in _KNOWN}
    return Activity(
        event.seq,
        at,
        ended_at,
        AgentStatus(event.data["status"]),
        event.data.get("activity"),
        event.source,
        detail,
    )


def _same(one: Activity, other: Activity) -> bool:
    return (one.agent_status, one.activity) == (other.agent_status, other.activity)
