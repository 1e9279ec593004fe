"""Catalogue of events: what a kind becomes in the log, and that nothing bypasses the catalogue."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, get_args, get_origin, get_type_hints

import pytest

import chorus
from chorus.model import Message, MessageState, RunEnd, TaskStatus
from chorus.model.events import (
    CATALOGUE,
    REACHED,
    AgentReportEvent,
    AgentTurnEvent,
    DocumentGivenEvent,
    EventKind,
    GivenPart,
    MessageFailedEvent,
    RunEndedEvent,
    TaskStatusEvent,
    VcsErrorEvent,
    failure_fields,
)
from chorus.model.events.base import camel_case

SOURCES = Path(chorus.__file__).parent
KINDS = pytest.mark.parametrize("event", CATALOGUE.values(), ids=CATALOGUE)


def test_fields_become_camel_case_and_values_plain() -> None:
    ended = RunEndedEvent(run_id="r1", end=RunEnd.CRASHED, exit_code=None, signal="SIGKILL")
    assert ended.to_json() == {
        "runId": "r1",
        "end": "CRASHED",
        "detail": None,
        "exitCode": None,
        "signal": "SIGKILL",
        "code": None,
        "reason": None,
        "details": {},
    }
    assert type(TaskStatusEvent(status=TaskStatus.FAILED).to_json()["status"]) is str


def test_records_within_an_event_become_objects() -> None:
    part = GivenPart(reference_id="d1", path="docs/a.md", start_line=3)
    data = DocumentGivenEvent(run_id="r1", documents=(part,), left_out=("One.",)).to_json()
    assert data["documents"][0]["referenceId"] == "d1"
    assert data["documents"][0]["startLine"] == 3
    assert data["leftOut"] == ["One."]


def test_an_underscore_at_the_end_of_a_name_is_not_in_its_key() -> None:
    data = AgentReportEvent(run_id="r1", kind_="Weather", data_={"sky": "blue"}).to_json()
    assert data == {"runId": "r1", "kind": "Weather", "data": {"sky": "blue"}}


def test_a_turn_has_one_shape_however_it_ended() -> None:
    over, interrupted = (
        AgentTurnEvent(run_id="r1", text="Done."),
        AgentTurnEvent(run_id="r1", interrupted=True),
    )
    assert over.to_json().keys() == interrupted.to_json().keys()


def test_a_failure_keeps_what_is_not_a_field_in_its_details() -> None:
    failure = failure_fields({"code": "CONFLICT", "reason": "unfinished", "paths": ["a"], "message": "No."})
    data = VcsErrorEvent(message="It failed.", **failure).to_json()
    assert (data["code"], data["reason"], data["details"]) == ("CONFLICT", "unfinished", {"paths": ["a"]})
    assert data["message"] == "It failed."


def test_a_message_is_told_as_it_is_now() -> None:
    message = Message("m1", "t1", "r1", "Hello", MessageState.FAILED, "ada", datetime.min, "No terminal.")
    assert REACHED[MessageState.FAILED] is MessageFailedEvent
    assert MessageFailedEvent.of(message).to_json() == {
        "id": "m1",
        "text": "Hello",
        "state": "FAILED",
        "author": "ada",
        "error": "No terminal.",
    }


def test_every_state_of_a_message_has_an_event() -> None:
    assert set(REACHED) == set(MessageState)


@KINDS
def test_a_class_is_named_after_its_kind(event: type[EventKind]) -> None:
    words = event.kind.replace(".", "_").split("_")
    assert event.__name__ == "".join(word.capitalize() for word in words) + "Event"


@KINDS
def test_every_field_says_what_it_means(event: type[EventKind]) -> None:
    assert event.sources
    assert event.__doc__
    hints = get_type_hints(event, include_extras=True)
    fields = [name for name in hints if name not in ("kind", "sources")]
    assert all(get_origin(hints[name]) is Annotated and get_args(hints[name])[1] for name in fields)
    assert len({camel_case(name) for name in fields}) == len(fields)


# --- the sources -------------------------------------------------------------------------------------


def nodes() -> Iterator[tuple[str, ast.AST]]:
    """Return all that stands in the sources but the catalogue itself, with the file it is in."""
    for path in sorted(SOURCES.rglob("*.py")):
        if path.parent != SOURCES / "model" / "events":
            where = str(path.relative_to(SOURCES))
            yield from ((where, node) for node in ast.walk(ast.parse(path.read_text())))


def calls() -> Iterator[tuple[str, ast.Call]]:
    return ((where, node) for where, node in nodes() if isinstance(node, ast.Call))


def emits_an_event(call: ast.Call) -> bool:
    """Return whether a call of emit hands over an event, and not the name of a kind or its data."""
    plain = (ast.Constant, ast.JoinedStr, ast.Dict)
    parts = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg != "source")]
    given = [part for part in parts if not (isinstance(part, ast.Constant) and part.value is None)]
    return len(call.args) == 1 and not any(isinstance(part, plain) for part in given)


def test_every_emit_hands_over_an_event_of_the_catalogue() -> None:
    emits = [(where, call) for where, call in calls() if ast.unparse(call.func).endswith(".emit")]
    assert len(emits) > 40
    assert [f"{where}:{call.lineno}" for where, call in emits if not emits_an_event(call)] == []


def test_only_the_unit_of_work_writes_to_the_event_log() -> None:
    """What has another way to the log would not be in the catalogue."""
    writers = {where for where, call in calls() if ast.unparse(call).startswith("insert(tables.events)")}
    assert writers == {"db/unit.py"}


def test_every_kind_is_emitted() -> None:
    used = {node.id for _, node in nodes() if isinstance(node, ast.Name)}  # an import is no name
    used |= {event.__name__ for event in REACHED.values()}
    assert sorted(kind for kind, event in CATALOGUE.items() if event.__name__ not in used) == []
