"""The status of an agent, from every kind of evidence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chorus.model import AgentStatus, Counts, Evidence, RunEnd, Seen, derive, one_line
from chorus.model.status import REPORT_SECONDS, contradicted

STARTED = Evidence(started_at=100.0)


def seen(status: AgentStatus, at: float, activity: str | None = None, source: str = "hooks") -> Seen:
    return Seen(status, activity, source, at)


EDITING = seen(AgentStatus.EDITING, 110, "Editing app.py")
IDLE = seen(AgentStatus.IDLE, 110, "Done.")
ASKED = seen(AgentStatus.WAITING, 112, "Needs approval: rm -rf build", "permission")
DIALOG = seen(AgentStatus.WAITING, 105, "Trust this folder in the terminal", "screen")


def file(status: AgentStatus, at: float) -> Seen:
    return seen(status, at, source="state file")


@pytest.mark.parametrize(
    ("evidence", "status", "activity", "source"),
    [
        pytest.param(None, "STOPPED", None, "chorus", id="never started"),
        pytest.param(STARTED, "STARTING", "Starting", "process", id="no report yet"),
        pytest.param(
            replace(STARTED, file=file(AgentStatus.IDLE, 101)),
            "IDLE",
            None,
            "state file",
            id="no hooks at all",
        ),
        pytest.param(replace(STARTED, reported=EDITING), "EDITING", "Editing app.py", "hooks", id="a report"),
        pytest.param(
            replace(STARTED, dialog=DIALOG),
            "WAITING",
            DIALOG.activity,
            "screen",
            id="a dialog first",
        ),
        pytest.param(
            replace(STARTED, dialog=DIALOG).with_report(EDITING),
            "EDITING",
            "Editing app.py",
            "hooks",
            id="a report answers the dialog",
        ),
        pytest.param(
            replace(STARTED, reported=EDITING, asked=ASKED),
            "WAITING",
            ASKED.activity,
            "permission",
            id="an open permission request is what it waits for",
        ),
        pytest.param(
            replace(STARTED, reported=EDITING, file=file(AgentStatus.IDLE, 115)),
            "IDLE",
            "Interrupted",
            "state file",
            id="Escape: no hook, the file says idle",
        ),
        pytest.param(
            replace(STARTED, reported=EDITING, file=file(AgentStatus.IDLE, 109)),
            "EDITING",
            "Editing app.py",
            "hooks",
            id="an older file says nothing about now",
        ),
        pytest.param(
            replace(STARTED, reported=EDITING, file=file(AgentStatus.RUNNING, 115)),
            "EDITING",
            "Editing app.py",
            "hooks",
            id="busy agrees with a finer busy",
        ),
        pytest.param(
            replace(STARTED, reported=IDLE, file=file(AgentStatus.RUNNING, 115)),
            "RUNNING",
            None,
            "state file",
            id="a person typed in the terminal and hooks are lost",
        ),
        pytest.param(
            replace(STARTED, reported=EDITING, file=file(AgentStatus.WAITING, 115)),
            "WAITING",
            None,
            "state file",
            id="a dialog no hook told of",
        ),
        pytest.param(
            replace(
                STARTED, reported=EDITING, asked=ASKED, ended=RunEnd.CRASHED, ended_at=120.0, ended_why="x"
            ),
            "ERRORED",
            "x",
            "process",
            id="a dead process outweighs everything",
        ),
        pytest.param(
            replace(STARTED, reported=EDITING, notice=seen(AgentStatus.THINKING, 115, "Retrying")),
            "EDITING",
            "Retrying",
            "hooks",
            id="what the screen of a busy agent says",
        ),
        pytest.param(
            replace(STARTED, reported=IDLE, notice=seen(AgentStatus.THINKING, 115, "Retrying")),
            "IDLE",
            "Done.",
            "hooks",
            id="an old notice on the screen of an idle agent",
        ),
        pytest.param(
            replace(STARTED, ended=RunEnd.FINISHED, ended_at=120.0, ended_why="Finished"),
            "STOPPED",
            "Finished",
            "process",
            id="finished",
        ),
        pytest.param(
            replace(STARTED, ended=RunEnd.KILLED, ended_at=120.0, ended_why="Ended by a person"),
            "STOPPED",
            "Ended by a person",
            "process",
            id="ended by a person is not an error",
        ),
    ],
)
def test_status(evidence: Evidence | None, status: str, activity: str | None, source: str) -> None:
    found = derive(evidence)
    assert (found.status, found.activity, found.source) == (status, activity, source)


@pytest.mark.parametrize(
    ("known", "counts", "taken"),
    [
        (None, Counts.IN_TURN, True),
        (None, Counts.BETWEEN_TURNS, True),
        (EDITING, Counts.IN_TURN, True),
        (EDITING, Counts.BETWEEN_TURNS, False),
        (IDLE, Counts.IN_TURN, False),
        (IDLE, Counts.BETWEEN_TURNS, True),
        (IDLE, Counts.ALWAYS, True),
        (EDITING, Counts.ALWAYS, True),
        (EDITING, Counts.UNEXPLAINED, True),
        (replace(EDITING, free=True), Counts.UNEXPLAINED, False),
        (IDLE, Counts.UNEXPLAINED, False),
        (replace(IDLE, status=AgentStatus.ERRORED), Counts.UNEXPLAINED, False),
    ],
)
def test_a_report_that_comes_too_late(known: Seen | None, counts: Counts, taken: bool) -> None:
    late = seen(AgentStatus.THINKING, 120, "late")
    after = replace(STARTED, reported=known, silent_since=1.0).with_report(late, counts)
    assert after.reported == (late if taken else known)
    assert after.silent_since is None, "it lives"


LATE = seen(AgentStatus.THINKING, 120, "Thinking")


@pytest.mark.parametrize(
    ("evidence", "after", "expected"),
    [
        (replace(STARTED, reported=LATE, file=file(AgentStatus.IDLE, 119)), REPORT_SECONDS + 1, True),
        (replace(STARTED, reported=LATE, file=file(AgentStatus.IDLE, 119)), REPORT_SECONDS - 1, False),
        (replace(STARTED, reported=LATE, file=file(AgentStatus.RUNNING, 119)), 60, False),
        (replace(STARTED, reported=IDLE, file=file(AgentStatus.THINKING, 105)), 60, True),
        (replace(STARTED, reported=LATE, file=file(AgentStatus.IDLE, 119), asked=ASKED), 60, False),
        (replace(STARTED, reported=LATE), 60, False),
        (replace(STARTED, file=file(AgentStatus.IDLE, 119)), 60, False),
    ],
)
def test_a_file_that_contradicts_for_long(evidence: Evidence, after: float, expected: bool) -> None:
    assert contradicted(evidence, 120 + after) is expected


def test_evidence_survives_the_record() -> None:
    evidence = replace(STARTED, reported=EDITING, asked=ASKED, ended=RunEnd.KILLED, ended_at=1.0)
    assert Evidence.from_json(evidence.to_json()) == evidence


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (None, None),
        ("", None),
        ("  \n ", None),
        ("one\ntwo", "one"),
        ("\x1b[31mred\x07", "[31mred"),
        ("x" * 300, "x" * 199 + "…"),
    ],
)
def test_one_line(text: str | None, line: str | None) -> None:
    assert one_line(text) == line
