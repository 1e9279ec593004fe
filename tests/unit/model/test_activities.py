"""The timeline of an agent out of the events that told its status."""

from __future__ import annotations

from datetime import UTC, datetime

from chorus.model import AgentStatus, Event
from chorus.model.activities import timeline


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(1000 + seconds, UTC)


def event(seq: int, status: str, activity: str | None, since: float | None = None) -> Event:
    data = {"status": status, "activity": activity, "runId": "r"}
    if since is not None:
        data["since"] = 1000 + since  # type: ignore[assignment]
    return Event(seq, moment(seq), "agent.status", "t", "hooks", data)


def lines(*events: Event, ended_at: datetime | None = None) -> list[tuple[int, str, float, float | None]]:
    return [
        (
            one.seq,
            f"{one.agent_status}: {one.activity}",
            one.at.timestamp() - 1000,
            one.ended_at.timestamp() - 1000 if one.ended_at else None,
        )
        for one in timeline(reversed(events), ended_at)
    ]


def test_each_ends_where_the_next_begins() -> None:
    found = lines(event(1, "IDLE", "Ready"), event(2, "THINKING", "Go"), event(5, "READING", "Reading a"))
    assert found == [
        (5, "READING: Reading a", 5, None),
        (2, "THINKING: Go", 2, 5),
        (1, "IDLE: Ready", 1, 2),
    ]


def test_repeats_are_one() -> None:
    same = [event(seq, "THINKING", "Thinking") for seq in (2, 3, 4)]
    found = lines(event(1, "IDLE", None), *same, event(9, "IDLE", None), ended_at=moment(20))
    assert found == [(9, "IDLE: None", 9, 20), (2, "THINKING: Thinking", 2, 9), (1, "IDLE: None", 1, 2)]


def test_a_moment_before_what_was_known_does_not_turn_time_around() -> None:
    """A state file says later when something was; what came after it was told before."""
    found = lines(
        event(4, "RUNNING", "make", 4), event(6, "IDLE", "Interrupted", 3), event(8, "IDLE", "x", 9)
    )
    assert found == [(8, "IDLE: x", 8, None), (6, "IDLE: Interrupted", 3, 8), (4, "RUNNING: make", 3, 3)]


def test_what_is_known_besides() -> None:
    [one] = timeline([event(1, "IDLE", None)], None)
    assert (one.detail, one.source, one.agent_status) == ({"runId": "r"}, "hooks", AgentStatus.IDLE)
