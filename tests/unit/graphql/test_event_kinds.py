"""Types of events: the fields of a kind, and what has none of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
import strawberry
from graphql import GraphQLObjectType, build_schema

from chorus import model
from chorus.graphql import schema
from chorus.graphql.types import event_kinds
from chorus.graphql.types.events import CoreEvent, Event
from chorus.graphql.types.scalars import config
from chorus.model import RunEnd
from chorus.model.events import (
    CATALOGUE,
    AgentLinesLostEvent,
    AgentReportEvent,
    DocumentGivenEvent,
    EventKind,
    GivenPart,
    RunEndedEvent,
)
from chorus.model.events.description import describe


@strawberry.type
class Query:
    @strawberry.field
    def event(self) -> Event:
        return event_kinds.of(logged.pop())


TYPES: list[type] = [CoreEvent, *event_kinds.EVENT_TYPES.values()]
SCHEMA = strawberry.Schema(Query, types=TYPES, config=config())
SERVED = build_schema(schema.text())

logged: list[model.Event] = []


def ask(kind: str, data: Mapping[str, Any], fragment: str = "") -> dict[str, Any]:
    """Return what a client gets of an event with this data."""
    logged.append(model.Event(1, datetime(2026, 1, 1, tzinfo=UTC), kind, "t1", "test", data))
    result = SCHEMA.execute_sync(f"{{ event {{ __typename kind data {fragment} }} }}")
    assert result.errors is None
    assert result.data is not None
    event: dict[str, Any] = result.data["event"]
    return event


def test_the_fields_of_a_kind_are_typed() -> None:
    ended = RunEndedEvent(run_id="r1", end=RunEnd.CRASHED, signal="SIGKILL")
    event = ask("run.ended", ended.to_json(), "... on RunEndedEvent { runId end exitCode signal details }")
    assert event == {
        "__typename": "RunEndedEvent",
        "kind": "run.ended",
        "data": ended.to_json(),
        "runId": "r1",
        "end": "CRASHED",
        "exitCode": None,
        "signal": "SIGKILL",
        "details": {},
    }


def test_records_within_an_event_are_types_too() -> None:
    given = DocumentGivenEvent(run_id="r1", documents=[GivenPart(reference_id="d1", path="a.md", end_line=9)])
    fragment = "... on DocumentGivenEvent { documents { referenceId path startLine endLine } leftOut }"
    event = ask("document.given", given.to_json(), fragment)
    assert event["documents"] == [{"referenceId": "d1", "path": "a.md", "startLine": None, "endLine": 9}]
    assert event["leftOut"] == []


def test_an_offset_may_be_larger_than_32_bits() -> None:
    lost = AgentLinesLostEvent(run_id="r1", from_=0, until=5 * 1024**3, message="Lost.")
    event = ask("agent.lines_lost", lost.to_json(), "... on AgentLinesLostEvent { until }")
    assert event["until"] == 5 * 1024**3


def test_a_field_that_every_event_has_is_named_with_its_noun() -> None:
    report = AgentReportEvent(run_id="r1", kind_="Weather", data_={"sky": "blue"})
    event = ask("agent.report", report.to_json(), "... on AgentReportEvent { reportKind reportData }")
    assert (event["kind"], event["reportKind"], event["reportData"]) == (
        "agent.report",
        "Weather",
        {"sky": "blue"},
    )


def test_fields_that_an_earlier_version_did_not_write_have_their_defaults() -> None:
    event = ask("agent.turn", {"runId": "r1"}, "... on AgentTurnEvent { text background interrupted }")
    assert event["__typename"] == "AgentTurnEvent"
    assert (event["text"], event["background"], event["interrupted"]) == (None, 0, False)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("weather.changed", {"sky": "blue"}),  # of a plugin, or of a newer server
        ("agent.turn", {}),  # without a field that must be there
        ("agent.turn", {"runId": None}),
        ("agent.turn", {"runId": "r1", "background": None}),
        ("task.status", {"status": "PAUSED"}),  # a value that nobody knows
        ("run.usage", {"runId": "r1", "task": 7}),
    ],
)
def test_what_fits_no_type_is_a_core_event_with_its_data(kind: str, data: dict[str, Any]) -> None:
    assert ask(kind, data) == {"__typename": "CoreEvent", "kind": kind, "data": data}


@pytest.mark.parametrize("kind", CATALOGUE.values(), ids=CATALOGUE)
def test_the_schema_has_the_fields_of_every_kind(kind: type[EventKind]) -> None:
    api_type = SERVED.type_map[kind.__name__]
    assert isinstance(api_type, GraphQLObjectType)
    of_every_event = {"cursor", "at", "kind", "taskId", "source", "data"}
    own = set(api_type.fields) - of_every_event
    renamed = {"kind": "reportKind", "data": "reportData"} if kind is AgentReportEvent else {}
    assert own == {renamed.get(field.key, field.key) for field in describe(kind)}
    assert api_type.description == kind.__doc__
