"""Reports of hosts: each has a handler, and one that comes twice is on record once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from sqlalchemy import Connection

from chorus.backends import Workspace
from chorus.db import tables
from chorus.host.reports import (
    CommandDelayed,
    CommandDone,
    CommandFailed,
    Committed,
    ConflictResolved,
    ContextGiven,
    Delivered,
    DocumentsChanged,
    Followed,
    ProbeResult,
    ProcessesLeft,
    ReferencesFollowed,
    Report,
    RunEnded,
    RunStarted,
    SessionOrphaned,
    TranscriptRead,
    Unassigned,
    Unheard,
    VcsTrouble,
    WorkspaceClosed,
    WorkspaceOpened,
)
from chorus.model import AgentStatus, Commit, DiffStat, DocumentReference, StatusReading, UsageSeen
from chorus.model.context import Part
from tests.support.services import Core, services

AT = datetime(2026, 1, 2, tzinfo=UTC)
REFERENCE = DocumentReference("nobody", "nobody", "README.md", None, None, None, None, False)

WORKS = StatusReading(AgentStatus.THINKING, "Working", "state file", 2e9)


async def test_every_report_has_a_handler_of_its_type(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        handlers = core.services.host_reports.handlers
        assert set(handlers) == set(get_args(Report))
        taken = {kind: get_type_hints(handler)["report"] for kind, handler in handlers.items()}
        assert taken == {kind: kind for kind in handlers}


# --- twice the same ---------------------------------------------------------------------------------


@dataclass
class Scene:
    """A task whose agent lives, one whose agent is starting, and a command for each."""

    core: Core
    task: str
    run: str
    starting: str
    start: int
    deliver: int
    message: str


async def scene(core: Core) -> Scene:
    task = await core.running("works")
    message = await core.services.agents.send(task.id, "go on", actor="user")
    [deliver] = await core.commands("deliver", task.id)
    await core.services.starter.start((await core.new("starts")).id, actor="user")
    [start] = await core.commands("start")
    run, starting = await core.run(task.id), await core.run(start.task.id)
    return Scene(core, task.id, run.id, starting.id, start.seq, deliver.seq, message.id)


#: One report of each type. Those in ALWAYS_TOLD are news each time: only what is on record counts once.
REPORTS: Sequence[Callable[[Scene], Report]] = (
    lambda scene: CommandDone(scene.deliver),
    lambda scene: CommandDelayed(scene.start, "UNAVAILABLE", "The disk is full."),
    lambda scene: CommandDelayed(scene.deliver, "UNAVAILABLE", "tmux is busy."),
    lambda scene: CommandFailed(scene.start, "CONFLICT", "No folder."),
    lambda scene: CommandFailed(scene.deliver, "CONFLICT", "No terminal."),
    lambda scene: WorkspaceOpened(scene.task, Workspace("/repo", "chorus/other", "/other", "abc")),
    lambda scene: WorkspaceClosed(scene.task, None, True),
    lambda scene: RunStarted(scene.starting, 4711, 1),
    lambda scene: RunEnded(scene.run, 1, None),
    lambda scene: Unheard(scene.run, "http://127.0.0.1:1", "The port is taken."),
    lambda scene: ProcessesLeft(scene.task, ["17 sleep"], closing=True),
    lambda scene: ProbeResult(
        scene.run, file=StatusReading(AgentStatus.THINKING, "Working", "state file", 2e9)
    ),
    lambda scene: TranscriptRead(scene.run, {"/t.jsonl": 7}, [UsageSeen("m1", 3, 4)], []),
    lambda scene: Committed(
        scene.task, "turn:1", Commit("abc", "Add x", "Agent", AT, ("x",)), DiffStat(1, 2, 3)
    ),
    lambda scene: VcsTrouble(scene.task, "It conflicts with a.", conflict=True),
    lambda scene: ConflictResolved(scene.task),
    lambda scene: Unassigned(scene.task, ["x"]),
    lambda scene: Delivered(scene.message),
    lambda scene: SessionOrphaned("gone", None, "tmux"),
    lambda scene: ContextGiven(
        "k", scene.task, scene.run, None, "c", [Part("r", "README.md")], [], ["Too long."], []
    ),
    lambda scene: ReferencesFollowed([Followed(REFERENCE, Part("r", "README.md"), {})]),
    lambda scene: DocumentsChanged(scene.core.project.id, [("README.md", "changed")]),
)

ALWAYS_TOLD = (
    WorkspaceClosed,
    Unheard,
    ProcessesLeft,
    VcsTrouble,
    Unassigned,
    SessionOrphaned,
    DocumentsChanged,
)


def record(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Return all that is on record, without the event log."""
    found = [table for table in tables.metadata.sorted_tables if not table.name.startswith("event")]
    return {table.name: [tuple(row) for row in connection.execute(table.select()).all()] for table in found}


@pytest.mark.parametrize("number", range(len(REPORTS)))
async def test_a_report_that_comes_twice_is_on_record_once(tmp_path: Path, number: int) -> None:
    async with services(tmp_path) as core:
        report = REPORTS[number](await scene(core))
        await core.report(report)
        before, told = await core.read(record), await core.events()
        await core.report(report)
        assert await core.read(record) == before
        again = (await core.events())[len(told) :]
        assert (again == []) != isinstance(report, ALWAYS_TOLD)


def test_each_type_of_report_is_tried_twice() -> None:
    dummy = Scene(core=Any, task="", run="", starting="", start=0, deliver=0, message="")  # type: ignore[arg-type]
    tried = [type(make(dummy)) for make in REPORTS[:-1]]
    assert {*tried, DocumentsChanged} == set(get_args(Report))


# --- what each of them says ---------------------------------------------------------------------------


async def test_workspaces_are_opened_kept_and_closed(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        id = (await core.running()).id
        await core.report(WorkspaceOpened(id, Workspace("/repo", "chorus/x", "/x", "abc")))
        task = await core.task(id)
        assert (task.branch, task.worktree, task.base) == ("chorus/x", "/x", "abc")
        await core.report(WorkspaceClosed(id, "There are changes in it.", failure={"code": "CONFLICT"}))
        task = await core.task(id)
        assert (task.worktree, task.error) == ("/x", "There are changes in it.")
        await core.report(WorkspaceClosed(id, None, branch_deleted=True))
        task = await core.task(id)
        assert (task.branch, task.worktree) == (None, None)
        kept, closed = [event.data for event in await core.events("vcs.closed")]
        assert (kept["code"], kept["kept"]) == ("CONFLICT", "There are changes in it.")
        assert (kept["branchDeleted"], closed["branchDeleted"], closed["kept"]) == (False, True, None)


async def test_commits_are_recorded_with_what_the_branch_has_changed(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        id = (await core.running()).id
        commit = Commit("abc", "Add x", "Agent", AT, ("x", "y"))
        await core.report(Committed(id, "turn:0", None), Committed(id, "turn:1", commit, DiffStat(2, 5, 3)))
        task = await core.task(id)
        assert (task.changed_files, task.added_lines, task.removed_lines) == (2, 5, 3)
        assert [event.data["files"] for event in await core.events("vcs.commit")] == [["x", "y"]]


async def test_a_conflict_stays_with_its_task_until_it_is_resolved(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        id = (await core.running()).id
        await core.report(VcsTrouble(id, "The disk is full."))
        assert (await core.task(id)).conflict is None
        await core.report(VcsTrouble(id, "It conflicts with a.", True, {"branches": ["a"]}))
        assert (await core.task(id)).conflict == "It conflicts with a."
        await core.report(ConflictResolved(id))
        assert (await core.task(id)).conflict is None
        told = [event.kind for event in await core.events() if event.kind.startswith("vcs.")]
        assert told == ["vcs.branch", "vcs.error", "vcs.conflict", "vcs.resolved"]


async def test_what_cannot_be_put_away_says_why(tmp_path: Path) -> None:
    async with services(tmp_path) as core:
        id = (await core.running()).id
        await core.report(ProcessesLeft(id, ["17 sleep"], closing=False))
        assert (await core.task(id)).error is None
        await core.services.closing.complete(id, actor="user")
        [close] = await core.commands("close", id)
        await core.report(CommandFailed(close.seq, "UNAVAILABLE", "git does not answer.", {"seconds": 30}))
        assert (await core.task(id)).error == "git does not answer."
        [error] = await core.events("vcs.error")
        assert (error.data["command"], error.data["code"]) == ("close", "UNAVAILABLE")
        assert (error.data["message"], error.data["details"]) == ("git does not answer.", {"seconds": 30})
