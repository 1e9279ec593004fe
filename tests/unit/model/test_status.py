"""The status of an agent, from every kind of evidence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chorus.model import AgentStatus, Counts, Evidence, RunEnd, StatusReading, derive, one_line
from chorus.model.status import ANSWERED_SECONDS, REPORT_SECONDS, corrected

STARTED = Evidence(started_at=100.0)


def seen(status: AgentStatus, at: float, activity: str | None = None, source: str = "hooks") -> StatusReading:
    return StatusReading(status, activity, source, at)


EDITING = seen(AgentStatus.EDITING, 110, "Editing app.py")
IDLE = seen(AgentStatus.IDLE, 110, "Done.")
ASKED = seen(AgentStatus.WAITING, 112, "Needs approval: rm -rf build", "permission")
WAITS = seen(AgentStatus.WAITING, 110, "Needs approval: rm -rf build")
DIALOG = seen(AgentStatus.WAITING, 105, "Trust this folder in the terminal", "screen")


def file(status: AgentStatus, at: float) -> StatusReading:
    return seen(status, at, source="state file")


def title(status: AgentStatus, at: float) -> StatusReading:
    return seen(status, at, "By its title", source="title")


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
            replace(STARTED, title=title(AgentStatus.THINKING, 101)),
            "THINKING",
            "By its title",
            "title",
            id="neither hooks nor a file",
        ),
        pytest.param(
            replace(STARTED, file=file(AgentStatus.IDLE, 101), title=title(AgentStatus.THINKING, 102)),
            "IDLE",
            None,
            "state file",
            id="the file knows better than the title",
        ),
        pytest.param(
            replace(STARTED, reported=EDITING, title=title(AgentStatus.IDLE, 115)),
            "IDLE",
            "By its title",
            "title",
            id="Escape without a file: the title tells",
        ),
        pytest.param(
            replace(STARTED, reported=EDITING, title=title(AgentStatus.IDLE, 109)),
            "EDITING",
            "Editing app.py",
            "hooks",
            id="an older title says nothing about now",
        ),
        pytest.param(
            replace(
                STARTED,
                reported=EDITING,
                file=file(AgentStatus.THINKING, 111),
                title=title(AgentStatus.IDLE, 115),
            ),
            "EDITING",
            "Editing app.py",
            "hooks",
            id="a title against the file",
        ),
        pytest.param(
            replace(STARTED, reported=EDITING, title=title(AgentStatus.THINKING, 115)),
            "EDITING",
            "Editing app.py",
            "hooks",
            id="the title of a busy agent agrees with a finer busy",
        ),
        pytest.param(
            replace(STARTED, reported=IDLE, title=title(AgentStatus.THINKING, 115)),
            "THINKING",
            "By its title",
            "title",
            id="it works, and neither hooks nor a file say so",
        ),
        pytest.param(
            replace(STARTED, reported=WAITS, asked=ASKED, title=title(AgentStatus.IDLE, 115)),
            "WAITING",
            ASKED.activity,
            "permission",
            id="no title closes a permission request",
        ),
        pytest.param(
            replace(STARTED, reported=WAITS, dialog=DIALOG, title=title(AgentStatus.IDLE, 115)),
            "WAITING",
            DIALOG.activity,
            "screen",
            id="no title closes a dialog",
        ),
        pytest.param(
            replace(STARTED, reported=WAITS, title=title(AgentStatus.IDLE, 115)),
            "IDLE",
            "By its title",
            "title",
            id="a No in the terminal without a file",
        ),
        pytest.param(
            replace(STARTED, reported=WAITS, title=title(AgentStatus.THINKING, 115)),
            "THINKING",
            "By its title",
            "title",
            id="a Yes in the terminal without a file",
        ),
        pytest.param(
            replace(STARTED, reported=replace(EDITING, free=True), title=title(AgentStatus.IDLE, 115)),
            "EDITING",
            "Editing app.py",
            "hooks",
            id="waiting for the background looks like resting",
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
def test_a_report_that_comes_too_late(known: StatusReading | None, counts: Counts, taken: bool) -> None:
    late = seen(AgentStatus.THINKING, 120, "late")
    after = replace(STARTED, reported=known, silent_since=1.0).with_report(late, counts)
    assert after.reported == (late if taken else known)
    assert after.silent_since is None, "it lives"


ASKING = replace(STARTED, reported=WAITS, asked=ASKED)
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
        (replace(STARTED, reported=LATE, title=title(AgentStatus.IDLE, 119)), REPORT_SECONDS + 1, True),
        (replace(STARTED, reported=LATE, title=title(AgentStatus.IDLE, 119)), REPORT_SECONDS - 1, False),
        (replace(STARTED, reported=LATE, title=title(AgentStatus.IDLE, 119), dialog=DIALOG), 60, False),
        (
            replace(
                STARTED,
                reported=LATE,
                file=file(AgentStatus.RUNNING, 119),
                title=title(AgentStatus.IDLE, 119),
            ),
            60,
            False,
        ),
        (replace(STARTED, file=file(AgentStatus.IDLE, 119)), 60, False),
    ],
)
def test_what_contradicts_a_report_for_long(evidence: Evidence, after: float, expected: bool) -> None:
    assert (corrected(evidence, 120 + after) is not None) is expected


@pytest.mark.parametrize(
    ("evidence", "after", "expected"),
    [
        (replace(ASKING, title=title(AgentStatus.THINKING, 105)), ANSWERED_SECONDS + 1, True),
        (replace(ASKING, title=title(AgentStatus.THINKING, 105)), ANSWERED_SECONDS - 1, False),
        (replace(ASKING, title=title(AgentStatus.THINKING, 113)), 60, False),  # that was seen, and counted
        (replace(ASKING, title=title(AgentStatus.IDLE, 105)), 60, False),
        (replace(ASKING, title=title(AgentStatus.THINKING, 105), dialog=DIALOG), 60, False),
        (
            replace(ASKING, title=title(AgentStatus.THINKING, 105), file=file(AgentStatus.THINKING, 105)),
            60,
            False,
        ),
        (ASKING, 60, False),
    ],
)
def test_an_answer_in_the_terminal_that_no_look_saw(evidence: Evidence, after: float, expected: bool) -> None:
    found = corrected(evidence, ASKED.at + after)
    assert (found is not None) is expected
    # What was asked a moment ago may not be on the screen yet.
    assert found is None or (found.title and found.title.at == ASKED.at + after - ANSWERED_SECONDS)


def test_evidence_survives_the_record() -> None:
    by_title = title(AgentStatus.IDLE, 115)
    evidence = replace(
        STARTED, reported=EDITING, asked=ASKED, title=by_title, ended=RunEnd.KILLED, ended_at=1.0
    )
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
