"""Commits: ordered once for each reason, with a message that says what changed and why, and recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from chorus.db import commands, commits, messages, tasks
from chorus.db.unit import Unit
from chorus.host.reports import Committed
from chorus.model import FileEdit, Run, one_line
from chorus.model.events import VcsCommitEvent


def order_commit(
    unit: Unit,
    run: Run,
    key: str,
    edits: Sequence[FileEdit] | None,
    *,
    use_id: str | None = None,
    why: str | None = None,
) -> None:
    """Have changes committed: the named edits, or all that is not committed yet.

    `use_id` is of the tool that made them; `why` is the reason where it is not the newest prompt.
    """
    task = tasks.get(unit.connection, run.task_id)
    reason = why if why is not None else _newest_prompt(unit, run)
    commands.order(
        unit,
        task,
        "commit",
        run_id=run.id,
        key=f"commit:{key}",
        actor=f"agent {task.agent}",
        payload={
            "key": key,
            "message": f"{_what(edits)}\n\n{reason}\n\nTask: {task.title}\nAgent: {task.agent}\n",
            "use_id": use_id,
            "edits": None if edits is None else [asdict(edit) for edit in edits],
        },
    )


def record(unit: Unit, report: Committed) -> None:
    """Put a commit on record, and what the task's branch has changed with it."""
    if report.commit is None or commits.is_known(unit.connection, report.key):
        return
    commits.add(unit.connection, report.task_id, report.key, report.commit)
    if report.stat is not None:
        lines = {"added_lines": report.stat.added, "removed_lines": report.stat.removed}
        tasks.update(unit.connection, report.task_id, **lines, changed_files=report.stat.files)
    unit.emit(VcsCommitEvent.of(report.commit), task_id=report.task_id, source="host")


def _what(edits: Sequence[FileEdit] | None) -> str:
    if edits is None:
        return "Keep what the turn changed"
    words = "Add {}" if all(edit.created for edit in edits) else "Edit {}"
    names = ", ".join(dict.fromkeys(edit.path.rsplit("/", 1)[-1] for edit in edits))
    return one_line(words.format(names), 70) or names


def _newest_prompt(unit: Unit, run: Run) -> str:
    """Return the prompt the agent is working on."""
    text = messages.newest_text(unit.connection, run.id)
    return one_line(text or run.prompt, 500) or "(no prompt)"
